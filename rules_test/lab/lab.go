package lab

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/hopscope/hopscope/rules_test/replay"
	"github.com/hopscope/hopscope/rules_test/routing"
	"github.com/hopscope/hopscope/rules_test/ruleset"
)

// Lab is rules and the scenarios that they are held to. It does not change.
type Lab struct {
	Dir       string
	Matrix    Matrix
	RuleFiles []string
	Set       *ruleset.Set
	Scenarios []*Scenario // recorded ones in the matrix' order, then synthetic ones

	patterns   []string // of the rule files
	otherRules bool     // than those that the matrix names
	routing    *routing.Config
}

// Open reads a lab's folder. rules, if any, are globs of rule files to be used
// instead of the matrix'. The error names every problem that was found.
func Open(dir string, rules ...string) (*Lab, error) {
	l := &Lab{Dir: dir}
	var err error
	if l.Matrix, err = readMatrix(dir); err != nil {
		return nil, err
	}
	l.otherRules = len(rules) > 0
	if !l.otherRules {
		for _, r := range l.Matrix.Rules {
			rules = append(rules, filepath.Join(dir, r))
		}
	}
	l.patterns = rules
	if l.RuleFiles, err = ruleset.Glob(rules...); err != nil {
		return nil, err
	}
	if l.Set, err = ruleset.Load(l.RuleFiles...); err != nil {
		return nil, err
	}
	if l.Matrix.Alertmanager != "" {
		if l.routing, err = routing.Load(filepath.Join(dir, l.Matrix.Alertmanager)); err != nil {
			return nil, err
		}
	}
	recorded, err := readRecorded(dir, l.Matrix)
	synthetic, err2 := readSynthetic(dir)
	l.Scenarios = append(recorded, synthetic...)
	if err := errors.Join(err, err2, l.check()); err != nil {
		return nil, err
	}
	for _, s := range l.Scenarios {
		if s.Data, err = replay.NewData(s.Series); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// Patterns returns the globs of the rule files, which may have matched others in
// another revision.
func (l *Lab) Patterns() []string { return l.patterns }

// check guards against silence that means nothing: promtool takes any name.
func (l *Lab) check() error {
	names := map[string]bool{}
	var errs []error
	for _, s := range l.Scenarios {
		if names[s.Title()] {
			errs = append(errs, fmt.Errorf("%s: there are two scenarios %s: remove or rename one", s.where, s.Name))
		}
		names[s.Title()] = true
		for receiver := range s.Told {
			if l.routing == nil || !slices.Contains(l.routing.Receivers(), receiver) {
				errs = append(errs, fmt.Errorf("%s: %s: told: there is no receiver %q in the configuration that alertmanager names", s.where, s.Name, receiver))
			}
		}
		for _, a := range s.alerts() {
			if err := l.known(a); err != nil {
				errs = append(errs, fmt.Errorf("%s: %s: %w", s.where, s.Name, err))
			}
		}
	}
	return errors.Join(errs...)
}

// known returns an error if there is no alert of that name.
func (l *Lab) known(alert string) error {
	all := l.Set.Alerts()
	if slices.Contains(all, alert) {
		return nil
	}
	return fmt.Errorf("there is no alert %q%s", alert, nearest(alert, all))
}

// nearest suggests a name of the same letters in another case or with the same
// beginning.
func nearest(name string, known []string) string {
	for _, k := range known {
		if strings.EqualFold(k, name) || len(name) > 4 && strings.HasPrefix(k, name[:len(name)-2]) {
			return fmt.Sprintf(": did you mean %q?", k)
		}
	}
	return ""
}

// Title is the scenario's name, marked if it is synthetic.
func (s *Scenario) Title() string {
	if s.Synthetic {
		return "synthetic: " + s.Name
	}
	return s.Name
}

// Select returns the scenarios of these names, all if there are none.
func (l *Lab) Select(names ...string) ([]*Scenario, error) {
	if len(names) == 0 {
		return l.Scenarios, nil
	}
	var chosen []*Scenario
	for _, name := range names {
		i := slices.IndexFunc(l.Scenarios, func(s *Scenario) bool { return s.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no scenario %q: %s has %s", name, l.Dir, strings.Join(l.names(), ", "))
		}
		chosen = append(chosen, l.Scenarios[i])
	}
	return chosen, nil
}

func (l *Lab) names() []string {
	var names []string
	for _, s := range l.Scenarios {
		names = append(names, s.Name)
	}
	return names
}

// Each calls do for every scenario, as many at a time as there are processors, and
// returns the errors joined in the scenarios' order.
func Each(ctx context.Context, scenarios []*Scenario, do func(ctx context.Context, i int, s *Scenario) error) error {
	errs := make([]error, len(scenarios))
	var running sync.WaitGroup
	next := make(chan int, len(scenarios))
	for i := range scenarios {
		next <- i
	}
	close(next)
	for range min(runtime.GOMAXPROCS(0), len(scenarios)) {
		running.Go(func() {
			for i := range next {
				if ctx.Err() == nil {
					errs[i] = do(ctx, i, scenarios[i])
				}
			}
		})
	}
	running.Wait()
	return errors.Join(append(errs, ctx.Err())...)
}

// Run runs the lab's rules over a scenario as promtool does: every group at the
// scenario's step, from the first scrape on.
func (l *Lab) Run(ctx context.Context, s *Scenario) (*replay.Result, error) {
	return replay.Run(ctx, s.Data, l.Set, replay.Options{OneInterval: true})
}
