package mutate

import (
	"fmt"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/hopscope/hopscope/rules_test/ruleset"
)

// Kind is what sort of thing a mutant changes.
type Kind string

// The kinds of mutants.
const (
	Boundary    Kind = "boundary"        // > and >=, < and <=
	Comparison  Kind = "comparison"      // any other operator that compares
	Arithmetic  Kind = "arithmetic"      // + and -, * and /
	Threshold   Kind = "threshold"       // a number ×2 ÷2 ×1.1 ÷1.1
	Logic       Kind = "logic"           // and, or, unless exchanged, or a side dropped
	Matcher     Kind = "matcher"         // dropped, negated, an alternative dropped
	Aggregation Kind = "aggregation"     // sum and max, avg
	Grouping    Kind = "grouping"        // a label of by or without dropped
	Function    Kind = "function"        // rate and increase
	Range       Kind = "range"           // ×4 ÷2
	For         Kind = "for"             // 0, half, twice
	KeepFiring  Kind = "keep_firing_for" // dropped, twice
	Label       Kind = "label"           // dropped, another severity
)

// Kinds returns all kinds in the order in which they are shown.
func Kinds() []Kind {
	return []Kind{Boundary, Comparison, Arithmetic, Threshold, Logic, Matcher, Aggregation, Grouping, Function, Range, For, KeepFiring, Label}
}

// Mutant is a rule with one thing changed.
type Mutant struct {
	Rule, Changed *ruleset.Rule
	Kind          Kind
	// What is changed, for people: "`> 1` becomes `>= 1`".
	What string
	// Line of what is changed, in the rule's file.
	Line int
}

// Mutants returns every mutant of a rule of the set, each once. Changes that leave
// no valid expression, or one that is the same for certain, are left out.
func Mutants(set *ruleset.Set, rule *ruleset.Rule) []Mutant {
	var all []Mutant
	seen := map[string]bool{rule.Text(): true}
	add := func(m Mutant) {
		if !seen[m.Changed.Text()] {
			seen[m.Changed.Text()] = true
			all = append(all, m)
		}
	}
	p := parser.NewParser(parser.Options{})
	for _, c := range changesOf(signs{set.Rules()}, rule) {
		expr, err := p.ParseExpr(c.expr.String())
		if err != nil {
			continue
		}
		add(Mutant{rule, rule.Change(func(r *ruleset.Rule) { r.Expr = expr }), c.kind, c.what, c.line})
	}
	for _, f := range fields(rule) {
		add(Mutant{rule, rule.Change(f.edit), f.kind, f.what, rule.Line})
	}
	return all
}

// field is a change beside the expression.
type field struct {
	kind Kind
	what string
	edit func(*ruleset.Rule)
}

func fields(rule *ruleset.Rule) []field {
	var all []field
	if rule.For > 0 {
		for _, d := range []time.Duration{0, rule.For / 2, 2 * rule.For} {
			all = append(all, field{For, fmt.Sprintf("for: %s becomes %s", model.Duration(rule.For), model.Duration(d)), func(r *ruleset.Rule) { r.For = d }})
		}
	}
	if rule.KeepFiringFor > 0 {
		for _, d := range []time.Duration{0, 2 * rule.KeepFiringFor} {
			all = append(all, field{KeepFiring, fmt.Sprintf("keep_firing_for: %s becomes %s", model.Duration(rule.KeepFiringFor), model.Duration(d)), func(r *ruleset.Rule) { r.KeepFiringFor = d }})
		}
	}
	rule.Labels.Range(func(l labels.Label) {
		all = append(all, field{Label, fmt.Sprintf("label %s: %s dropped", l.Name, l.Value), func(r *ruleset.Rule) {
			r.Labels = labels.NewBuilder(r.Labels).Del(l.Name).Labels()
		}})
		if l.Name == "severity" {
			other := "critical"
			if l.Value == other {
				other = "warning"
			}
			all = append(all, field{Label, fmt.Sprintf("label severity: %s becomes %s", l.Value, other), func(r *ruleset.Rule) {
				r.Labels = labels.NewBuilder(r.Labels).Set(l.Name, other).Labels()
			}})
		}
	})
	return all
}
