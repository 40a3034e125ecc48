package loop

import (
	"testing"
	"time"
)

// A machine that slept for years fires everything that is due, once.
func TestWheelBearsALongJump(t *testing.T) {
	var w Wheel
	fired := make([]int, 5)
	timers := make([]Timer, len(fired))
	for i, d := range []time.Duration{time.Millisecond, time.Second, time.Hour, 50 * 24 * time.Hour, 300 * 24 * time.Hour} {
		timers[i].Owner = count{&fired[i]}
		w.Set(&timers[i], int64(d))
	}
	late := Timer{Owner: count{new(int)}}
	const years = 10 * 365 * 24 * time.Hour
	w.Advance(int64(years))
	for i, n := range fired {
		if n != 1 {
			t.Errorf("timer %d fired %d times", i, n)
		}
	}
	w.Set(&late, int64(years+time.Second))
	if at, ok := w.Next(); !ok || time.Duration(at)-years > 2*time.Second {
		t.Errorf("after the jump a timer of a second is due in %v", time.Duration(at)-years)
	}
}

type count struct{ n *int }

func (c count) Fire() { *c.n++ }
