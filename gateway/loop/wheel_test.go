package loop

import (
	"math/rand/v2"
	"testing"
	"time"
)

// mark is a timer that notes when it fired.
type mark struct {
	t     Timer
	w     *Wheel
	want  int64
	fired bool
	test  *testing.T
	now   *int64
}

func (m *mark) Fire() {
	if m.fired {
		m.test.Error("fired twice")
	}
	m.fired = true
	if *m.now < m.want {
		m.test.Errorf("fired %v early", time.Duration(m.want-*m.now))
	}
}

// The wheel agrees with a plain list: each timer fires once, never early, and by
// the time that Next announced.
func TestWheelFiresEachTimerOnceAndInTime(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	now := int64(1_700_000_000_000_000_000)
	w := &Wheel{now: now >> tickShift}
	var marks []*mark
	for range 5000 {
		if r.IntN(3) > 0 {
			// From less than a tick to a month.
			d := int64(r.ExpFloat64() * float64(time.Millisecond) * float64(int64(1)<<r.IntN(32)))
			m := &mark{w: w, want: now + d, test: t, now: &now}
			m.t.Owner = m
			w.Set(&m.t, m.want)
			marks = append(marks, m)
		}
		if len(marks) > 0 && r.IntN(4) == 0 {
			m := marks[r.IntN(len(marks))]
			if !m.fired {
				if r.IntN(2) == 0 {
					w.Stop(&m.t)
					m.fired = true
				} else {
					m.want = now + r.Int64N(int64(time.Hour))
					w.Set(&m.t, m.want)
				}
			}
		}
		next, ok := w.Next()
		step := r.Int64N(int64(time.Minute))
		if ok && r.IntN(2) == 0 {
			step = max(next-now, 0)
		}
		now += step
		w.Advance(now)
		for _, m := range marks {
			if !m.fired && m.want+2<<tickShift < now {
				t.Fatalf("%v late", time.Duration(now-m.want))
			}
		}
	}
	now += int64(200 * 24 * time.Hour)
	w.Advance(now)
	for _, m := range marks {
		if !m.fired {
			t.Fatal("a timer never fired")
		}
	}
	if _, ok := w.Next(); ok || w.count != 0 {
		t.Fatalf("%d timers are left", w.count)
	}
}

func TestTimerMaySetItselfAgain(t *testing.T) {
	w := &Wheel{}
	again := &resetting{w: w}
	again.t.Owner = again
	w.Set(&again.t, 1)
	for now := int64(0); now < int64(time.Second); now += int64(time.Millisecond) {
		again.now = now
		w.Advance(now)
	}
	if again.n < 9 || again.n > 11 {
		t.Fatalf("fired %d times in a second, set to every 100 ms", again.n)
	}
}

type resetting struct {
	t   Timer
	w   *Wheel
	now int64
	n   int
}

func (r *resetting) Fire() {
	r.n++
	r.w.Set(&r.t, r.now+int64(95*time.Millisecond))
}
