package metrics

import (
	"time"

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

// batch takes the series of one scrape. Labels are in the order of the
// declaration.
type batch interface {
	counter(c catalog.Counter, v float64, labels ...string)
	gauge(g catalog.Gauge, v float64, labels ...string)
	// histogram may keep what parts refers to.
	histogram(h catalog.Histogram, parts *histogram, since event.Time, labels ...string)
	// natives reports whether native buckets are wanted.
	natives() bool
}

// collected is a batch for client_golang.
type collected struct {
	descs   *descs
	labels  labelPairs
	metrics []prometheus.Metric
	pace    pacer
	writing pacer // of the goroutine that calls the Write methods
	offset  time.Duration
}

// natives implements batch.
func (b *collected) natives() bool { return true }

// counter implements batch.
func (b *collected) counter(c catalog.Counter, v float64, labels ...string) {
	b.add(&b.descs.counters[c], true, v, labels)
}

// gauge implements batch.
func (b *collected) gauge(g catalog.Gauge, v float64, labels ...string) {
	b.add(&b.descs.gauges[g], false, v, labels)
}

func (b *collected) add(d *declared, counter bool, v float64, labels []string) {
	b.metrics = append(b.metrics, &series{desc: d.desc, counter: counter, value: v, labels: b.labels.of(d.labels, labels)})
	b.pace.step()
}

// histogram implements batch.
func (b *collected) histogram(h catalog.Histogram, parts *histogram, since event.Time, labels ...string) {
	b.metrics = append(b.metrics, &distribution{
		family: &b.descs.histograms[h], labels: b.labels.of(b.descs.histogramLabels[h], labels), since: since,
		offset: b.offset, histogram: *parts, pace: &b.writing,
	})
	b.pace.step()
}
