package loop

import (
	"fmt"
	"testing"
	"time"
)

const idleTimeout = int64(5 * time.Minute)

// idler is an exchange on which nothing happens: its timer is set again whenever
// it fires.
type idler struct {
	t   Timer
	w   *Wheel
	now *int64
}

func (i *idler) Fire() { i.w.Set(&i.t, *i.now+idleTimeout) }

// newIdlers sets the timers of n exchanges, a millisecond apart.
func newIdlers(w *Wheel, now *int64, n int) []idler {
	list := make([]idler, n)
	for i := range list {
		x := &list[i]
		x.w, x.now, x.t.Owner = w, now, x
		w.Set(&x.t, *now+idleTimeout+int64(i)*int64(time.Millisecond))
	}
	return list
}

// BenchmarkWheel disarms and arms the timer of one exchange among others that
// are open: what a request pays.
func BenchmarkWheel(b *testing.B) {
	for _, n := range []int{100, 20000} {
		b.Run(fmt.Sprintf("open=%d", n), func(b *testing.B) {
			var now int64
			w := &Wheel{}
			list := newIdlers(w, &now, n)
			i := 0
			b.ReportAllocs()
			for b.Loop() {
				t := &list[i].t
				w.Stop(t)
				w.Set(t, now+idleTimeout)
				if i++; i == n {
					i = 0
				}
				now += int64(time.Microsecond)
			}
		})
	}
}

// BenchmarkWheelBatch is what the timers of 20,000 idle exchanges cost a batch
// of the loop, one each millisecond.
func BenchmarkWheelBatch(b *testing.B) {
	var now int64
	w := &Wheel{}
	newIdlers(w, &now, 20000)
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := w.Next(); !ok {
			b.Fatal("no timer is set")
		}
		now += int64(time.Millisecond)
		w.Advance(now)
	}
}
