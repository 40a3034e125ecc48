package recording_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/hopscope/hopscope/rules_test/recording"
)

func floats(fs ...float64) []recording.Value {
	var values []recording.Value
	for _, f := range fs {
		values = append(values, recording.Value{Value: f})
	}
	return values
}

func omitted(n int) []recording.Value {
	values := make([]recording.Value, n)
	for i := range values {
		values[i].Omitted = true
	}
	return values
}

func join(parts ...[]recording.Value) []recording.Value {
	var values []recording.Value
	for _, p := range parts {
		values = append(values, p...)
	}
	return values
}

func TestEncodeWritesTheShortestNotation(t *testing.T) {
	h := &histogram.FloatHistogram{
		Schema: 3, Count: 4, Sum: 0.30000000000000004, ZeroThreshold: 1e-128, ZeroCount: 1,
		PositiveSpans:   []histogram.Span{{Offset: -2, Length: 1}, {Offset: 2, Length: 1}},
		PositiveBuckets: []float64{1, 2},
	}
	for _, tc := range []struct {
		name   string
		values []recording.Value
		want   string
	}{
		{"one value", floats(7), "7"},
		{"constant", floats(7, 7, 7), "7x2"},
		{"rising", floats(1, 3, 5, 7), "1+2x3"},
		{"falling through zero", floats(2, 0, -2), "2-2x2"},
		{"two values are no run", floats(1, 3), "1 3"},
		{"missing", join(floats(1), omitted(1), floats(1), omitted(3)), "1 _ 1 _x3"},
		{"stale", []recording.Value{{Value: 1}, recording.Stale(), recording.Stale()}, "1 stale stale"},
		{"reset", floats(10, 20, 30, 0, 10, 20), "10+10x2 0+10x2"},
		{"special numbers", floats(math.Inf(1), math.Inf(-1), math.NaN()), "Inf -Inf NaN"},
		{"special numbers again", floats(math.NaN(), math.NaN(), math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)), "NaN NaN Inf Inf -Inf -Inf"},
		{"large and small", floats(1e21, 1e-7), "1000000000000000000000 0.0000001"},
		{
			"histograms",
			[]recording.Value{{Histogram: h}, {Histogram: h}},
			"{{schema:3 count:4 sum:0.30000000000000004 z_bucket:1 z_bucket_w:1e-128 offset:-2 buckets:[1 0 0 2]}}x1",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := recording.Encode(recording.Series{Labels: labels.FromStrings("__name__", "m", "a", `q"\n`), Values: tc.values})
			if err != nil {
				t.Fatal(err)
			}
			if want := `m{a="q\"\\n"} ` + tc.want; got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

// Rounding makes sums of fractions drift: a run may only go on as long as adding
// the step gives the very bits that were scraped.
func TestEncodeKeepsEveryBitOfFractions(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		values := floats(random.Float64())
		for range random.IntN(40) {
			last := values[len(values)-1]
			switch random.IntN(6) {
			case 0:
				values = append(values, recording.Value{Omitted: true})
				values = append(values, recording.Value{Value: random.NormFloat64() * 1e9})
			case 1:
				values = append(values, recording.Stale())
				values = append(values, recording.Value{Value: float64(random.IntN(10))})
			case 2:
				values = append(values, last)
			default:
				values = append(values, recording.Value{Value: last.Value + 0.1})
			}
		}
		// Encode itself reads the line back and compares bits.
		if _, err := recording.Encode(recording.Series{Labels: labels.FromStrings("__name__", "m"), Values: values}); err != nil {
			t.Fatal(err)
		}
	}
}
