package mutate

import (
	"fmt"
	"slices"

	"github.com/hopscope/hopscope/rules_test/replay"
	"github.com/hopscope/hopscope/rules_test/ruleset"
)

// Changed returns the rules of a set that another set does not have, or that read
// such rules, in their order. A rule is the same if its text and its group's
// interval, offset and limit are.
func Changed(old, now *ruleset.Set) []*ruleset.Rule {
	had := map[string]bool{}
	each(old, func(_ *ruleset.Rule, identity string) { had[identity] = true })
	graph := replay.NewGraph(now)
	var touched []*ruleset.Rule
	each(now, func(r *ruleset.Rule, identity string) {
		if !had[identity] {
			touched = append(touched, graph.Readers(r)...)
		}
	})
	var changed []*ruleset.Rule
	for _, r := range now.Rules() {
		if slices.Contains(touched, r) {
			changed = append(changed, r)
		}
	}
	return changed
}

func each(set *ruleset.Set, do func(r *ruleset.Rule, identity string)) {
	for _, g := range set.Groups {
		for _, r := range g.Rules {
			do(r, fmt.Sprintf("%s\x00%s\x00%s\x00%d", r.Text(), g.Interval, g.QueryOffset, g.Limit))
		}
	}
}
