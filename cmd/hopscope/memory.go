package main

import (
	"math/bits"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
)

// The heap may grow, until the next collection, by as much as is in use for each
// fullPace bytes of garbage a second: marking does about a gigabyte a second, so
// collecting takes about one in a hundred of a processor's time. Requests over
// HTTP/2 make no garbage, so the memory that the system sees is what is in use and a
// quarter more. Requests over HTTP/1.1 do: the bounds are then headroom, as long as
// that is between once, Go's default, and twice what is in use, and collecting takes
// one or two in a hundred.
const (
	fullPace     = 10 << 20
	leastPercent = 25
	headroom     = 32 << 20
)

// shortest is the shortest time that garbage is counted over: a crowd of newcomers
// makes collections follow each other, of which none says much.
const shortest = 100 * time.Millisecond

// gcPercent returns the GOGC, leastPercent times a power of two up to a bound, for
// live bytes in use and garbage bytes a second.
func gcPercent(live uint64, garbage float64) int {
	bound := min(max(headroom*100/max(live, 1), 100), 200)
	quarters := uint64(min(garbage, headroom)) * 100 / leastPercent / fullPace
	return int(min(leastPercent<<bits.Len64(quarters), bound))
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
	p := &collectorPace{percent: leastPercent, last: takeLook()}
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
