package event

import (
	"testing"
	"time"
)

// The wall clock is read when a clock is made and never again, so a step of it
// moves no time that the gateway measures.
func TestClockIsCarriedOnByWhatPassed(t *testing.T) {
	wall := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC) // years from what the system says
	var passed, set time.Duration
	c := ClockFrom(wall, func() time.Duration { return passed }, func() time.Duration { return set })
	for _, passed = range []time.Duration{0, time.Millisecond, time.Hour, 24 * 365 * time.Hour} {
		set += time.Hour
		if got, want := c.Now(), Time(wall.UnixNano()).Add(passed); got != want {
			t.Errorf("after %v: %v, want %v", passed, got.Std(), want.Std())
		}
	}
	before := time.Now().UnixNano()
	if now := int64(NewClock().Now()); now < before || now > time.Now().UnixNano() {
		t.Error("a new clock does not begin with wall time")
	}
}

func TestOffsetIsByWhatTheWallClockWasSet(t *testing.T) {
	var set time.Duration
	c := ClockFrom(time.Unix(0, 0), func() time.Duration { return time.Hour }, func() time.Duration { return set })
	for by, want := range map[time.Duration]time.Duration{
		0: 0, 300 * time.Microsecond: 0, -300 * time.Microsecond: 0, time.Hour + 1: time.Hour, -90 * time.Second: -90 * time.Second,
	} {
		if set = by; c.Offset() != want {
			t.Errorf("set by %v: %v, want %v", by, c.Offset(), want)
		}
	}
	// A machine's clock is not set by hours while this runs.
	if d := NewClock().Offset(); d.Abs() > time.Hour {
		t.Errorf("a new clock is off by %v", d)
	}
}
