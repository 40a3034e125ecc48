package importer

import (
	"encoding/json"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/prometheus/prometheus/model/histogram"
)

// tell writes a histogram as the API does.
func tell(t *testing.T, h *histogram.FloatHistogram) *apiHistogram {
	t.Helper()
	number := func(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }
	buckets := [][4]any{}
	for it := h.AllBucketIterator(); it.Next(); {
		b := it.At()
		bounds := 2
		switch {
		case b.LowerInclusive && b.UpperInclusive:
			bounds = 3
		case b.LowerInclusive:
			bounds = 1
		case b.UpperInclusive:
			bounds = 0
		}
		if b.Count != 0 {
			buckets = append(buckets, [4]any{bounds, number(b.Lower), number(b.Upper), number(b.Count)})
		}
	}
	text, err := json.Marshal(map[string]any{"count": number(h.Count), "sum": number(h.Sum), "buckets": buckets})
	if err != nil {
		t.Fatal(err)
	}
	var told apiHistogram
	if err := json.Unmarshal(text, &told); err != nil {
		t.Fatal(err)
	}
	return &told
}

// Of every schema, with buckets on both sides of zero, far up too.
func TestHistogramsAreRebuiltFromTheirBuckets(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for schema := histogram.ExponentialSchemaMin; schema <= histogram.ExponentialSchemaMax; schema++ {
		for range 20 {
			most := bucketIndex(0x1p1023, 0x1p1023, schema) + 1
			h := &histogram.FloatHistogram{Schema: schema, ZeroThreshold: 0x1p-100, ZeroCount: 3, Count: 3, Sum: 1.5}
			positive, negative := map[int32]float64{most: 1, 0: 2}, map[int32]float64{}
			for range random.IntN(6) {
				positive[random.Int32N(200)%(most+1)] = float64(1 + random.IntN(9))
				negative[random.Int32N(50)%(most+1)] = float64(1 + random.IntN(9))
			}
			h.PositiveSpans, h.PositiveBuckets = spans(positive)
			h.NegativeSpans, h.NegativeBuckets = spans(negative)
			for _, n := range h.PositiveBuckets {
				h.Count += n
			}
			for _, n := range h.NegativeBuckets {
				h.Count += n
			}
			got, err := rebuild([]*apiHistogram{tell(t, h)})
			if err != nil {
				t.Fatalf("%v of %v", err, h)
			}
			if !got[0].Equals(h) {
				t.Fatalf("got  %v\nwant %v", got[0], h)
			}
		}
	}
}

// An empty histogram tells nothing of its schema; as schema 0 the next one would
// look like a counter reset.
func TestEmptyHistogramsHaveTheShapeOfTheirNeighbours(t *testing.T) {
	full := &histogram.FloatHistogram{
		Schema: 3, ZeroThreshold: 0x1p-9, ZeroCount: 1, Count: 2, Sum: 1,
		PositiveSpans: []histogram.Span{{Offset: 1, Length: 1}}, PositiveBuckets: []float64{1},
	}
	empty := &histogram.FloatHistogram{Schema: 3, ZeroThreshold: 0x1p-9}
	got, err := rebuild([]*apiHistogram{tell(t, empty), tell(t, full), tell(t, empty)})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []*histogram.FloatHistogram{empty, full, empty} {
		if !got[i].Equals(want) {
			t.Errorf("%d: got %v, want %v", i, got[i], want)
		}
	}
	if got[1].DetectReset(got[0]) {
		t.Error("the first sample looks like a reset")
	}
}
