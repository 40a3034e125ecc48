package routing

import (
	amlabels "github.com/prometheus/alertmanager/pkg/labels"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
)

// match returns the nodes that an alert reaches: the first child that matches, and
// the next ones as long as continue says so; a node none of whose children match
// itself.
func (r *route) match(set model.LabelSet) []*route {
	if !amlabels.Matchers(r.matchers).Matches(set) {
		return nil
	}
	var all []*route
	for _, child := range r.routes {
		found := child.match(set)
		all = append(all, found...)
		if found != nil && !child.onward {
			break
		}
	}
	if len(all) == 0 {
		return []*route{r}
	}
	return all
}

// Inhibits reports whether an alert with one set of labels mutes one with the
// other while both fire. A label that is missing equals an empty one. Alerts that
// match both sides of a rule do not mute one another.
func (c *Config) Inhibits(source, target labels.Labels) bool {
	s, t := labelSet(source), labelSet(target)
	for _, r := range c.inhibits {
		from, to := amlabels.Matchers(r.SourceMatchers), amlabels.Matchers(r.TargetMatchers)
		if !from.Matches(s) || !to.Matches(t) || from.Matches(t) && to.Matches(s) {
			continue
		}
		equal := true
		for _, name := range r.Equal {
			equal = equal && s[model.LabelName(name)] == t[model.LabelName(name)]
		}
		if equal {
			return true
		}
	}
	return false
}

func labelSet(l labels.Labels) model.LabelSet {
	set := model.LabelSet{}
	l.Range(func(l labels.Label) { set[model.LabelName(l.Name)] = model.LabelValue(l.Value) })
	return set
}
