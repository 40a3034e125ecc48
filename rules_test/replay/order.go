package replay

import (
	"slices"

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
	// value of the evaluation before.
	stepwise bool
}

// order returns the rules so that each comes after those that it reads. Groups are
// independent in Prometheus; where they read one another, what is read comes
// first, as promtool's group_eval_order would have it.
func order(set *ruleset.Set) []unit {
	var rules []*ruleset.Rule
	var groups [][]int // rules of each group
	var group []int    // of each rule
	for i, g := range set.Groups {
		var of []int
		for _, r := range g.Rules {
			of = append(of, len(rules))
			rules, group = append(rules, r), append(group, i)
		}
		groups = append(groups, of)
	}
	reads := make([][]int, len(rules))
	back := make([]bool, len(groups))
	writes := map[string][]int{} // rules by the name of what they write
	for j, r := range rules {
		name := r.Record
		if r.Alert != "" {
			name = alertsName
		}
		writes[name] = append(writes[name], j)
	}
	for i, r := range rules {
		for _, j := range candidates(r, writes, len(rules)) {
			if Reads(r, rules[j]) {
				reads[i] = append(reads[i], j)
				back[group[i]] = back[group[i]] || group[i] == group[j] && j >= i
			}
		}
	}
	for g, of := range groups {
		if back[g] { // all of the group hang together
			for k, i := range of {
				reads[i] = append(reads[i], of[(k+1)%len(of)])
			}
		}
	}
	var units []unit
	for _, together := range components(reads) {
		slices.Sort(together)
		first := together[0]
		units = append(units, unit{together, len(together) > 1 || slices.Contains(reads[first], first)})
	}
	return units
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
	for _, u := range order(set) {
		for _, i := range u.rules {
			if !slices.Contains(groups, owner[i]) {
				groups = append(groups, owner[i])
			}
		}
	}
	return groups
}
