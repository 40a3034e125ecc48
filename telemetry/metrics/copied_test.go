package metrics

import (
	"math"
	"reflect"
	"testing"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/telemetry/catalog"
)

// filled returns a route's part with observations in every bucket of every
// histogram, each with an exemplar.
func filled(o *Observer) *distributions {
	d := new(distributions)
	f := &o.descs.histograms[catalog.RequestDurationSeconds]
	d.each(d, func(h, _ *histogram) {
		for i := range f.natives() {
			h.observeTraced(f, math.Exp2(nativeMin+float64(i)/float64(len(f.fractions))), [16]byte{1}, event.Time(i+1))
		}
	})
	return d
}

func newObserver(t testing.TB) *Observer {
	o := &Observer{opts: Options{Now: func() event.Time { return 1 }}, descs: newDescs()}
	if n := o.descs.histograms[catalog.RequestDurationSeconds].natives(); n == 0 {
		t.Fatal("the family has no native buckets")
	}
	return o
}

func TestACopySharesNothingWithWhatItsWorkerCounts(t *testing.T) {
	o := newObserver(t)
	part, c := filled(o), o.newCopied(true)
	for range 2 { // into the same memory again
		c.take(part)
		if !reflect.DeepEqual(&c.distributions, part) {
			t.Fatalf("got %+v; want %+v", c.distributions, *part)
		}
	}
	part.each(part, func(h, _ *histogram) {
		h.natives[0]++
		h.exemplars[0].value++
		h.counts[0]++
	})
	if want := filled(o); !reflect.DeepEqual(&c.distributions, want) {
		t.Errorf("the copy changed with what it was made from: %+v", c.distributions)
	}
	c.take(new(distributions))
	if !reflect.DeepEqual(c.distributions, distributions{}) {
		t.Errorf("a copy of nothing is %+v", c.distributions)
	}
}

// BenchmarkTake is how long a scrape keeps a worker from counting an exchange of
// one route, at most: every bucket of every histogram is in use.
func BenchmarkTake(b *testing.B) {
	o := newObserver(b)
	part, c := filled(o), o.newCopied(true)
	b.ReportAllocs()
	for b.Loop() {
		c.take(part)
	}
}
