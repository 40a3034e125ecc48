package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hopscope/hopscope/rules_test/replay"
)

// Options say what [Lab.Test] does.
type Options struct {
	// Scenarios to run; nil: all.
	Scenarios []*Scenario
	// Phases is at how many phases each recording is run; at least 1.
	Phases int
	// Progress is called after each scenario; it may be nil.
	Progress func(done, all int, s *Scenario)
}

// Outcome is what a test of a lab found.
type Outcome struct {
	// Results hold one entry for each scenario, in the lab's order.
	Results []ScenarioResult
	// Problems are those that belong to no scenario.
	Problems []string
}

// ScenarioResult is a scenario's row of the matrix.
type ScenarioResult struct {
	Scenario *Scenario
	Cells    []Cell
	// Problems are those that belong to no alert: a promtool file that fails or is
	// not up to date, engines that do not agree.
	Problems []string
	Took     time.Duration
	// Run is the rules' run as promtool does it.
	Run *replay.Result
}

// Failed reports whether anything is not as expected.
func (o *Outcome) Failed() bool {
	return len(o.Problems) > 0 || slices.ContainsFunc(o.Results, func(r ScenarioResult) bool { return r.failed() })
}

func (r *ScenarioResult) failed() bool {
	return len(r.Problems) > 0 || slices.ContainsFunc(r.Cells, func(c Cell) bool { return c.Problem != "" })
}

// Test runs every scenario: by our engine at several phases against the matrix, by
// stock promtool with the generated file, and by both over the whole course of
// every alert. The error is one of the machine or ctx, not of a rule.
func (l *Lab) Test(ctx context.Context, opts Options) (*Outcome, error) {
	scenarios := opts.Scenarios
	whole := scenarios == nil
	if whole {
		scenarios = l.Scenarios
	}
	dir, err := os.MkdirTemp("", "hoplab-rules-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	o := &Outcome{Results: make([]ScenarioResult, len(scenarios))}
	var mu sync.Mutex
	done := 0
	err = Each(ctx, scenarios, func(ctx context.Context, i int, s *Scenario) error {
		began := time.Now()
		result, err := l.test(ctx, s, max(opts.Phases, 1), dir)
		result.Took = time.Since(began)
		mu.Lock()
		defer mu.Unlock()
		o.Results[i] = result
		if done++; opts.Progress != nil {
			opts.Progress(done, len(scenarios), s)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if whole {
		o.Problems = append(l.vacuous(o), l.together(o)...)
	}
	return o, nil
}

func (l *Lab) test(ctx context.Context, s *Scenario, phases int, dir string) (ScenarioResult, error) {
	result := ScenarioResult{Scenario: s}
	var err error
	if result.Cells, result.Problems, err = l.Sweep(ctx, s, phases); err != nil {
		return result, err
	}
	r, err := l.Run(ctx, s)
	if err != nil {
		return result, err
	}
	result.Run = r
	result.Problems = append(result.Problems, l.told(s, r)...)
	problem := func(err error) error {
		if err != nil && ctx.Err() == nil && !errors.Is(err, errNoPromtool) {
			result.Problems = append(result.Problems, err.Error())
			return nil
		}
		return err
	}
	if !l.otherRules { // the generated files are about the matrix' rules
		if err := problem(l.upToDate(ctx, s, r)); err != nil {
			return result, err
		}
		if err := problem(Promtool(ctx, filepath.Join(l.Dir, s.testFile()))); err != nil {
			return result, err
		}
	}
	if err := problem(l.agree(ctx, s, r, dir)); err != nil {
		return result, err
	}
	result.Problems = append(result.Problems, l.intervals(ctx, s, r)...)
	return result, ctx.Err()
}

// upToDate compares the generated file with what is there.
func (l *Lab) upToDate(ctx context.Context, s *Scenario, r *replay.Result) error {
	path := filepath.Join(l.Dir, s.testFile())
	rules, err := l.rulesFrom(filepath.Dir(path))
	if err != nil {
		return err
	}
	want, err := l.render(s, s.Checks(ctx, r), rules)
	if err != nil {
		return err
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
		return fmt.Errorf("%s is not what hoplab rules test --write writes (%v)", path, errors.Join(err, errors.New("contents differ")))
	}
	return nil
}

// intervals reports alerts that fire with the groups' own intervals and not with
// promtool's single one, or the other way round, unless the rule says why: promtool
// ignores interval, so its tests would prove something that Prometheus does not do.
func (l *Lab) intervals(ctx context.Context, s *Scenario, one *replay.Result) []string {
	if s.Synthetic || !slices.ContainsFunc(one.Rules, func(e *replay.Evaluation) bool {
		return e.Group.Interval > 0 && e.Group.Interval != e.Interval
	}) {
		return nil
	}
	own, err := replay.Run(ctx, s.Data, l.Set, replay.Options{})
	if err != nil {
		return []string{err.Error()}
	}
	var problems []string
	for _, rule := range l.Set.Rules() {
		if rule.Alert == "" {
			continue
		}
		if _, explained := rule.Comment("promtool"); explained {
			continue
		}
		_, a := own.FirstFiring(rule.Alert, 0)
		if _, b := one.FirstFiring(rule.Alert, 0); a != b {
			problems = append(problems, fmt.Sprintf(
				"%s: %s fires %s, because promtool ignores its group's interval: give a reason in a comment '# promtool: …', or change the interval",
				rule.Where(), rule.Alert, map[bool]string{true: "in Prometheus and not in promtool", false: "in promtool and not in Prometheus"}[a]))
		}
	}
	return problems
}

// vacuous reports alerts that fire nowhere, whose silence means nothing, and files
// that belong to no scenario.
func (l *Lab) vacuous(o *Outcome) []string {
	fires := map[string]bool{}
	for _, r := range o.Results {
		for _, c := range r.Cells {
			fires[c.Alert] = fires[c.Alert] || c.Fired
		}
	}
	var problems []string
	for _, name := range l.Set.Alerts() {
		if !fires[name] {
			problems = append(problems, fmt.Sprintf(
				"%s fires in no scenario, so its silence proves nothing: record one in which it does, or write series by hand (%s)", name, SyntheticFile))
		}
	}
	files, err := l.TestFiles()
	if err != nil {
		problems = append(problems, err.Error())
	}
	for _, f := range files {
		if !slices.ContainsFunc(l.Scenarios, func(s *Scenario) bool { return s.testFile() == f }) {
			problems = append(problems, f+" belongs to no scenario: hoplab rules test --write removes it")
		}
	}
	return problems
}

// Summary returns the problems, a line for each.
func (o *Outcome) Summary() string {
	var lines []string
	for _, r := range o.Results {
		for _, c := range r.Cells {
			if c.Problem != "" {
				lines = append(lines, fmt.Sprintf("%s: %s %s", r.Scenario.Title(), c.Alert, c.Problem))
			}
		}
		for _, p := range r.Problems {
			lines = append(lines, r.Scenario.Title()+": "+p)
		}
	}
	return strings.Join(append(lines, o.Problems...), "\n")
}
