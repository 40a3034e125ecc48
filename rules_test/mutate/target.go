package mutate

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/hopscope/hopscope/rules_test/lab"
	"github.com/hopscope/hopscope/rules_test/replay"
	"github.com/hopscope/hopscope/rules_test/ruleset"
)

// target is a scenario that mutants are held to, at one phase.
type target struct {
	scenario *lab.Scenario
	opts     replay.Options
	// promtool: it is the run that promtool's files are made of, and its checks
	// count, too.
	promtool bool

	once   sync.Once
	base   *replay.Result // of the rules as they are
	err    error
	checks map[string][]lab.Check // by alert
}

// targets returns how scenarios look at rules: all first as promtool does, which is
// one run each, then the recordings at further phases, as the matrix does: spread
// over the longest interval between two evaluations.
func targets(l *lab.Lab, scenarios []*lab.Scenario, phases int) []*target {
	var first, further []*target
	var own time.Duration
	for _, g := range l.Set.Groups {
		own = max(own, g.Interval)
	}
	for _, s := range scenarios {
		first = append(first, &target{scenario: s, opts: replay.Options{OneInterval: true}, promtool: true})
		if s.Synthetic {
			continue
		}
		for i, phase := range lab.Phases(max(time.Duration(s.Series.Meta.Step), own), phases) {
			if i > 0 || own > 0 {
				further = append(further, &target{scenario: s, opts: replay.Options{Phase: phase}})
			}
		}
	}
	return append(first, further...)
}

// prepare runs the rules as they are, once.
func (t *target) prepare(ctx context.Context, set *ruleset.Set) error {
	t.once.Do(func() {
		t.base, t.err = replay.Run(ctx, t.scenario.Data, set, t.opts)
		if t.err != nil || !t.promtool {
			return
		}
		t.checks = map[string][]lab.Check{}
		for _, c := range t.scenario.Checks(ctx, t.base) {
			t.checks[c.Alert] = append(t.checks[c.Alert], c)
		}
	})
	return t.err
}

// looks reports whether the target expects anything of one of these alerts.
func (t *target) looks(alerts []string) bool {
	return slices.ContainsFunc(alerts, func(a string) bool {
		expect, _ := t.scenario.Expectation(a)
		return expect == lab.MustFire || expect == lab.MustSilent
	})
}

// fires reports whether one of these alerts fires on the target. It must be
// prepared.
func (t *target) fires(alerts []string) bool {
	return slices.ContainsFunc(alerts, func(a string) bool {
		_, ok := t.base.FirstFiring(a, 0)
		return ok
	})
}

// sees reports whether the rule does anything on the target, or may if it were
// another: it reads the scenario's series, or has values without any, as absent()
// does. It must be prepared.
func (t *target) sees(g *replay.Graph, rule *ruleset.Rule) bool {
	return g.Feeds(t.scenario.Data, rule) || slices.ContainsFunc(t.base.Rules, func(e *replay.Evaluation) bool {
		return e.Rule == rule && len(e.Values) > 0
	})
}

// kill runs a mutant and returns what tells it from the rules as they are; empty:
// nothing does.
func (t *target) kill(ctx context.Context, set *ruleset.Set, alerts []string) (string, error) {
	opts := t.opts
	opts.Base = t.base
	r, err := replay.Run(ctx, t.scenario.Data, set, opts)
	if err != nil {
		return "", err
	}
	for _, a := range alerts {
		for _, c := range t.checks[a] {
			if !c.Passes(ctx, r) {
				return fmt.Sprintf("%s after %s", a, c.At), nil
			}
		}
		before, after := t.scenario.JudgeAlert(ctx, t.base, a), t.scenario.JudgeAlert(ctx, r, a)
		if (before.Problem == "") != (after.Problem == "") {
			return a + " " + after.Problem, nil
		}
	}
	return "", nil
}
