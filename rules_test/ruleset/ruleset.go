package ruleset

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/parser/posrange"
)

// Set is the groups of one or more rule files, in the order of the files' names
// and of the groups within them.
type Set struct {
	Groups []*Group
}

// Group is rules that Prometheus evaluates one after the other.
type Group struct {
	File string // as it was given to Load
	Name string
	Line int
	// Interval between evaluations; 0: Prometheus' evaluation_interval.
	Interval time.Duration
	// QueryOffset is how far in the past the rules look.
	QueryOffset time.Duration
	// Limit is how many series or alerts a rule may yield; 0: any number.
	Limit int
	Rules []*Rule
}

// Rule is a recording or an alerting rule.
type Rule struct {
	File string
	// Line of the rule's name, and of its expression's first line.
	Line, ExprLine int
	// Record is the name of the series it writes; empty for an alert.
	Record string
	// Alert is the name of the alert; empty for a recording rule.
	Alert string
	Expr  parser.Expr
	// Source is the expression as it is written, one line for each of the file
	// unless it is folded there.
	Source string
	// For is how long the expression has to hold before the alert fires,
	// KeepFiringFor how long it goes on when it no longer does.
	For, KeepFiringFor time.Duration
	Labels             labels.Labels // the group's included
	Annotations        labels.Labels
	// Comments are the lines that begin with # above the rule or in it, without #.
	Comments []string

	selectors []*parser.VectorSelector
	text      string
}

// Change returns a copy of the rule with something changed by edit.
func (r *Rule) Change(edit func(*Rule)) *Rule {
	changed := *r
	edit(&changed)
	changed.derive()
	return &changed
}

// derive computes what follows from the other fields.
func (r *Rule) derive() {
	r.selectors = nil
	parser.Inspect(r.Expr, func(node parser.Node, _ []parser.Node) error {
		if s, ok := node.(*parser.VectorSelector); ok {
			r.selectors = append(r.selectors, s)
		}
		return nil
	})
	r.text = fmt.Sprintf("%s\x00%s\x00%s\x00%s\x00%s\x00%s\x00%s",
		r.Record, r.Alert, r.Expr, r.For, r.KeepFiringFor, r.Labels, r.Annotations)
}

// Selectors returns what the expression selects, in its order.
func (r *Rule) Selectors() []*parser.VectorSelector { return r.selectors }

// Text is everything that decides what the rule does: rules of the same text in
// groups of the same settings do the same.
func (r *Rule) Text() string { return r.text }

// Name returns the alert's or the series' name.
func (r *Rule) Name() string {
	if r.Alert != "" {
		return r.Alert
	}
	return r.Record
}

// Where returns FILE:LINE.
func (r *Rule) Where() string { return fmt.Sprintf("%s:%d", r.File, r.Line) }

// LineOf returns the file's line of a part of the expression. Expr must be as it
// was loaded.
func (r *Rule) LineOf(pos posrange.Pos) int {
	return r.ExprLine + strings.Count(r.Source[:min(int(pos), len(r.Source))], "\n")
}

// Comment returns what follows "KEY " or "KEY: " in one of the rule's comments.
func (r *Rule) Comment(key string) (string, bool) {
	for _, c := range r.Comments {
		if rest, ok := strings.CutPrefix(c, key); ok && (rest == "" || rest[0] == ' ' || rest[0] == ':') {
			return strings.TrimSpace(strings.TrimPrefix(rest, ":")), true
		}
	}
	return "", false
}

// Rules returns every rule in the order of evaluation.
func (s *Set) Rules() []*Rule {
	var all []*Rule
	for _, g := range s.Groups {
		all = append(all, g.Rules...)
	}
	return all
}

// Alerts returns the names of all alerts, each once, in order of evaluation.
func (s *Set) Alerts() []string {
	var names []string
	for _, r := range s.Rules() {
		if r.Alert != "" && !slices.Contains(names, r.Alert) {
			names = append(names, r.Alert)
		}
	}
	return names
}

// With returns the set with one rule in the place of another. The other rules are
// shared.
func (s *Set) With(old, new *Rule) *Set {
	out := &Set{Groups: slices.Clone(s.Groups)}
	for i, g := range out.Groups {
		j := slices.Index(g.Rules, old)
		if j < 0 {
			continue
		}
		changed := *g
		changed.Rules = slices.Clone(g.Rules)
		changed.Rules[j] = new
		out.Groups[i] = &changed
		return out
	}
	panic("ruleset: " + old.Where() + " is not in the set")
}
