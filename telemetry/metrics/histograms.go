package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/telemetry/catalog"
)

// Native histograms are reset at most once an hour to keep within their bound of
// buckets; below the bound no resolution is lost.
const (
	nativeMaxBuckets = 160
	nativeMinReset   = time.Hour
)

// histograms are the families whose values are distributions.
type histograms struct {
	duration, firstByte, overhead *prometheus.HistogramVec
	streamDuration, size          *prometheus.HistogramVec
	slotWait, messageSize         *prometheus.HistogramVec
}

// register makes the families and registers them with reg.
func (h *histograms) register(reg prometheus.Registerer) error {
	for _, f := range []struct {
		vec **prometheus.HistogramVec
		of  catalog.Histogram
	}{
		{&h.duration, catalog.RequestDurationSeconds},
		{&h.firstByte, catalog.TimeToFirstByteSeconds},
		{&h.overhead, catalog.GatewayOverheadSeconds},
		{&h.streamDuration, catalog.StreamDurationSeconds},
		{&h.size, catalog.StreamSizeBytes},
		{&h.slotWait, catalog.StreamSlotWaitSeconds},
		{&h.messageSize, catalog.GRPCMessageBytes},
	} {
		m := f.of.Metric()
		opts := prometheus.HistogramOpts{Name: m.Name, Help: m.Help, Buckets: m.Buckets}
		if m.NativeFactor > 0 {
			opts.NativeHistogramBucketFactor = m.NativeFactor
			opts.NativeHistogramMaxBucketNumber = nativeMaxBuckets
			opts.NativeHistogramMinResetDuration = nativeMinReset
		}
		*f.vec = prometheus.NewHistogramVec(opts, m.LabelNames())
		if err := reg.Register(*f.vec); err != nil {
			return err
		}
	}
	return nil
}

// distributions are the histograms of one route.
type distributions struct {
	duration, firstByte, overhead [2]prometheus.Observer // unary, stream
	streamDuration                prometheus.Observer
	size, messageSize             [event.NumDirs]prometheus.Observer
}

// ofRoute returns the histograms of the route with that name.
func (h *histograms) ofRoute(name string) *distributions {
	d := &distributions{streamDuration: h.streamDuration.WithLabelValues(name)}
	for i, kind := range []string{catalog.KindUnary, catalog.KindStream} {
		d.duration[i] = h.duration.WithLabelValues(name, kind)
		d.firstByte[i] = h.firstByte.WithLabelValues(name, kind)
		d.overhead[i] = h.overhead.WithLabelValues(name, kind)
	}
	for dir := range event.NumDirs {
		d.size[dir] = h.size.WithLabelValues(name, dir.String())
		d.messageSize[dir] = h.messageSize.WithLabelValues(name, dir.String())
	}
	return d
}

// ofUpstream returns the histogram of the upstream with that name.
func (h *histograms) ofUpstream(name string) *prometheus.Observer {
	o := h.slotWait.WithLabelValues(name)
	return &o
}

// forgetRoute ends the series of a route that is gone.
func (h *histograms) forgetRoute(name string) {
	gone := prometheus.Labels{catalog.LabelRoute: name}
	for _, vec := range []*prometheus.HistogramVec{
		h.duration, h.firstByte, h.overhead, h.streamDuration, h.size, h.messageSize,
	} {
		vec.DeletePartialMatch(gone)
	}
}

// forgetUpstream ends the series of an upstream that is gone.
func (h *histograms) forgetUpstream(name string) {
	h.slotWait.DeletePartialMatch(prometheus.Labels{catalog.LabelUpstream: name})
}
