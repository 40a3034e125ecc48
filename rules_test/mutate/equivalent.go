package mutate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hopscope/hopscope/rules_test/ruleset"
)

// equivalence is a comment which says that mutants make no difference.
type equivalence struct {
	rule   *ruleset.Rule
	kind   Kind
	part   string // of what is changed; empty: all of the kind
	reason string
	used   bool // by a survivor
}

// equivalences reads the comments of a rule.
func equivalences(rule *ruleset.Rule) ([]*equivalence, error) {
	var all []*equivalence
	for _, c := range rule.Comments {
		text, ok := strings.CutPrefix(c, "equivalent:")
		if !ok {
			continue
		}
		e := &equivalence{rule: rule}
		text = strings.TrimSpace(text)
		if end := strings.IndexAny(text, " ["); end >= 0 {
			e.kind, text = Kind(text[:end]), text[end:]
		} else {
			e.kind, text = Kind(text), ""
		}
		if !slices.Contains(Kinds(), e.kind) {
			return nil, fmt.Errorf("%s: %s: # %s: there is no kind %q of mutants: want one of %v", rule.Where(), rule.Name(), c, e.kind, Kinds())
		}
		if rest, ok := strings.CutPrefix(text, "["); ok {
			end := strings.Index(rest, "] ")
			if end < 0 {
				return nil, fmt.Errorf("%s: %s: # %s: want a reason behind ]", rule.Where(), rule.Name(), c)
			}
			e.part, text = rest[:end], rest[end+1:]
		}
		if e.reason = strings.TrimSpace(text); e.reason == "" {
			return nil, fmt.Errorf("%s: %s: # %s: say why these mutants make no difference: # equivalent: %s REASON", rule.Where(), rule.Name(), c, e.kind)
		}
		all = append(all, e)
	}
	return all, nil
}

func (e *equivalence) covers(m Mutant) bool {
	return e.kind == m.Kind && strings.Contains(m.What, e.part)
}

// stale says that the comment is not needed.
func (e *equivalence) stale() string {
	part := ""
	if e.part != "" {
		part = "[" + e.part + "]"
	}
	return fmt.Sprintf("%s: %s: # equivalent: %s%s: no such mutant survives: remove the comment", e.rule.Where(), e.rule.Name(), e.kind, part)
}
