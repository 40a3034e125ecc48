package metrics

import (
	"math"
	"sort"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/telemetry/catalog"
)

// Native buckets reach from 2^nativeMin to 2^nativeMax: from a microsecond to 36
// hours. Smaller values count as zero, greater ones into the last bucket.
const (
	nativeMin = -20
	nativeMax = 17
)

// zeroThreshold is the greatest value that counts as zero.
var zeroThreshold = math.Exp2(nativeMin)

var inf = math.Inf(+1)

// maxBounds is the greatest number of classic buckets that a family may have,
// +Inf included.
const maxBounds = 16

// family is a histogram family as the catalogue declares it.
type family struct {
	desc   *prometheus.Desc
	bounds []float64 // of the classic buckets, without +Inf
	// schema says how fine the native buckets are: a bucket's bound is
	// 2^(2^-schema) times the one before. fractions are the bounds from 1/2 to 1.
	schema    int32
	fractions []float64 // nil: no native buckets
}

func newFamily(h catalog.Histogram) family {
	m := h.Metric()
	f := family{desc: desc(m), bounds: m.Buckets}
	if m.NativeFactor > 1 {
		f.schema = int32(-math.Floor(math.Log2(math.Log2(m.NativeFactor))))
		f.fractions = make([]float64, 1<<f.schema)
		for i := range f.fractions {
			f.fractions[i] = math.Exp2(float64(i)/float64(len(f.fractions)) - 1)
		}
	}
	return f
}

// natives returns the number of native buckets.
func (f *family) natives() int { return (nativeMax - nativeMin) * len(f.fractions) }

// nativeIndex returns the native bucket of v, from 0; -1: v counts as zero.
func (f *family) nativeIndex(v float64) int {
	if v <= zeroThreshold {
		return -1
	}
	frac, exp := math.Frexp(v)
	i := sort.SearchFloat64s(f.fractions, frac) + (exp-1-nativeMin)*len(f.fractions) - 1
	return min(i, f.natives()-1)
}

// nativeKey returns what Prometheus calls native bucket i: key k ends at
// 2^(k·2^-schema).
func (f *family) nativeKey(i int) int32 { return int32(i + 1 + nativeMin*len(f.fractions)) }

// exemplar is an observation whose trace is kept.
type exemplar struct {
	trace [16]byte
	value float64
	at    event.Time // 0: there is none
}

// histogram is one worker's part of one series, or such parts added up. What
// holds it guards it.
type histogram struct {
	counts    [maxBounds]uint64 // by classic bucket, the last one +Inf
	natives   []uint64          // made with the first observation
	zeros     uint64
	sum       float64
	exemplars *[maxBounds]exemplar // made with the first one
}

// observe counts v, which is not negative. It returns the classic bucket.
func (h *histogram) observe(f *family, v float64) int {
	bucket := 0
	for bucket < len(f.bounds) && v > f.bounds[bucket] {
		bucket++
	}
	h.counts[bucket]++
	h.sum += v
	if f.fractions == nil {
		return bucket
	}
	if i := f.nativeIndex(v); i < 0 {
		h.zeros++
	} else {
		if h.natives == nil {
			h.natives = make([]uint64, f.natives())
		}
		h.natives[i]++
	}
	return bucket
}

// observeTraced counts v and keeps it as its bucket's exemplar.
func (h *histogram) observeTraced(f *family, v float64, trace [16]byte, at event.Time) {
	bucket := h.observe(f, v)
	if h.exemplars == nil {
		h.exemplars = new([maxBounds]exemplar)
	}
	h.exemplars[bucket] = exemplar{trace, v, at}
}

// add adds the counts of a part; of exemplars the newest stay.
func (h *histogram) add(part *histogram) {
	for i, n := range part.counts {
		h.counts[i] += n
	}
	h.zeros += part.zeros
	h.sum += part.sum
	if part.natives != nil {
		if h.natives == nil {
			h.natives = make([]uint64, len(part.natives))
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
