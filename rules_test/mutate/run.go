package mutate

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/hopscope/hopscope/rules_test/lab"
	"github.com/hopscope/hopscope/rules_test/replay"
	"github.com/hopscope/hopscope/rules_test/ruleset"
)

// Options say what [Run] does.
type Options struct {
	// Scenarios that mutants are held to; nil: all of the lab.
	Scenarios []*lab.Scenario
	// Long runs the scenarios of more than three hours, too. Without them, a survivor that one of
	// them may kill counts neither way.
	Long bool
	// Rules to change; nil: all.
	Rules []*ruleset.Rule
	// Phases at which recordings are run, at least 1.
	Phases int
	// Progress is called after each mutant, one call at a time; it may be nil.
	Progress func(done, all int, rule *ruleset.Rule)
}

// Run makes the mutants of a lab's rules and holds each to the scenarios whose
// series it reads, until one kills it. The error is one of the machine or ctx, or
// says which comment is wrong.
func Run(ctx context.Context, l *lab.Lab, opts Options) (*Report, error) {
	began := time.Now()
	m, err := newRun(ctx, l, opts)
	if err != nil {
		return nil, err
	}
	rules := opts.Rules
	if rules == nil {
		rules = l.Set.Rules()
	}
	work := make(chan int, len(rules))
	mutants := make([][]Mutant, len(rules))
	equals := make([][]*equivalence, len(rules))
	for i, rule := range rules {
		mutants[i] = Mutants(l.Set, rule)
		m.all += len(mutants[i])
		var err2 error
		equals[i], err2 = equivalences(rule)
		err = errors.Join(err, err2)
		work <- i
	}
	close(work)
	if err != nil {
		return nil, err
	}
	outcomes := make([][]Outcome, len(rules))
	errs := make([]error, len(rules))
	var running sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(rules)) {
		running.Go(func() {
			for i := range work {
				outcomes[i], errs[i] = m.rule(ctx, rules[i], mutants[i], equals[i])
			}
		})
	}
	running.Wait()
	if err := errors.Join(append(errs, ctx.Err())...); err != nil {
		return nil, err
	}
	report := &Report{Scenarios: len(m.scenarios), Rules: len(rules), Outcomes: slices.Concat(outcomes...)}
	if m.whole {
		for _, e := range slices.Concat(equals...) {
			if !e.used {
				report.Stale = append(report.Stale, e.stale())
			}
		}
	}
	report.Took = time.Since(began)
	return report, nil
}

// run is what all mutants share.
type run struct {
	lab       *lab.Lab
	graph     *replay.Graph
	scenarios []*lab.Scenario
	targets   []*target
	left      []*target // of long scenarios that are not run
	whole     bool      // all scenarios but the long ones are run
	progress  func(done, all int, rule *ruleset.Rule)
	all       int

	mu   sync.Mutex // guards done and calls of progress
	done int
}

func newRun(ctx context.Context, l *lab.Lab, opts Options) (*run, error) {
	m := &run{lab: l, graph: replay.NewGraph(l.Set), whole: opts.Scenarios == nil || len(opts.Scenarios) == len(l.Scenarios), progress: opts.Progress}
	chosen := opts.Scenarios
	if chosen == nil {
		chosen = l.Scenarios
	}
	var long []*lab.Scenario
	for _, s := range chosen {
		if s.Long() && !opts.Long {
			long = append(long, s)
		} else {
			m.scenarios = append(m.scenarios, s)
		}
	}
	m.targets, m.left = targets(l, m.scenarios, max(opts.Phases, 1)), targets(l, long, 1)
	return m, lab.Each(ctx, m.scenarios, func(ctx context.Context, i int, _ *lab.Scenario) error {
		return m.targets[i].prepare(ctx, l.Set)
	})
}

// rule runs the mutants of one rule, one after the other, so that those after the
// first meet the scenario first that killed the one before.
func (m *run) rule(ctx context.Context, rule *ruleset.Rule, mutants []Mutant, equals []*equivalence) ([]Outcome, error) {
	alerts := m.graph.Alerts(rule)
	chosen, err := m.choose(ctx, rule, alerts)
	if err != nil {
		return nil, err
	}
	var outcomes []Outcome
	for _, mutant := range mutants {
		o := newOutcome(mutant)
		set := m.lab.Set.With(rule, mutant.Changed)
		seen := map[*lab.Scenario]bool{}
		for i, t := range chosen {
			if err := t.prepare(ctx, m.lab.Set); err != nil {
				return nil, err
			}
			seen[t.scenario] = true
			how, err := t.kill(ctx, set, alerts)
			if err != nil {
				return nil, fmt.Errorf("%s: %s: %s: %w", t.scenario.Title(), rule.Where(), mutant.What, err)
			}
			if how != "" {
				o.State, o.By, o.How = Killed, t.scenario.Title(), how
				chosen = slices.Insert(slices.Delete(chosen, i, i+1), 0, t)
				break
			}
		}
		o.Runs = len(seen)
		m.excuse(&o, rule, mutant, alerts, equals)
		outcomes = append(outcomes, o)
		m.step(rule)
	}
	return outcomes, nil
}

// choose returns the targets of a rule's mutants: first those on which an alert
// fires that the rule decides.
func (m *run) choose(ctx context.Context, rule *ruleset.Rule, alerts []string) ([]*target, error) {
	var fires, silent, further []*target
	for _, t := range m.targets {
		if !t.looks(alerts) {
			continue
		}
		if !t.promtool { // prepared when it is needed
			if m.graph.Feeds(t.scenario.Data, rule) {
				further = append(further, t)
			}
			continue
		}
		if err := t.prepare(ctx, m.lab.Set); err != nil {
			return nil, err
		}
		switch {
		case !t.sees(m.graph, rule):
		case t.fires(alerts):
			fires = append(fires, t)
		default:
			silent = append(silent, t)
		}
	}
	return slices.Concat(fires, silent, further), nil
}

// excuse looks for a reason why a mutant survives.
func (m *run) excuse(o *Outcome, rule *ruleset.Rule, mutant Mutant, alerts []string, equals []*equivalence) {
	if o.State != Survived {
		return
	}
	for _, e := range equals {
		if e.covers(mutant) {
			e.used = true
			o.State, o.Reason = Equivalent, e.reason
			return
		}
	}
	if slices.ContainsFunc(m.left, func(t *target) bool { return t.looks(alerts) && m.graph.Feeds(t.scenario.Data, rule) }) {
		o.State = Undecided
	}
}

func (m *run) step(rule *ruleset.Rule) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.done++; m.progress != nil {
		m.progress(m.done, m.all, rule)
	}
}
