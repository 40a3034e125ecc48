package loop

import (
	"testing"
	"time"

	"github.com/hopscope/hopscope/gateway/event"
)

// The wall clock is read when a clock is made and never again, so a step of it
// moves no time that the gateway measures.
func TestClockIsCarriedOnByWhatPassed(t *testing.T) {
	wall := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC) // years from what the system says
	var passed time.Duration
	c := ClockFrom(wall, func() time.Duration { return passed })
	for _, passed = range []time.Duration{0, time.Millisecond, time.Hour, 24 * 365 * time.Hour} {
		if got, want := c.Now(), event.Time(wall.UnixNano()).Add(passed); got != want {
			t.Errorf("after %v: %v, want %v", passed, got.Std(), want.Std())
		}
	}
	before := time.Now().UnixNano()
	if now := int64(NewClock().Now()); now < before || now > time.Now().UnixNano() {
		t.Error("a new clock does not begin with wall time")
	}
}

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
