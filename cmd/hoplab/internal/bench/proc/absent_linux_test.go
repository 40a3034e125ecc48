package proc

import (
	"errors"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// To a watch it is all the same who takes a CPU away: here a thread with a higher
// priority does.
func TestWatchNoticesThatACPUIsAbsent(t *testing.T) {
	cpus, err := CPUs()
	if err != nil {
		t.Fatal(err)
	}
	w, err := NewWatch(cpus[:1])
	if errors.Is(err, unix.EPERM) {
		return // nobody may do it here, and it says so
	}
	if err != nil {
		t.Fatal(err)
	}
	var from, to time.Time
	taken := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		restore, err := alert(cpus[0], 2)
		defer restore()
		from = time.Now()
		for err == nil && time.Since(from) < 20*time.Millisecond {
		}
		to = time.Now()
		taken <- err
	}()
	err = <-taken
	absent := w.Stop()
	if err != nil {
		t.Fatal(err)
	}
	var seen time.Duration
	for i, a := range absent {
		if i > 0 && a.From.Before(absent[i-1].From) {
			t.Errorf("%v is after %v", a, absent[i-1])
		}
		if a.From.Before(to) && from.Before(a.To) {
			seen += a.To.Sub(a.From)
		}
	}
	if seen < 15*time.Millisecond {
		t.Errorf("of 20 ms %v were seen: %v", seen, absent)
	}
}
