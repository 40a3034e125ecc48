package replay

import (
	"slices"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/hopscope/hopscope/rules_test/ruleset"
)

// Names of the series that alerts write.
const (
	alertsName   = "ALERTS"
	forStateName = "ALERTS_FOR_STATE"
	stateLabel   = "alertstate"
)

// unit is rules that have to be evaluated together, as indexes into Set.Rules.
type unit struct {
	rules []int
	// stepwise: one of them reads what it or a later one records, and so sees the
	// value of the evaluation before; or it looks at the time of its evaluation by
	// @ start() or @ end(), which in a range query are the range's.
	stepwise bool
}

// reading says which rules of a set read which, as indexes into Set.Rules.
type reading struct {
	rules  []*ruleset.Rule
	groups [][]int // rules of each group
	group  []int   // of each rule
	reads  [][]int // rules that each rule reads
}

func newReading(set *ruleset.Set) *reading {
	g := &reading{}
	for i, of := range set.Groups {
		g.groups = append(g.groups, nil)
		for _, r := range of.Rules {
			g.groups[i] = append(g.groups[i], len(g.rules))
			g.rules, g.group = append(g.rules, r), append(g.group, i)
		}
	}
	g.reads = make([][]int, len(g.rules))
	writes := map[string][]int{} // rules by the name of what they write
	for j, r := range g.rules {
		name := r.Record
		if r.Alert != "" {
			name = alertsName
		}
		writes[name] = append(writes[name], j)
	}
	for i, r := range g.rules {
		for _, j := range candidates(r, writes, len(g.rules)) {
			if Reads(r, g.rules[j]) {
				g.reads[i] = append(g.reads[i], j)
			}
		}
	}
	return g
}

// order returns the rules so that each comes after those that it reads. Groups are
// independent in Prometheus; where they read one another, what is read comes
// first, as promtool's group_eval_order would have it.
func (g *reading) order() []unit {
	next := make([][]int, len(g.rules))
	back := make([]bool, len(g.groups))
	for i, reads := range g.reads {
		next[i] = slices.Clone(reads)
		for _, j := range reads {
			back[g.group[i]] = back[g.group[i]] || g.group[i] == g.group[j] && j >= i
		}
	}
	for i, of := range g.groups {
		if back[i] { // all of the group hang together
			for k, r := range of {
				next[r] = append(next[r], of[(k+1)%len(of)])
			}
		}
	}
	var units []unit
	for _, together := range components(next) {
		slices.Sort(together)
		first := together[0]
		units = append(units, unit{together, len(together) > 1 || slices.Contains(next[first], first) || looksAtRange(g.rules[first].Expr)})
	}
	return units
}

// lag returns how much later each group is evaluated than the first ones, so that
// it comes after those that read it: see Options.Lag.
func (g *reading) lag() []time.Duration {
	readers := make([][]int, len(g.groups)) // groups that read each group
	for i, reads := range g.reads {
		for _, j := range reads {
			if from, to := g.group[i], g.group[j]; from != to && !slices.Contains(readers[to], from) {
				readers[to] = append(readers[to], from)
			}
		}
	}
	later := make([]time.Duration, len(g.groups))
	for _, circle := range components(readers) { // mostly a single group
		var last time.Duration
		for _, i := range circle {
			for _, reader := range readers[i] {
				if !slices.Contains(circle, reader) {
					last = max(last, later[reader]+time.Millisecond)
				}
			}
		}
		for _, i := range circle {
			later[i] = last
		}
	}
	return later
}

// looksAtRange reports whether an expression says @ start() or @ end().
func looksAtRange(expr parser.Expr) bool {
	found := false
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		switch n := node.(type) {
		case *parser.VectorSelector:
			found = found || n.StartOrEnd != 0
		case *parser.SubqueryExpr:
			found = found || n.StartOrEnd != 0
		}
		return nil
	})
	return found
}

// components returns the strongly connected components of a graph, each after
// those that it leads to (Tarjan 1972).
func components(next [][]int) [][]int {
	var (
		out     [][]int
		stack   []int
		index   = make([]int, len(next)) // 0: not seen
		low     = make([]int, len(next))
		onStack = make([]bool, len(next))
		count   int
		visit   func(int)
	)
	visit = func(v int) {
		count++
		index[v], low[v] = count, count
		stack, onStack[v] = append(stack, v), true
		for _, w := range next[v] {
			switch {
			case index[w] == 0:
				visit(w)
				low[v] = min(low[v], low[w])
			case onStack[w]:
				low[v] = min(low[v], index[w])
			}
		}
		if low[v] != index[v] {
			return
		}
		at := slices.Index(stack, v)
		for _, w := range stack[at:] {
			onStack[w] = false
		}
		out, stack = append(out, slices.Clone(stack[at:])), stack[:at]
	}
	for v := range next {
		if index[v] == 0 {
			visit(v)
		}
	}
	return out
}

// candidates returns the rules that r may read, by the names that it selects.
func candidates(r *ruleset.Rule, writes map[string][]int, n int) []int {
	var found []int
	for _, s := range r.Selectors() {
		switch name := exactName(s.LabelMatchers); name {
		case "": // any
			all := make([]int, n)
			for i := range all {
				all[i] = i
			}
			return all
		case forStateName:
			found = append(found, writes[alertsName]...)
		default:
			found = append(found, writes[name]...)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// Reads reports whether a rule selects what another one writes.
func Reads(r, written *ruleset.Rule) bool {
	return slices.ContainsFunc(r.Selectors(), func(s *parser.VectorSelector) bool {
		return selects(s.LabelMatchers, written)
	})
}

// selects looks at the labels that are known before any evaluation.
func selects(matchers []*labels.Matcher, r *ruleset.Rule) bool {
	for _, m := range matchers {
		switch m.Name {
		case model.MetricNameLabel:
			if r.Record != "" && !m.Matches(r.Record) || r.Alert != "" && !m.Matches(alertsName) && !m.Matches(forStateName) {
				return false
			}
		case labels.AlertName:
			if r.Alert != "" && !m.Matches(r.Alert) {
				return false
			}
		}
	}
	return true
}

// GroupOrder returns the set's groups in an order in which every group comes after
// those that it reads, as far as there is one.
func GroupOrder(set *ruleset.Set) []*ruleset.Group {
	owner := map[int]*ruleset.Group{}
	for _, g := range set.Groups {
		for range g.Rules {
			owner[len(owner)] = g
		}
	}
	var groups []*ruleset.Group
	for _, u := range newReading(set).order() {
		for _, i := range u.rules {
			if !slices.Contains(groups, owner[i]) {
				groups = append(groups, owner[i])
			}
		}
	}
	return groups
}
