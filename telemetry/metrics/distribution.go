package metrics

import (
	"encoding/hex"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/hopscope/hopscope/gateway/event"
)

// ExemplarTraceID is the label of exemplars that holds the trace id, in lower-case hex.
const ExemplarTraceID = "trace_id"

// distribution is a histogram series as a scrape is told it: a prometheus.Metric.
type distribution struct {
	family *family
	labels []string // in the order of the declaration
	since  event.Time
	histogram
}

// Desc implements [prometheus.Metric].
func (d *distribution) Desc() *prometheus.Desc { return d.family.desc }

// Write implements [prometheus.Metric].
func (d *distribution) Write(out *dto.Metric) error {
	h := &dto.Histogram{
		SampleSum: proto.Float64(d.sum), CreatedTimestamp: timestamppb.New(d.since.Std()),
		Bucket: make([]*dto.Bucket, len(d.family.bounds)),
	}
	var count uint64
	for i, bound := range d.family.bounds {
		count += d.counts[i]
		h.Bucket[i] = &dto.Bucket{
			UpperBound: proto.Float64(bound), CumulativeCount: proto.Uint64(count), Exemplar: d.exemplar(i),
		}
	}
	last := len(d.family.bounds)
	count += d.counts[last]
	if e := d.exemplar(last); e != nil { // +Inf is written only to carry it
		h.Bucket = append(h.Bucket, &dto.Bucket{
			UpperBound: proto.Float64(inf), CumulativeCount: proto.Uint64(count), Exemplar: e,
		})
	}
	h.SampleCount = proto.Uint64(count)
	if d.family.fractions != nil {
		d.writeNative(h)
	}
	out.Histogram = h
	out.Label = prometheus.MakeLabelPairs(d.family.desc, d.labels)
	return nil
}

// exemplar returns the exemplar of a classic bucket, nil if it has none.
func (d *distribution) exemplar(bucket int) *dto.Exemplar {
	if d.exemplars == nil || d.exemplars[bucket].at == 0 {
		return nil
	}
	e := &d.exemplars[bucket]
	return &dto.Exemplar{
		Label: []*dto.LabelPair{{
			Name: proto.String(ExemplarTraceID), Value: proto.String(hex.EncodeToString(e.trace[:])),
		}},
		Value: proto.Float64(e.value), Timestamp: timestamppb.New(e.at.Std()),
	}
}

// writeNative writes the native buckets: spans of buckets without a gap, and how
// much each count differs from the one before.
func (d *distribution) writeNative(h *dto.Histogram) {
	h.Schema = proto.Int32(d.family.schema)
	h.ZeroThreshold = proto.Float64(zeroThreshold)
	h.ZeroCount = proto.Uint64(d.zeros)
	next, before := int32(0), int64(0)
	for i, n := range d.natives {
		if n == 0 {
			continue
		}
		key := d.family.nativeKey(i)
		if len(h.PositiveSpan) == 0 || key != next {
			h.PositiveSpan = append(h.PositiveSpan, &dto.BucketSpan{Offset: proto.Int32(key - next), Length: proto.Uint32(0)})
		}
		*h.PositiveSpan[len(h.PositiveSpan)-1].Length++
		h.PositiveDelta = append(h.PositiveDelta, int64(n)-before)
		next, before = key+1, int64(n)
	}
	if len(h.PositiveSpan) == 0 && d.zeros == 0 {
		// What marks a native histogram without any observation.
		h.PositiveSpan = []*dto.BucketSpan{{Offset: proto.Int32(0), Length: proto.Uint32(0)}}
	}
}
