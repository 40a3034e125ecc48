package event

import "time"

// Time is nanoseconds since the Unix epoch, taken once when the process started
// and carried on by the monotonic clock, so differences never jump. What others
// read is Time and the clock's Offset.
type Time int64

// Std returns t as a time.Time.
func (t Time) Std() time.Time { return time.Unix(0, int64(t)) }

// Sub returns the time that passed from u to t.
func (t Time) Sub(u Time) time.Duration { return time.Duration(t - u) }

// Add returns the time d after t.
func (t Time) Add(d time.Duration) Time { return t + Time(d) }

// Clock tells Time. Its methods may be called from any goroutine.
type Clock struct {
	start  Time
	passed func() time.Duration
	set    func() time.Duration
}

// NewClock starts a clock.
func NewClock() *Clock {
	start := time.Now()
	return ClockFrom(start, func() time.Duration { return time.Since(start) }, func() time.Duration {
		now := time.Now()
		return now.Round(0).Sub(start.Round(0)) - now.Sub(start) // wall clocks less monotonic ones
	})
}

// ClockFrom returns a clock that was at start when passed was 0. passed never
// falls; set is by how much the wall clock has been set since. Both may be called
// from any goroutine.
func ClockFrom(start time.Time, passed, set func() time.Duration) *Clock {
	return &Clock{Time(start.UnixNano()), passed, set}
}

// Now returns the present time.
func (c *Clock) Now() Time { return c.start.Add(c.passed()) }

// Offset returns by how much the wall clock has been set since the start, or the
// system has slept, in whole milliseconds: what lies between the readings of two
// clocks is less and says nothing.
func (c *Clock) Offset() time.Duration { return c.set().Round(time.Millisecond) }
