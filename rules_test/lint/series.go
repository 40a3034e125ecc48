package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/hopscope/hopscope/telemetry/catalog"
)

// CheckSeries returns what is wrong with a series that a test feeds to the rules:
// a metric that the catalogue lacks, a label too many or too few, a value outside
// its closed set. Rules tested on such a series prove nothing.
func CheckSeries(l labels.Labels) []string {
	name := l.Get(model.MetricNameLabel)
	series, known := catalog.Lookup(name)
	if !known {
		return []string{fmt.Sprintf("there is no metric %q in the catalogue", name)}
	}
	if series.Labels == nil {
		return nil
	}
	var problems []string
	want := slices.Concat(series.Labels, catalog.TargetLabels())
	l.Range(func(l labels.Label) {
		switch {
		case l.Name == model.MetricNameLabel:
		case !slices.Contains(want, l.Name):
			problems = append(problems, fmt.Sprintf("metric %s has no label %q: it has %s", name, l.Name, strings.Join(want, ", ")))
		case !allowed(series.Metric, l):
			problems = append(problems, fmt.Sprintf("label %s of %s is never %q", l.Name, name, l.Value))
		}
	})
	for _, label := range want {
		if !l.Has(label) {
			problems = append(problems, fmt.Sprintf("metric %s always has the label %q", name, label))
		}
	}
	return problems
}

// allowed reports whether a label may have that value.
func allowed(m *catalog.Metric, l labels.Label) bool {
	if m == nil {
		return true
	}
	if l.Name == labels.BucketLabel {
		return l.Value == "+Inf" || slices.ContainsFunc(m.Buckets, func(b float64) bool { return l.Value == bound(b) })
	}
	for _, declared := range m.Labels {
		if declared.Name == l.Name && declared.Values != nil {
			return slices.Contains(declared.Values, l.Value)
		}
	}
	return true
}
