//go:build !linux

package raw

import "time"

// clock wakes one goroutine.
type clock struct{}

func newClock() (*clock, error) { return new(clock), nil }

// sleep returns after d.
func (*clock) sleep(d time.Duration) error {
	time.Sleep(d)
	return nil
}

func (*clock) close() {}
