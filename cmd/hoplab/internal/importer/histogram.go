package importer

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/prometheus/prometheus/model/histogram"
)

// defaultZeroThreshold is client_golang's, for histograms that never told theirs.
const defaultZeroThreshold = 0x1p-128

// zeroBucket marks a bucket that includes both of its bounds.
const zeroBucket = 3

// apiHistogram is a native histogram as the API writes it.
type apiHistogram struct {
	Count   jsonFloat
	Sum     jsonFloat
	Buckets []apiBucket
}

type jsonFloat float64

// UnmarshalJSON reads a number in quotes, infinities included.
func (f *jsonFloat) UnmarshalJSON(text []byte) error {
	var s string
	if err := json.Unmarshal(text, &s); err != nil {
		return err
	}
	v, err := strconv.ParseFloat(s, 64)
	*f = jsonFloat(v)
	return err
}

type apiBucket struct {
	bounds              int // which of them belong to the bucket
	lower, upper, count float64
}

// UnmarshalJSON reads [bounds, "lower", "upper", "count"].
func (b *apiBucket) UnmarshalJSON(text []byte) error {
	var lower, upper, count jsonFloat
	fields := []any{&b.bounds, &lower, &upper, &count}
	if err := json.Unmarshal(text, &fields); err != nil {
		return err
	}
	b.lower, b.upper, b.count = float64(lower), float64(upper), float64(count)
	return nil
}

// rebuild makes the histograms of one series of what the API tells of them. Those
// that have no bucket to tell schema and zero threshold by take their neighbour's:
// a change of either would look like a counter reset.
func rebuild(told []*apiHistogram) ([]*histogram.FloatHistogram, error) {
	if slices.ContainsFunc(told, custom) {
		return rebuildCustom(told), nil
	}
	schema, threshold := int32(0), float64(defaultZeroThreshold)
	for _, h := range slices.Backward(told) {
		schema, threshold = shape(h, schema, threshold)
	}
	var all []*histogram.FloatHistogram
	for _, h := range told {
		schema, threshold = shape(h, schema, threshold)
		out := &histogram.FloatHistogram{Schema: schema, ZeroThreshold: threshold, Count: float64(h.Count), Sum: float64(h.Sum)}
		positive, negative := map[int32]float64{}, map[int32]float64{}
		for _, b := range h.Buckets {
			switch {
			case b.bounds == zeroBucket:
				out.ZeroCount = b.count
			case b.upper > 0:
				positive[bucketIndex(b.lower, b.upper, schema)] = b.count
			default:
				negative[bucketIndex(-b.upper, -b.lower, schema)] = b.count
			}
		}
		out.PositiveSpans, out.PositiveBuckets = spans(positive)
		out.NegativeSpans, out.NegativeBuckets = spans(negative)
		if err := sameBuckets(out, h); err != nil {
			return nil, err
		}
		all = append(all, out)
	}
	return all, nil
}

// shape returns what the buckets tell of schema and zero threshold.
func shape(h *apiHistogram, schema int32, threshold float64) (int32, float64) {
	for _, b := range h.Buckets {
		if b.bounds == zeroBucket {
			threshold = b.upper
		} else if s, ok := schemaOf(b); ok {
			schema = s
		}
	}
	return schema, threshold
}

// schemaOf returns the schema of which the bucket's bounds are neighbours.
func schemaOf(b apiBucket) (int32, bool) {
	low, high := math.Abs(b.lower), math.Abs(b.upper)
	if low > high {
		low, high = high, low
	}
	if low == 0 || math.IsInf(high, 1) {
		return 0, false
	}
	s := -math.Log2(math.Log2(high) - math.Log2(low))
	near := math.Round(s)
	if math.Abs(s-near) > 1e-6 || near < float64(histogram.ExponentialSchemaMin) || near > float64(histogram.ExponentialSchemaMax) {
		return 0, false
	}
	return int32(near), true
}

// custom reports buckets that no exponential schema has.
func custom(h *apiHistogram) bool {
	return slices.ContainsFunc(h.Buckets, func(b apiBucket) bool {
		if b.bounds == zeroBucket || math.Abs(b.lower) == math.MaxFloat64 || math.Abs(b.upper) == math.MaxFloat64 {
			return false
		}
		_, exponential := schemaOf(b)
		return !exponential
	})
}

// bucketIndex returns the place of a bucket of positive values in its schema.
func bucketIndex(lower, upper float64, schema int32) int32 {
	if math.IsInf(upper, 1) { // behind the bucket that ends at the largest float
		return int32(math.Round(math.Ldexp(math.Log2(lower), int(schema)))) + 1
	}
	return int32(math.Round(math.Ldexp(math.Log2(upper), int(schema))))
}

// spans lays buckets out as a histogram stores them.
func spans(counts map[int32]float64) (out []histogram.Span, buckets []float64) {
	indices := make([]int32, 0, len(counts))
	for i := range counts {
		indices = append(indices, i)
	}
	slices.Sort(indices)
	next := int32(0)
	for _, i := range indices {
		if len(out) == 0 || i != next {
			out = append(out, histogram.Span{Offset: i - next})
		}
		out[len(out)-1].Length++
		buckets = append(buckets, counts[i])
		next = i + 1
	}
	return out, buckets
}

// sameBuckets proves that the histogram has the very buckets that were told.
func sameBuckets(h *histogram.FloatHistogram, told *apiHistogram) error {
	if err := h.Validate(); err != nil {
		return fmt.Errorf("native histogram: %w", err)
	}
	rest := told.Buckets
	for it := h.AllBucketIterator(); it.Next(); {
		b := it.At()
		if b.Count == 0 {
			continue
		}
		if len(rest) == 0 || b.Lower != rest[0].lower || b.Upper != rest[0].upper || b.Count != rest[0].count {
			return fmt.Errorf("native histogram: the bucket (%g, %g] of schema %d was told otherwise: import from the storage with --tsdb", b.Lower, b.Upper, h.Schema)
		}
		rest = rest[1:]
	}
	if len(rest) > 0 {
		return errors.New("native histogram: buckets are missing: import from the storage with --tsdb")
	}
	return nil
}

// rebuildCustom makes histograms with the bounds that were seen in any of them.
func rebuildCustom(told []*apiHistogram) []*histogram.FloatHistogram {
	var bounds []float64
	for _, h := range told {
		for _, b := range h.Buckets {
			for _, f := range []float64{b.lower, b.upper} {
				if !math.IsInf(f, 0) {
					bounds = append(bounds, f)
				}
			}
		}
	}
	slices.Sort(bounds)
	bounds = slices.Compact(bounds)
	var all []*histogram.FloatHistogram
	for _, h := range told {
		counts := map[int32]float64{}
		for _, b := range h.Buckets {
			i, _ := slices.BinarySearch(bounds, b.upper)
			counts[int32(i)] = b.count
		}
		out := &histogram.FloatHistogram{
			Schema: histogram.CustomBucketsSchema, CustomValues: bounds, Count: float64(h.Count), Sum: float64(h.Sum),
		}
		out.PositiveSpans, out.PositiveBuckets = spans(counts)
		all = append(all, out)
	}
	return all
}
