package metrics

import (
	"encoding/hex"
	"time"

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
	labels []*dto.LabelPair
	since  event.Time    // as the clock said at the start: one that moved would tell of a restart
	offset time.Duration // of the wall clock, for exemplars
	pace   *pacer        // of the goroutine that writes
	histogram
}

// Desc implements [prometheus.Metric].
func (d *distribution) Desc() *prometheus.Desc { return d.family.desc }

// Write implements [prometheus.Metric].
func (d *distribution) Write(out *dto.Metric) error {
	h := &dto.Histogram{SampleSum: &d.sum, CreatedTimestamp: timestamppb.New(d.since.Std())}
	bounds := d.family.bounds
	// In one piece each: there are hundreds of distributions.
	buckets, counts := make([]dto.Bucket, len(bounds)+1), make([]uint64, len(bounds)+1)
	h.Bucket = make([]*dto.Bucket, len(bounds), len(bounds)+1)
	var count uint64
	for i := range bounds {
		count += d.counts[i]
		counts[i] = count
		b := &buckets[i]
		b.UpperBound, b.CumulativeCount, b.Exemplar = &bounds[i], &counts[i], d.exemplar(i)
		h.Bucket[i] = b
	}
	last := len(bounds)
	counts[last] = count + d.counts[last]
	if e := d.exemplar(last); e != nil { // +Inf is written only to carry it
		b := &buckets[last]
		b.UpperBound, b.CumulativeCount, b.Exemplar = proto.Float64(inf), &counts[last], e
		h.Bucket = append(h.Bucket, b)
	}
	h.SampleCount = &counts[last]
	if d.family.native != nil {
		d.writeNative(h)
	}
	out.Histogram = h
	out.Label = d.labels
	d.pace.step()
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
		Value: proto.Float64(e.value), Timestamp: timestamppb.New(e.at.Add(d.offset).Std()),
	}
}

// writeNative writes the native buckets: spans of buckets without a gap, and how
// much each count differs from the one before.
func (d *distribution) writeNative(h *dto.Histogram) {
	h.Schema = proto.Int32(nativeSchema)
	h.ZeroThreshold = &zeroThreshold
	h.ZeroCount = &d.zeros
	buckets, spans := 0, 0
	gap := true
	for _, n := range d.natives {
		if n != 0 {
			buckets++
			if gap {
				spans++
			}
		}
		gap = n == 0
	}
	if spans == 0 && d.zeros == 0 {
		// What marks a native histogram without any observation.
		h.PositiveSpan = []*dto.BucketSpan{{Offset: proto.Int32(0), Length: proto.Uint32(0)}}
		return
	}
	h.PositiveDelta = make([]int64, 0, buckets)
	h.PositiveSpan = make([]*dto.BucketSpan, 0, spans)
	room, offsets, lengths := make([]dto.BucketSpan, spans), make([]int32, spans), make([]uint32, spans)
	next, before := int32(0), int64(0)
	for i, n := range d.natives {
		if n == 0 {
			continue
		}
		key := nativeKey(i)
		at := len(h.PositiveSpan)
		if at == 0 || key != next {
			offsets[at] = key - next
			room[at].Offset, room[at].Length = &offsets[at], &lengths[at]
			h.PositiveSpan = append(h.PositiveSpan, &room[at])
			at++
		}
		lengths[at-1]++
		h.PositiveDelta = append(h.PositiveDelta, int64(n)-before)
		next, before = key+1, int64(n)
	}
}
