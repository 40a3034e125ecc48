package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
)

// The heap may grow until the next collection by a part of what is in use that
// follows the garbage made in a second: it begins with leastPercent and is doubled
// until it stands for more than there is, where fullPace stands for 100. A small heap
// may grow by burst, but by no more than is in use: a few hundred streams at once
// take that much, and are not to wait for a collection that finds nothing. To mark a
// heap takes as long as it is large, so collecting a heap of any size takes about as
// much of a processor: one in a hundred if marking does a gigabyte a second. Requests
// over HTTP/2 make no garbage, so the memory that the system sees is little more than
// what is in use. Those over HTTP/1.1 do, up to the bound: headroom, as long as that is
// between once, Go's default, and twice what is in use.
const (
	leastPercent = 25
	burst        = 4 << 20  // bytes
	fullPace     = 10 << 20 // bytes a second
	headroom     = 32 << 20 // bytes
)

// shortest is the shortest time that garbage is counted over: a crowd of newcomers
// makes collections follow each other, of which none says much.
const shortest = 100 * time.Millisecond

// gcPercent returns the GOGC for live bytes in use and bytes of garbage a second.
func gcPercent(live uint64, garbage float64) int {
	bound := int(min(max(headroom*100/max(live, 1), 100), 200))
	percent := int(min(max(burst*100/max(live, 1), leastPercent), 100))
	for percent < bound && garbage*100 >= float64(percent)*fullPace {
		percent *= 2
	}
	return min(percent, bound)
}

// collectorPace sets the collector's pace after each collection. Nil does
// nothing.
type collectorPace struct {
	mu      sync.Mutex
	stopped bool // guarded by mu
	percent int  // in force; guarded by mu
	last    look // guarded by mu
}

// look is what a collection leaves to be seen, in bytes.
type look struct {
	at        time.Time
	live      uint64 // in use
	allocated uint64 // since the program began
}

func takeLook() look {
	s := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(s)
	return look{at: time.Now(), live: s[0].Value.Uint64(), allocated: s[1].Value.Uint64()}
}

// garbage returns how many bytes a second have become garbage from before to now.
func (now look) garbage(before look) float64 {
	bytes := float64(now.allocated-before.allocated) - (float64(now.live) - float64(before.live))
	return max(bytes, 0) / max(now.at.Sub(before.at), shortest).Seconds()
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
	begin := takeLook()
	p := &collectorPace{percent: gcPercent(begin.live, 0), last: begin}
	debug.SetGCPercent(p.percent)
	runtime.AddCleanup(new(mark), follow, p)
	return p
}

// follow sets the pace after a collection, and arranges to be called after the
// next: that is what finds the mark.
func follow(p *collectorPace) {
	now := takeLook()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped {
		return
	}
	if percent := gcPercent(now.live, now.garbage(p.last)); percent != p.percent {
		p.percent = percent
		debug.SetGCPercent(percent) // stops the world, so not each time
	}
	p.last = now
	runtime.AddCleanup(new(mark), follow, p)
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
