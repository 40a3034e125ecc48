package coverage

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/hopscope/hopscope/rules_test/lab"
	"github.com/hopscope/hopscope/rules_test/replay"
	"github.com/hopscope/hopscope/rules_test/ruleset"
)

// Kind is what sort of thing is to be reached.
type Kind string

// The kinds of items.
const (
	Value      Kind = "value"      // the rule's expression has a value
	Alert      Kind = "alert"      // it fires; it stays silent where it must
	State      Kind = "state"      // it is pending, it ends
	Branch     Kind = "branch"     // a side of and, or, unless
	Comparison Kind = "comparison" // true and false
	Matcher    Kind = "matcher"    // lets in, keeps out
	Template   Kind = "template"   // of a label or an annotation
)

// Kinds returns all kinds in the order in which they are shown.
func Kinds() []Kind { return []Kind{Value, Alert, State, Branch, Comparison, Matcher, Template} }

// Item is one thing that scenarios have to reach.
type Item struct {
	File string `json:"file"`
	Line int    `json:"line"`
	Rule string `json:"rule"` // the alert's or the series' name
	Kind Kind   `json:"kind"`
	// What is to be reached: "`> 0.1` is false".
	What string `json:"what"`
	// By is the title of the first scenario that reaches it; empty: none does.
	By string `json:"by,omitempty"`

	by int // that scenario's place in the order of [Options].Scenarios, from 1 on
}

// String returns FILE:LINE: RULE: what none reaches.
func (i *Item) String() string {
	return fmt.Sprintf("%s:%d: %s: %s", i.File, i.Line, i.Rule, i.What)
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

// Run looks at every rule on every scenario whose series it reads. The error is
// one of the machine or ctx.
func Run(ctx context.Context, l *lab.Lab, opts Options) (*Report, error) {
	c := &run{lab: l, graph: replay.NewGraph(l.Set), progress: opts.Progress}
	report := &Report{}
	for i, rule := range l.Set.Rules() {
		for _, p := range probesOf(rule) {
			c.probes = append(c.probes, located{i, p})
			report.Items = append(report.Items, p.items...)
		}
	}
	scenarios := opts.Scenarios
	if scenarios == nil {
		scenarios = l.Scenarios
	}
	for _, s := range scenarios {
		if opts.Long || !s.Long() {
			c.scenarios = append(c.scenarios, s)
		}
	}
	report.Scenarios = len(c.scenarios)
	return report, lab.Each(ctx, c.scenarios, func(ctx context.Context, i int, s *lab.Scenario) error {
		return c.scenario(ctx, i+1, s)
	})
}

// run is what all scenarios share.
type run struct {
	lab       *lab.Lab
	graph     *replay.Graph
	scenarios []*lab.Scenario
	probes    []located
	progress  func(done, all int, s *lab.Scenario)

	mu   sync.Mutex // guards the items, done and calls of progress
	done int
}

// located is a probe of the rule with this index.
type located struct {
	rule int
	probe
}

// scenario looks at the scenario with that place in the order.
func (c *run) scenario(ctx context.Context, place int, s *lab.Scenario) error {
	r, err := c.lab.Run(ctx, s)
	if err != nil {
		return fmt.Errorf("%s: %w", s.Title(), err)
	}
	view := view{s, r, c.graph, nil}
	for _, p := range c.probes {
		if view.evaluation = r.Rules[p.rule]; c.reached(p.items, place) || !view.sees() {
			continue
		}
		seen, err := p.look(ctx, view)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil { // a part may be one that cannot be evaluated alone
			c.mark(p.items, seen, place, s)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done++; c.progress != nil {
		c.progress(c.done, len(c.scenarios), s)
	}
	return nil
}

// reached reports whether scenarios before place reach all items. Scenarios run at
// once, in no order, so that one after it does not count.
func (c *run) reached(items []*Item, place int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !slices.ContainsFunc(items, func(i *Item) bool { return i.by == 0 || i.by > place })
}

func (c *run) mark(items []*Item, seen []bool, place int, s *lab.Scenario) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for k, i := range items {
		if seen[k] && (i.by == 0 || i.by > place) {
			i.By, i.by = s.Title(), place
		}
	}
}

// view is one rule on one scenario.
type view struct {
	scenario   *lab.Scenario
	result     *replay.Result
	graph      *replay.Graph
	evaluation *replay.Evaluation
}

func (v view) rule() *ruleset.Rule { return v.evaluation.Rule }

// sees reports whether the rule reads anything here: silence without series says
// nothing.
func (v view) sees() bool {
	return len(v.evaluation.Values) > 0 || v.graph.Feeds(v.scenario.Data, v.rule())
}
