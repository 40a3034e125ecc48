package tracing

import (
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// errorInterval is the least time between two messages about failing exports: a
// collector that is down fails every flush.
const errorInterval = 10 * time.Second

// exportLog passes messages of jaeger-client-go on, a few of them.
type exportLog struct {
	to *slog.Logger

	mu      sync.Mutex
	quietTo time.Time
	skipped int
}

// Error implements jaeger.Logger.
func (l *exportLog) Error(msg string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if now.Before(l.quietTo) {
		l.skipped++
		return
	}
	l.to.Error("tracing: "+msg, "like_it_before", l.skipped)
	l.quietTo, l.skipped = now.Add(errorInterval), 0
}

// Infof implements jaeger.Logger.
func (l *exportLog) Infof(msg string, args ...any) {
	l.to.Debug("tracing: " + fmt.Sprintf(msg, args...))
}
