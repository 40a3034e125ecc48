package catalog

import "slices"

// Type is the type of a metric family as Prometheus knows it.
type Type uint8

// The types.
const (
	CounterType Type = iota
	GaugeType
	HistogramType
)

// String returns the type as a TYPE line spells it.
func (t Type) String() string { return [...]string{"counter", "gauge", "histogram"}[t] }

// Unit is the unit of a metric's value.
type Unit uint8

// The units.
const (
	None    Unit = iota // a count, or a number without dimension
	Seconds             // also of timestamps: since the Unix epoch
	Bytes
	Bool // 0 or 1
)

// String returns the unit's name, "" for None.
func (u Unit) String() string { return [...]string{"", "seconds", "bytes", "bool"}[u] }

// Metric declares one metric family. It must not be changed.
type Metric struct {
	Name   string
	Type   Type
	Unit   Unit
	Help   string
	Labels []Label

	// Buckets are the upper bounds of the classic buckets, without +Inf, and Why
	// the reason for them. Histograms only.
	Buckets []float64
	Why     string
	// NativeFactor is the greatest ratio of one native bucket's bound to the next;
	// 0: there are no native buckets.
	NativeFactor float64
}

// LabelNames returns the names of the labels in the order of the declaration.
func (m *Metric) LabelNames() []string {
	names := make([]string, len(m.Labels))
	for i, l := range m.Labels {
		names[i] = l.Name
	}
	return names
}

// Counter names a counter family.
type Counter uint8

// Metric returns the declaration.
func (c Counter) Metric() *Metric { return &counters[c] }

// String returns the name of the family.
func (c Counter) String() string { return counters[c].Name }

// Gauge names a gauge family.
type Gauge uint8

// Metric returns the declaration.
func (g Gauge) Metric() *Metric { return &gauges[g] }

// String returns the name of the family.
func (g Gauge) String() string { return gauges[g].Name }

// Histogram names a histogram family.
type Histogram uint8

// Metric returns the declaration.
func (h Histogram) Metric() *Metric { return &histograms[h] }

// String returns the name of the family, which is also the name of its native series.
func (h Histogram) String() string { return histograms[h].Name }

// Bucket returns the name of the classic bucket series.
func (h Histogram) Bucket() string { return h.String() + "_bucket" }

// Sum returns the name of the series of sums.
func (h Histogram) Sum() string { return h.String() + "_sum" }

// Count returns the name of the series of counts.
func (h Histogram) Count() string { return h.String() + "_count" }

// All returns every metric of hopscope's own in the order of their names.
func All() []*Metric {
	all := make([]*Metric, 0, int(NumCounters)+int(NumGauges)+int(NumHistograms))
	for i := range counters {
		all = append(all, &counters[i])
	}
	for i := range gauges {
		all = append(all, &gauges[i])
	}
	for i := range histograms {
		all = append(all, &histograms[i])
	}
	slices.SortFunc(all, func(a, b *Metric) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return all
}
