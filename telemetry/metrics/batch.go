package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/telemetry/catalog"
)

// descs are the descriptions of the metrics that the catalogue declares.
type descs struct {
	counters        [catalog.NumCounters]declared
	gauges          [catalog.NumGauges]declared
	histograms      [catalog.NumHistograms]family
	histogramLabels [catalog.NumHistograms]labelNames
}

// declared is a family of counters or gauges.
type declared struct {
	desc   *prometheus.Desc
	labels labelNames
}

func newDescs() descs {
	var d descs
	for i := range d.counters {
		m := catalog.Counter(i).Metric()
		d.counters[i] = declared{desc(m), newLabelNames(m)}
	}
	for i := range d.gauges {
		m := catalog.Gauge(i).Metric()
		d.gauges[i] = declared{desc(m), newLabelNames(m)}
	}
	for i := range d.histograms {
		d.histograms[i] = newFamily(catalog.Histogram(i))
		d.histogramLabels[i] = newLabelNames(catalog.Histogram(i).Metric())
	}
	return d
}

func desc(m *catalog.Metric) *prometheus.Desc {
	return prometheus.NewDesc(m.Name, m.Help, m.LabelNames(), nil)
}

// Describe implements [prometheus.Collector].
func (o *Observer) Describe(ch chan<- *prometheus.Desc) {
	for i := range o.descs.counters {
		ch <- o.descs.counters[i].desc
	}
	for i := range o.descs.gauges {
		ch <- o.descs.gauges[i].desc
	}
	for i := range o.descs.histograms {
		ch <- o.descs.histograms[i].desc
	}
}

// batch is what one scrape is told.
type batch struct {
	descs   *descs
	labels  labelPairs
	metrics []prometheus.Metric
}

// counter adds a series; labels are in the order of the declaration.
func (b *batch) counter(c catalog.Counter, v float64, labels ...string) {
	b.add(&b.descs.counters[c], true, v, labels)
}

// gauge adds a series; labels are in the order of the declaration.
func (b *batch) gauge(g catalog.Gauge, v float64, labels ...string) {
	b.add(&b.descs.gauges[g], false, v, labels)
}

func (b *batch) add(d *declared, counter bool, v float64, labels []string) {
	b.metrics = append(b.metrics, &series{desc: d.desc, counter: counter, value: v, labels: b.labels.of(d.labels, labels)})
}

// histogram adds a series; labels are in the order of the declaration.
func (b *batch) histogram(h catalog.Histogram, parts histogram, since event.Time, labels ...string) {
	b.metrics = append(b.metrics, &distribution{
		family: &b.descs.histograms[h], labels: b.labels.of(b.descs.histogramLabels[h], labels), since: since, histogram: parts,
	})
}
