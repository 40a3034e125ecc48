package metrics

import (
	"math"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/telemetry/catalog"
)

// zeroThreshold is the greatest value that counts as zero.
var zeroThreshold = math.Exp2(nativeMin)

var inf = math.Inf(+1)

// family is a histogram family as the catalogue declares it.
type family struct {
	classic classicIndex
	native  *nativeIndex // nil: no native buckets
	bounds  []float64    // of the classic buckets, without +Inf
	desc    *prometheus.Desc
}

func newFamily(h catalog.Histogram) family {
	m := h.Metric()
	f := family{classic: newClassicIndex(m.Buckets), bounds: m.Buckets, desc: desc(m)}
	if m.NativeFactor > 1 {
		n := newNativeIndex()
		f.native = &n
	}
	return f
}

// exemplar is an observation whose trace is kept.
type exemplar struct {
	trace [16]byte
	value float64
	at    event.Time // 0: there is none
}

// histogram is one worker's part of one series, or such parts added up.
type histogram struct {
	sum       float64
	zeros     uint64
	natives   []uint64             // made with the first observation
	exemplars *[maxBounds]exemplar // made with the first one
	counts    [maxBounds]uint64    // by classic bucket, the last one +Inf
}

// observe counts v, which is not negative, and returns its classic bucket. An
// exemplar that is not nil becomes the bucket's, with the value v.
func (h *histogram) observe(f *family, v float64, e *exemplar) (bucket int) {
	bits := math.Float64bits(v)
	bucket = f.classic.of(bits) % maxBounds
	h.counts[bucket]++
	h.sum += v
	if e != nil {
		h.keep(bucket, v, e)
	}
	if f.native == nil {
		return bucket
	}
	if i := f.native.of(bits); uint(i) < uint(len(h.natives)) {
		h.natives[i]++
	} else {
		h.observeOutside(i)
	}
	return bucket
}

// observeOutside counts into native bucket i where that is none, or where there
// are none yet.
func (h *histogram) observeOutside(i int) {
	if i < 0 {
		h.zeros++
		return
	}
	if h.natives == nil {
		h.natives = make([]uint64, numNatives)
	}
	h.natives[min(i, numNatives-1)]++
}

// keep makes e, with the value v, the exemplar of a classic bucket.
func (h *histogram) keep(bucket int, v float64, e *exemplar) {
	if h.exemplars == nil {
		h.exemplars = new([maxBounds]exemplar)
	}
	h.exemplars[bucket] = exemplar{e.trace, v, e.at}
}

// take makes h equal to from, with which it shares nothing.
func (h *histogram) take(from *histogram) {
	natives, exemplars := h.natives, h.exemplars
	*h = *from
	if from.natives != nil {
		h.natives = append(natives[:0], from.natives...)
	}
	if from.exemplars != nil {
		if exemplars == nil {
			exemplars = new([maxBounds]exemplar)
		}
		*exemplars = *from.exemplars
		h.exemplars = exemplars
	}
}

// add adds the counts of a part, with its native buckets if those are wanted; of
// exemplars the newest stay.
func (h *histogram) add(part *histogram, natives bool) {
	for i, n := range part.counts {
		h.counts[i] += n
	}
	h.zeros += part.zeros
	h.sum += part.sum
	if natives && part.natives != nil {
		if h.natives == nil {
			h.natives = make([]uint64, numNatives)
		}
		for i, n := range part.natives {
			h.natives[i] += n
		}
	}
	if part.exemplars == nil {
		return
	}
	if h.exemplars == nil {
		h.exemplars = new([maxBounds]exemplar)
	}
	for i, e := range part.exemplars {
		if e.at > h.exemplars[i].at {
			h.exemplars[i] = e
		}
	}
}
