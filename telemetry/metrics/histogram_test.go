package metrics

import (
	"maps"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/hopscope/hopscope/telemetry/catalog"
)

// native returns the counts of native buckets by key.
func native(h *dto.Histogram) map[int32]int64 {
	counts := map[int32]int64{}
	key, n, delta := int32(0), int64(0), 0
	for _, span := range h.PositiveSpan {
		key += span.GetOffset()
		for range span.GetLength() {
			n += h.PositiveDelta[delta]
			delta++
			if n != 0 {
				counts[key] = n
			}
			key++
		}
	}
	return counts
}

func write(t *testing.T, m prometheus.Metric) *dto.Histogram {
	t.Helper()
	var out dto.Metric
	if err := m.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Histogram
}

// TestHistogramsAreThoseOfClientGolang holds ours, in two parts that are added
// up, to client_golang's over the same values.
func TestHistogramsAreThoseOfClientGolang(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for id := range catalog.NumHistograms {
		f := newFamily(id)
		m := id.Metric()
		oracle := prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: m.Name, Buckets: m.Buckets, NativeHistogramBucketFactor: m.NativeFactor,
			NativeHistogramZeroThreshold: zeroThreshold,
		})
		values := []float64{0, zeroThreshold, math.Nextafter(zeroThreshold, 1), 1, 2, 0.25, 1e-9, math.Exp2(nativeMax)}
		for _, v := range m.Buckets {
			values = append(values, v, math.Nextafter(v, 0), math.Nextafter(v, inf))
		}
		for i := range numNatives {
			v := math.Exp2(nativeMin + float64(i)/nativePerOctave)
			values = append(values, v, math.Nextafter(v, 0), math.Nextafter(v, inf))
		}
		for range 10_000 {
			values = append(values, math.Exp2(random.Float64()*(nativeMax-nativeMin)+nativeMin))
		}
		var parts [2]histogram
		for i, v := range values {
			oracle.Observe(v)
			parts[i%2].observe(&f, v, nil)
		}
		var sum histogram
		sum.add(&parts[0], true)
		sum.add(&parts[1], true)
		got, want := write(t, &distribution{family: &f, histogram: sum}), write(t, oracle)

		if got.GetSampleCount() != want.GetSampleCount() || math.Abs(got.GetSampleSum()/want.GetSampleSum()-1) > 1e-9 {
			t.Errorf("%s: %d observations of %v; want %d of %v",
				id, got.GetSampleCount(), got.GetSampleSum(), want.GetSampleCount(), want.GetSampleSum())
		}
		if len(got.Bucket) != len(want.Bucket) {
			t.Fatalf("%s: %d buckets; want %d", id, len(got.Bucket), len(want.Bucket))
		}
		for i, b := range got.Bucket {
			if w := want.Bucket[i]; b.GetUpperBound() != w.GetUpperBound() || b.GetCumulativeCount() != w.GetCumulativeCount() {
				t.Errorf("%s: bucket %v; want %v", id, b, w)
			}
		}
		if (got.Schema == nil) != (want.Schema == nil) || got.GetSchema() != want.GetSchema() ||
			got.GetZeroCount() != want.GetZeroCount() || got.GetZeroThreshold() != want.GetZeroThreshold() ||
			!maps.Equal(native(got), native(want)) {
			t.Errorf("%s: schema %d, %d zeros, %d native buckets; want %d, %d, %d, or their counts differ", id,
				got.GetSchema(), got.GetZeroCount(), len(native(got)), want.GetSchema(), want.GetZeroCount(), len(native(want)))
		}
	}
}

func TestEveryObservationIsInOneNativeBucket(t *testing.T) {
	f := newFamily(catalog.RequestDurationSeconds)
	var h histogram
	values := []float64{0, 5e-324, zeroThreshold, 1e9, math.MaxFloat64}
	for _, v := range values {
		h.observe(&f, v, nil)
	}
	out := write(t, &distribution{family: &f, histogram: h})
	sum := int64(out.GetZeroCount())
	for _, n := range native(out) {
		sum += n
	}
	// Prometheus refuses a native histogram whose buckets and count disagree.
	if sum != int64(len(values)) || out.GetSampleCount() != uint64(len(values)) {
		t.Errorf("%d in native buckets, count %d; want %d", sum, out.GetSampleCount(), len(values))
	}
}

func TestANativeHistogramWithoutObservationsSaysThatItIsOne(t *testing.T) {
	f := newFamily(catalog.RequestDurationSeconds)
	out := write(t, &distribution{family: &f})
	if len(out.PositiveSpan) != 1 || out.GetSampleCount() != 0 {
		t.Errorf("got %v", out)
	}
}

func TestTheNewestExemplarOfABucketStays(t *testing.T) {
	f := newFamily(catalog.RequestDurationSeconds)
	var a, b, sum histogram
	a.observe(&f, 0.3, &exemplar{trace: [16]byte{1}, at: 100})
	a.observe(&f, 0.4, &exemplar{trace: [16]byte{2}, at: 200})
	b.observe(&f, 0.35, &exemplar{trace: [16]byte{3}, at: 150})
	b.observe(&f, 1e6, &exemplar{trace: [16]byte{4}, at: 150})
	sum.add(&b, true)
	sum.add(&a, true)
	out := write(t, &distribution{family: &f, histogram: sum})
	var got []float64
	for _, b := range out.Bucket {
		if b.Exemplar != nil {
			got = append(got, b.Exemplar.GetValue())
		}
	}
	if len(got) != 2 || got[0] != 0.4 || got[1] != 1e6 {
		t.Errorf("exemplars %v; want 0.4 and 1e6", got)
	}
	if last := out.Bucket[len(out.Bucket)-1]; !math.IsInf(last.GetUpperBound(), +1) || last.GetCumulativeCount() != 4 {
		t.Errorf("the last bucket is %v", last)
	}
}

func TestEveryFamilyFitsItsCells(t *testing.T) {
	for id := range catalog.NumHistograms {
		bounds := id.Metric().Buckets
		if n := len(bounds) + 1; n > maxBounds {
			t.Errorf("%s has %d buckets; raise maxBounds", id, n)
		}
		index := newClassicIndex(bounds)
		for i, b := range bounds {
			if i > 0 && b < 2*bounds[i-1] {
				t.Errorf("%s: %v is less than twice %v; classicIndex cannot tell them apart", id, b, bounds[i-1])
			}
			if e := int(math.Float64bits(b)>>mantissaBits) - index.lowest; e >= len(index.first)-1 {
				t.Errorf("%s: %v is too far above %v; lengthen classicIndex.first", id, b, bounds[0])
			}
		}
	}
}

// BenchmarkObserve is one observation with native buckets, of durations that
// differ.
func BenchmarkObserve(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2))
	values := make([]float64, 1024)
	for i := range values {
		values[i] = math.Exp2(random.Float64()*14 - 14)
	}
	for _, id := range []catalog.Histogram{catalog.RequestDurationSeconds, catalog.StreamDurationSeconds} {
		b.Run(id.String(), func(b *testing.B) {
			f := newFamily(id)
			var h histogram
			i := 0
			for b.Loop() {
				h.observe(&f, values[i%len(values)], nil)
				i++
			}
		})
	}
}
