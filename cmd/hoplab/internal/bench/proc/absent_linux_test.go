package proc

import (
	"errors"
	"runtime"
	"sync"
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
		restore, err := alert(cpus[:1], 2)
		defer restore()
		from = time.Now()
		// Go's scheduler may take the thread away meanwhile, so it is what the thread had of
		// the CPU that counts.
		var begun, now unix.Timespec
		for err = errors.Join(err, threadTime(&begun)); err == nil && now.Nano()-begun.Nano() < int64(20*time.Millisecond); {
			err = threadTime(&now)
		}
		to = time.Now()
		taken <- err
	}()
	err = <-taken
	absent, failed := w.Stop()
	if err = errors.Join(err, failed); err != nil {
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

// threadTime says how much CPU time the calling thread has used.
func threadTime(ts *unix.Timespec) error { return unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, ts) }

// Where the program that watches is busy itself, with a collector at work and
// goroutines that wait for each other, its watch takes no more of a CPU than it says.
func TestWatchLeavesTheCPUToOthers(t *testing.T) {
	cpus, err := CPUs()
	if err != nil {
		t.Fatal(err)
	}
	w, err := NewWatch(cpus)
	if errors.Is(err, unix.EPERM) {
		return // nobody may do it here, and it says so
	}
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	busy(3 * time.Second)
	for _, l := range w.lookouts {
		if used, err := l.process.CPUTime(); err != nil || used > time.Since(begun)/8 {
			t.Errorf("a lookout used %v of %v, %v", used, time.Since(begun), err)
		}
	}
	if _, err := w.Stop(); err != nil {
		t.Fatal(err)
	}
}

// busy has goroutines make garbage and wait for each other for a while.
func busy(length time.Duration) {
	var all sync.WaitGroup
	end := time.Now().Add(length)
	for range 8 {
		ping, pong := make(chan []byte), make(chan []byte)
		all.Go(func() {
			for p := range ping {
				pong <- append(p, 0)
			}
			close(pong)
		})
		all.Go(func() {
			for time.Now().Before(end) {
				ping <- make([]byte, 1000)
				<-pong
			}
			close(ping)
		})
	}
	all.Wait()
}
