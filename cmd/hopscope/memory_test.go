package main

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"
)

func TestPaceOfTheCollector(t *testing.T) {
	const mib = 1 << 20
	for live, want := range map[uint64]int{0: 200, mib: 200, 16 * mib: 200, 25 * mib: 128, 32 * mib: 100, 1 << 40: 100} {
		if got := gcPercent(live); got != want {
			t.Errorf("%d bytes in use: GOGC %d, want %d", live, got, want)
		}
	}
}

func TestPaceOfTheCollectorFollowsTheHeap(t *testing.T) {
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
	in := func(want func(percent uint64) bool) bool {
		now := []metrics.Sample{{Name: "/gc/gogc:percent"}}
		for end := time.Now().Add(30 * time.Second); time.Now().Before(end); runtime.GC() {
			if metrics.Read(now); want(now[0].Value.Uint64()) {
				return true
			}
		}
		return false
	}
	held := make([]byte, 2*headroom)
	if !in(func(p uint64) bool { return p == 100 }) {
		t.Error("with much in use it waits for more garbage than that")
	}
	runtime.KeepAlive(held)
	held = nil
	if !in(func(p uint64) bool { return p > 100 }) {
		t.Error("with little in use it is in as much of a hurry")
	}
}

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
