package main

import (
	"math"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"
)

func TestPaceOfTheCollector(t *testing.T) {
	const mib = 1 << 20
	for _, c := range []struct {
		live    uint64
		garbage float64 // a second
		want    int
	}{
		{0, 0, 100},
		{4 * mib, 0, 100},
		{4 * mib, 9 * mib, 100},
		{8 * mib, 0, 50},
		{10 * mib, 0, 40},
		{16 * mib, 0, 25},
		{16 * mib, 1 * mib, 25},
		{16 * mib, 4 * mib, 50},
		{16 * mib, 9 * mib, 100},
		{4 * mib, 19 * mib, 200},
		{4 * mib, 1 << 40, 200},
		{0, 1 << 40, 200},
		{16 * mib, 100 * mib, 200},
		{25 * mib, 100 * mib, 128},
		{32 * mib, 100 * mib, 100},
		{1 << 40, 100 * mib, 100},
		{1 << 40, 1 * mib, 25},
	} {
		if got := gcPercent(c.live, c.garbage); got != c.want {
			t.Errorf("%d bytes in use, %.0f of garbage a second: GOGC %d, want %d", c.live, c.garbage, got, c.want)
		}
	}
}

func TestGarbageIsWhatWasAllocatedAndIsNotInUse(t *testing.T) {
	begin := time.Now()
	before := look{at: begin, live: 100, allocated: 1000}
	for _, c := range []struct {
		now  look
		want float64
	}{
		{look{begin.Add(2 * time.Second), 100, 1600}, 300},
		{look{begin.Add(2 * time.Second), 500, 1600}, 100},
		{look{begin.Add(2 * time.Second), 0, 1600}, 350},
		{look{begin.Add(2 * time.Second), 900, 1600}, 0},
		{look{begin.Add(time.Millisecond), 100, 1600}, 6000}, // as if it had been a tenth of a second
	} {
		if got := c.now.garbage(before); math.Abs(got-c.want) > 1e-6 {
			t.Errorf("%+v: %v bytes a second, want %v", c.now, got, c.want)
		}
	}
}

func TestPaceOfTheCollectorFollowsHeapAndGarbage(t *testing.T) {
	percent, limit := debug.SetGCPercent(100), debug.SetMemoryLimit(-1)
	defer func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	}()
	for _, name := range []string{"GOGC", "GOMEMLIMIT"} {
		t.Setenv(name, "")
	}
	p := tuneMemory(1 << 40)
	defer p.stop()
	if got := debug.SetMemoryLimit(-1); got != 4<<40 {
		t.Errorf("the memory limit is %d", got)
	}
	in := func(litter int, want func(percent uint64) bool) bool {
		now := []metrics.Sample{{Name: "/gc/gogc:percent"}}
		for end := time.Now().Add(30 * time.Second); time.Now().Before(end); runtime.GC() {
			if metrics.Read(now); want(now[0].Value.Uint64()) {
				return true
			}
			garbage = make([]byte, litter)
		}
		return false
	}
	held := make([]byte, 2*headroom)
	if !in(headroom, func(p uint64) bool { return p == 100 }) {
		t.Error("with much in use and much garbage it waits for more than that, or less")
	}
	runtime.KeepAlive(held)
	held = nil
	if !in(headroom/8, func(p uint64) bool { return p > 100 }) {
		t.Error("with little in use and much garbage it is in as much of a hurry")
	}
	held = make([]byte, headroom)
	if !in(0, func(p uint64) bool { return p == leastPercent }) {
		t.Error("without garbage it waits for much")
	}
	runtime.KeepAlive(held)
}

var garbage []byte // escapes

func TestGOGCOverridesThePaceOfTheCollector(t *testing.T) {
	limit := debug.SetMemoryLimit(-1)
	defer debug.SetMemoryLimit(limit)
	t.Setenv("GOGC", "100")
	t.Setenv("GOMEMLIMIT", "1GiB")
	p := tuneMemory(1 << 40)
	defer p.stop()
	if p != nil || debug.SetMemoryLimit(-1) != limit {
		t.Error("it is set all the same")
	}
}
