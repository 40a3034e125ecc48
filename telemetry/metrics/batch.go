package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/telemetry/catalog"
)

// descs are the descriptions of the metrics that the catalogue declares.
type descs struct {
	counters   [catalog.NumCounters]*prometheus.Desc
	gauges     [catalog.NumGauges]*prometheus.Desc
	histograms [catalog.NumHistograms]family
}

func newDescs() descs {
	var d descs
	for i := range d.counters {
		d.counters[i] = desc(catalog.Counter(i).Metric())
	}
	for i := range d.gauges {
		d.gauges[i] = desc(catalog.Gauge(i).Metric())
	}
	for i := range d.histograms {
		d.histograms[i] = newFamily(catalog.Histogram(i))
	}
	return d
}

func desc(m *catalog.Metric) *prometheus.Desc {
	return prometheus.NewDesc(m.Name, m.Help, m.LabelNames(), nil)
}

// Describe implements [prometheus.Collector].
func (o *Observer) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range o.descs.counters {
		ch <- d
	}
	for _, d := range o.descs.gauges {
		ch <- d
	}
	for i := range o.descs.histograms {
		ch <- o.descs.histograms[i].desc
	}
}

// batch is what one scrape is told.
type batch struct {
	descs   *descs
	metrics []prometheus.Metric
}

// counter adds a series; labels are in the order of the declaration.
func (b *batch) counter(c catalog.Counter, v float64, labels ...string) {
	b.metrics = append(b.metrics,
		prometheus.MustNewConstMetric(b.descs.counters[c], prometheus.CounterValue, v, labels...))
}

// gauge adds a series; labels are in the order of the declaration.
func (b *batch) gauge(g catalog.Gauge, v float64, labels ...string) {
	b.metrics = append(b.metrics,
		prometheus.MustNewConstMetric(b.descs.gauges[g], prometheus.GaugeValue, v, labels...))
}

// histogram adds a series; labels are in the order of the declaration.
func (b *batch) histogram(h catalog.Histogram, parts histogram, since event.Time, labels ...string) {
	b.metrics = append(b.metrics, &distribution{
		family: &b.descs.histograms[h], labels: labels, since: since, histogram: parts,
	})
}
