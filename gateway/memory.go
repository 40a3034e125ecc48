package gateway

import (
	"math"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
	"time"

	"github.com/hopscope/hopscope/gateway/config"
)

// memoryGuard says whether the gateway is short of memory: whether what is in use
// after a collection, and stacks, are more than a limit. What a collection would
// free does not count, for Go lets that grow up to GOMEMLIMIT.
type memoryGuard struct {
	limit   atomic.Int64 // bytes; 0: none
	short   *atomic.Bool // is set from limit on, and cleared a tenth below
	samples []metrics.Sample
}

// usage is a look at memory, in bytes.
type usage struct {
	live int64 // in use after the last collection, and stacks
	all  int64 // with what was allocated since
}

func newMemoryGuard(short *atomic.Bool) *memoryGuard {
	return &memoryGuard{short: short, samples: []metrics.Sample{
		{Name: "/memory/classes/heap/stacks:bytes"}, {Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/heap/objects:bytes"},
	}}
}

// configure takes limits.max_memory. Without it the bound is seven tenths of
// GOMEMLIMIT, or of what the program has set in its place: as memory in use
// comes near that, the collector takes the processors for itself.
func (m *memoryGuard) configure(l *config.Limits) {
	limit := l.MaxMemory
	if all := debug.SetMemoryLimit(-1); limit == 0 && all < math.MaxInt64 {
		limit = all / 10 * 7
	}
	m.limit.Store(limit)
}

// memoryEvery is how often memory is looked at, collectEvery how often, at the
// most, a collection is asked for to see what of it is in use.
const (
	memoryEvery  = 250 * time.Millisecond
	collectEvery = 4 * memoryEvery
)

// watch looks at memory now and then until stop is closed.
func (m *memoryGuard) watch(stop <-chan struct{}) {
	tick := time.NewTicker(memoryEvery)
	defer tick.Stop()
	var collected time.Time
	for {
		select {
		case now := <-tick.C:
			u := m.read()
			if m.unclear(u) && now.Sub(collected) >= collectEvery {
				runtime.GC()
				collected, u = now, m.read()
			}
			m.look(u.live)
		case <-stop:
			return
		}
	}
}

func (m *memoryGuard) read() usage {
	metrics.Read(m.samples)
	size := func(i int) int64 { return int64(m.samples[i].Value.Uint64()) }
	return usage{live: size(0) + size(1), all: size(0) + size(2)}
}

// unclear reports whether only a collection can tell if memory is short. Under an
// attack the next one may come only when GOMEMLIMIT is reached.
func (m *memoryGuard) unclear(u usage) bool {
	limit := m.limit.Load()
	return limit > 0 && u.all >= limit && u.live < limit
}

func (m *memoryGuard) look(live int64) {
	limit := m.limit.Load()
	switch {
	case limit > 0 && live >= limit:
		m.short.Store(true)
	case limit == 0 || live < limit-limit/10:
		m.short.Store(false)
	}
}
