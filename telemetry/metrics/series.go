package metrics

import (
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/proto"

	"github.com/hopscope/hopscope/telemetry/catalog"
)

// series is a counter or a gauge as a scrape is told it: a prometheus.Metric.
type series struct {
	desc    *prometheus.Desc
	counter bool
	value   float64
	labels  []*dto.LabelPair
}

// Desc implements [prometheus.Metric].
func (s *series) Desc() *prometheus.Desc { return s.desc }

// Write implements [prometheus.Metric].
func (s *series) Write(out *dto.Metric) error {
	out.Label = s.labels
	if s.counter {
		out.Counter = &dto.Counter{Value: &s.value}
	} else {
		out.Gauge = &dto.Gauge{Value: &s.value}
	}
	return nil
}

// labelNames are the names of a family's labels, sorted, for that is how series
// are told; at says where each stands in the declaration.
type labelNames []labelName

type labelName struct {
	name string
	at   int
}

func newLabelNames(m *catalog.Metric) labelNames {
	names := make(labelNames, len(m.Labels))
	for i, l := range m.Labels {
		names[i] = labelName{l.Name, i}
	}
	slices.SortFunc(names, func(a, b labelName) int { return strings.Compare(a.name, b.name) })
	return names
}

// labelPairs holds the label pairs of one scrape: thousands of series share a few
// hundred, and whoever reads them must not change them.
type labelPairs map[labelPair]*dto.LabelPair

type labelPair struct{ name, value string }

// of returns the pairs of names with values, which are in the order of the
// declaration.
func (p labelPairs) of(names labelNames, values []string) []*dto.LabelPair {
	list := make([]*dto.LabelPair, len(names))
	for i, n := range names {
		key := labelPair{n.name, values[n.at]}
		pair := p[key]
		if pair == nil {
			pair = &dto.LabelPair{Name: proto.String(n.name), Value: proto.String(key.value)}
			p[key] = pair
		}
		list[i] = pair
	}
	return list
}
