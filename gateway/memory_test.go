package gateway

import (
	"runtime/debug"
	"sync/atomic"
	"testing"

	"github.com/hopscope/hopscope/gateway/config"
)

func TestMemoryIsShortFromTheLimitToATenthBelow(t *testing.T) {
	var short atomic.Bool
	m := newMemoryGuard(&short)
	m.configure(&config.Limits{MaxMemory: 1000})
	for _, step := range []struct {
		used  int64
		short bool
	}{{999, false}, {1000, true}, {950, true}, {901, true}, {899, false}, {950, false}} {
		if m.look(step.used); short.Load() != step.short {
			t.Errorf("%d bytes in use: short %v", step.used, short.Load())
		}
	}
	if u := m.read(); u.all <= 0 || !m.unclear(usage{live: 999, all: 1000}) || m.unclear(usage{live: 999, all: 999}) {
		t.Errorf("%+v are in use", u)
	}
	m.look(1000)
	m.configure(&config.Limits{MaxMemory: 1 << 40})
	if m.look(1000); short.Load() {
		t.Error("a reload that raises the limit does not help")
	}
}

func TestMemoryLimitFollowsTheCollectors(t *testing.T) {
	before := debug.SetMemoryLimit(1 << 40)
	defer debug.SetMemoryLimit(before)
	m := newMemoryGuard(new(atomic.Bool))
	m.configure(&config.Limits{})
	if got := m.limit.Load(); got != 1<<40/10*7 {
		t.Errorf("the limit is %d", got)
	}
}
