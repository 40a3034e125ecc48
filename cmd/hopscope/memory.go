package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

// headroom is by how many bytes the heap may grow before the next collection, as
// long as that is between once, Go's default, and twice what was in use after the
// last. More costs memory, which an attacker can make us take; requests over
// HTTP/2 make no garbage, and over HTTP/1.1 collecting takes one or two in a
// hundred of the processors' time.
const headroom = 32 << 20

// gcPercent returns the GOGC that leaves headroom above live bytes.
func gcPercent(live uint64) int { return int(min(max(headroom*100/max(live, 1), 100), 200)) }

// collectorPace sets the collector's pace after each collection. Nil does
// nothing.
type collectorPace struct {
	mu      sync.Mutex
	stopped bool // guarded by mu
	percent int  // in force; guarded by mu
}

// tuneMemory takes charge of the collector's pace, and sets a memory limit well
// above what the program may hold for slow peers. GOGC and GOMEMLIMIT override
// it.
func tuneMemory(maxBuffered int64) *collectorPace {
	const least = 1 << 30
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(max(4*maxBuffered, least))
	}
	if os.Getenv("GOGC") != "" {
		return nil
	}
	p := new(collectorPace)
	followHeap(p)
	return p
}

// followHeap sets the pace, and arranges to be called after the next collection:
// that is what finds the mark.
func followHeap(p *collectorPace) {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped {
		return
	}
	if percent := gcPercent(live[0].Value.Uint64()); percent != p.percent {
		p.percent = percent
		debug.SetGCPercent(percent)
	}
	runtime.AddCleanup(new(mark), followHeap, p)
}

// mark is something that nothing refers to; it has a pointer, so that it shares
// its place with nothing else.
type mark struct{ _ *mark }

// stop leaves the pace as it is from now on.
func (p *collectorPace) stop() {
	if p != nil {
		p.mu.Lock()
		p.stopped = true
		p.mu.Unlock()
	}
}
