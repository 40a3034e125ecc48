package replay

import (
	"context"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/hopscope/hopscope/rules_test/ruleset"
)

// Graph knows which rules of a set read which, directly or through others.
type Graph struct {
	reads, readers map[*ruleset.Rule][]*ruleset.Rule
}

// NewGraph looks at what every rule selects and writes.
func NewGraph(set *ruleset.Set) *Graph {
	rules := set.Rules()
	direct := map[*ruleset.Rule][]*ruleset.Rule{}
	for _, r := range rules {
		for _, w := range rules {
			if Reads(r, w) {
				direct[r] = append(direct[r], w)
			}
		}
	}
	g := &Graph{map[*ruleset.Rule][]*ruleset.Rule{}, map[*ruleset.Rule][]*ruleset.Rule{}}
	for _, r := range rules {
		seen := []*ruleset.Rule{r}
		for i := 0; i < len(seen); i++ {
			for _, w := range direct[seen[i]] {
				if !slices.Contains(seen, w) {
					seen = append(seen, w)
				}
			}
		}
		g.reads[r] = seen
		for _, w := range seen {
			g.readers[w] = append(g.readers[w], r)
		}
	}
	return g
}

// Reads returns the rule and all rules that it reads.
func (g *Graph) Reads(r *ruleset.Rule) []*ruleset.Rule { return g.reads[r] }

// Readers returns the rule and all rules that read it, in the set's order.
func (g *Graph) Readers(r *ruleset.Rule) []*ruleset.Rule { return g.readers[r] }

// Alerts returns the names of the alerts among a rule and its readers.
func (g *Graph) Alerts(r *ruleset.Rule) []string {
	var names []string
	for _, reader := range g.readers[r] {
		if reader.Alert != "" && !slices.Contains(names, reader.Alert) {
			names = append(names, reader.Alert)
		}
	}
	return names
}

// Feeds reports whether a recording has series that the rule, or one that it reads,
// selects by name. A rule that selects nothing, or any name, is fed by everything.
func (g *Graph) Feeds(d *Data, r *ruleset.Rule) bool {
	return slices.ContainsFunc(g.reads[r], func(r *ruleset.Rule) bool {
		return len(r.Selectors()) == 0 || slices.ContainsFunc(r.Selectors(), func(s *parser.VectorSelector) bool {
			name := exactName(s.LabelMatchers)
			return name == "" || len(d.byName[name]) > 0
		})
	})
}

// Select returns the labels of all series, recorded or written by rules, that
// match.
func (r *Result) Select(ctx context.Context, matchers ...*labels.Matcher) []labels.Labels {
	var found []labels.Labels
	set := querier{r.view, r.Data.start, r.Data.end}.Select(ctx, true, nil, matchers...)
	for set.Next() {
		found = append(found, set.At().Labels())
	}
	return found
}
