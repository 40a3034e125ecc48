package margin

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/hopscope/hopscope/rules_test/lab"
	"github.com/hopscope/hopscope/rules_test/replay"
	"github.com/hopscope/hopscope/rules_test/ruleset"
)

// MaxFactor bounds how far a threshold, or for, is moved in either direction.
const MaxFactor = 16

// precision of the factors that are found.
const precision = 0.002

// Margin is how far one threshold, or for, is from another verdict on one scenario.
type Margin struct {
	Scenario string `json:"scenario"` // its title
	Alert    string `json:"alert"`
	Expect   string `json:"expect"` // "must fire", "must stay silent"
	File     string `json:"file"`
	Line     int    `json:"line"`
	// Knob is what is moved: "> 0.1", "for: 1m".
	Knob string `json:"knob"`
	// Up and Down are the factors at which the verdict changes when it is raised
	// and lowered: 1.2 means ×1.2 and ÷1.2. 0: not within MaxFactor.
	Up   float64 `json:"up"`
	Down float64 `json:"down"`
	// For is what is moved, if it is a for; otherwise 0.
	For time.Duration `json:"for_ns,omitempty"`
}

// Nearest returns how much the knob may change before the verdict does, as a share
// of it: 0.2 for ×1.2. +Inf: by any factor up to MaxFactor.
func (m Margin) Nearest() float64 {
	near := math.Inf(1)
	if m.Up > 0 {
		near = m.Up - 1
	}
	if m.Down > 0 {
		near = min(near, 1-1/m.Down)
	}
	return near
}

// Options say what [Run] does.
type Options struct {
	// Scenarios to look at; nil: all of the lab.
	Scenarios []*lab.Scenario
	// Long looks at the scenarios of more than three hours, too.
	Long bool
	// Progress is called after each scenario, one call at a time; it may be nil.
	Progress func(done, all int, s *lab.Scenario)
}

// Run moves every threshold that is compared with, and every for, on every scenario
// that expects something of its alert, as promtool evaluates it. It returns the
// margins, the smallest first. The error is one of the machine or ctx.
func Run(ctx context.Context, l *lab.Lab, opts Options) ([]Margin, error) {
	scenarios := opts.Scenarios
	if scenarios == nil {
		scenarios = l.Scenarios
	}
	scenarios = slices.DeleteFunc(slices.Clone(scenarios), func(s *lab.Scenario) bool { return s.Long() && !opts.Long })
	graph := replay.NewGraph(l.Set)
	found := make([][]Margin, len(scenarios))
	var mu sync.Mutex
	done := 0
	err := lab.Each(ctx, scenarios, func(ctx context.Context, i int, s *lab.Scenario) error {
		base, err := l.Run(ctx, s)
		if err != nil {
			return fmt.Errorf("%s: %w", s.Title(), err)
		}
		m := measure{s, l.Set, graph, base}
		if found[i], err = m.all(ctx); err != nil {
			return fmt.Errorf("%s: %w", s.Title(), err)
		}
		mu.Lock()
		defer mu.Unlock()
		if done++; opts.Progress != nil {
			opts.Progress(done, len(scenarios), s)
		}
		return nil
	})
	all := slices.Concat(found...)
	slices.SortStableFunc(all, func(a, b Margin) int { return cmp.Compare(a.Nearest(), b.Nearest()) })
	return all, err
}

// measure is one scenario.
type measure struct {
	scenario *lab.Scenario
	set      *ruleset.Set
	graph    *replay.Graph
	base     *replay.Result // of the rules as they are
}

// knob is something of a rule that can be moved by a factor.
type knob struct {
	rule *ruleset.Rule
	name string
	line int
	For  time.Duration
	turn func(r *ruleset.Rule, factor float64)
}

func (m measure) all(ctx context.Context) ([]Margin, error) {
	var all []Margin
	for _, rule := range m.set.Rules() {
		if rule.Alert == "" || !m.graph.Feeds(m.scenario.Data, rule) {
			continue
		}
		v := m.scenario.JudgeAlert(ctx, m.base, rule.Alert)
		if v.Problem != "" || v.Expect != lab.MustFire && v.Expect != lab.MustSilent {
			continue // there is no verdict that could be lost
		}
		for _, k := range m.knobs(rule) {
			one := Margin{
				Scenario: m.scenario.Title(), Alert: rule.Alert, Expect: v.Expect.String(),
				File: rule.File, Line: k.line, Knob: k.name, For: k.For,
			}
			var err error
			if one.Up, err = m.edge(ctx, rule.Alert, k, func(f float64) float64 { return f }); err != nil {
				return nil, err
			}
			if one.Down, err = m.edge(ctx, rule.Alert, k, func(f float64) float64 { return 1 / f }); err != nil {
				return nil, err
			}
			all = append(all, one)
		}
	}
	return all, nil
}

// knobs returns what can be moved of an alert and of what it reads.
func (m measure) knobs(alert *ruleset.Rule) []knob {
	var all []knob
	for _, rule := range m.graph.Reads(alert) {
		whole := rule.Expr
		for i, part := range ruleset.Parts(&whole) {
			b, ok := (*part).(*parser.BinaryExpr)
			if !ok || !slices.Contains([]parser.ItemType{parser.GTR, parser.GTE, parser.LSS, parser.LTE}, b.Op) {
				continue
			}
			if v, ok := ruleset.Constant(b.RHS); ok && v != 0 {
				all = append(all, knob{rule, fmt.Sprintf("%s %s", b.Op, b.RHS), rule.LineOf(b.RHS.PositionRange().Start), 0, func(r *ruleset.Rule, f float64) {
					e := r.CopyExpr()
					(*ruleset.Parts(&e)[i]).(*parser.BinaryExpr).RHS = &parser.NumberLiteral{Val: v * f}
					r.Expr = e
				}})
			}
		}
	}
	if alert.For > 0 {
		all = append(all, knob{alert, "for: " + model.Duration(alert.For).String(), alert.Line, alert.For, func(r *ruleset.Rule, f float64) {
			r.For = time.Duration(float64(alert.For) * f)
		}})
	}
	return all
}

// edge returns the factor at which the verdict changes: the first of a few that
// does, then halved until it is known well enough. 0: none does.
func (m measure) edge(ctx context.Context, alert string, k knob, direction func(float64) float64) (float64, error) {
	same := 1.0
	for _, factor := range []float64{1.1, 1.5, 2, 4, MaxFactor} {
		changes, err := m.changes(ctx, alert, k, direction(factor))
		if err != nil {
			return 0, err
		}
		if !changes {
			same = factor
			continue
		}
		for factor/same > 1+precision {
			middle := math.Sqrt(factor * same)
			if changes, err = m.changes(ctx, alert, k, direction(middle)); err != nil {
				return 0, err
			}
			if changes {
				factor = middle
			} else {
				same = middle
			}
		}
		return factor, nil
	}
	return 0, nil
}

func (m measure) changes(ctx context.Context, alert string, k knob, factor float64) (bool, error) {
	turned := k.rule.Change(func(r *ruleset.Rule) { k.turn(r, factor) })
	r, err := replay.Run(ctx, m.scenario.Data, m.set.With(k.rule, turned), replay.Options{OneInterval: true, Base: m.base})
	if err != nil {
		return false, err
	}
	return m.scenario.JudgeAlert(ctx, r, alert).Problem != "", nil
}
