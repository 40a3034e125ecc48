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
func filled() *routeCells {
	c := new(routeCells)
	c.open, c.requests[2][grpcNone] = 1, 2
	f := newFamily(catalog.RequestDurationSeconds)
	c.each(&c.distributions, func(h, _ *histogram) {
		for i := range numNatives {
			h.observe(&f, math.Exp2(nativeMin+float64(i)/nativePerOctave), &exemplar{trace: [16]byte{1}, at: event.Time(i + 1)})
		}
	})
	return c
}

func TestWhatIsShownSharesNothingWithWhatTheWorkerCounts(t *testing.T) {
	var c cells[routeCells, *routeCells]
	c.live = *filled()
	for range 2 { // into the same memory again
		c.show()
		if !reflect.DeepEqual(c.shown, c.live) {
			t.Fatalf("got %+v; want %+v", c.shown, c.live)
		}
	}
	c.live.open++
	c.live.each(&c.live.distributions, func(h, _ *histogram) {
		h.natives[0]++
		h.exemplars[0].value++
		h.counts[0]++
	})
	if want := filled(); !reflect.DeepEqual(&c.shown, want) {
		t.Errorf("what is shown changed with what it was made from: %+v", c.shown)
	}
}

// BenchmarkShow is how long a worker takes to copy what it has counted of a route,
// at most: every bucket of every histogram is in use.
func BenchmarkShow(b *testing.B) {
	var c cells[routeCells, *routeCells]
	c.live = *filled()
	b.ReportAllocs()
	for b.Loop() {
		c.show()
	}
}
