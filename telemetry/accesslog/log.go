package accesslog

import (
	"context"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/telemetry/outcome"
)

// Mode says which exchanges get a line.
type Mode int32

// The modes.
const (
	Off Mode = iota
	Errors
	All
)

// ParseMode returns the mode that a configuration names: off, errors or all.
func ParseMode(s string) (Mode, error) {
	switch s {
	case "off", "":
		return Off, nil
	case "errors":
		return Errors, nil
	case "all":
		return All, nil
	}
	return Off, fmt.Errorf("log.access: want off, errors or all, got %q", s)
}

const (
	queueLines = 8192
	// writeBytes is how much is gathered for one write while lines are waiting.
	writeBytes = 64 << 10
)

// Log is an access log. Its methods are safe for concurrent use.
type Log struct {
	mode    atomic.Int32
	offset  func() time.Duration
	queue   chan *[]byte
	lines   sync.Pool // of *[]byte
	dropped atomic.Uint64
	stop    chan struct{}
	stopped chan struct{}
	close   sync.Once
}

// New returns a log that writes to w until it is closed. offset is that of the
// exchanges' clock.
func New(w io.Writer, m Mode, offset func() time.Duration) *Log {
	l := &Log{
		offset: offset,
		queue:  make(chan *[]byte, queueLines), stop: make(chan struct{}), stopped: make(chan struct{}),
		lines: sync.Pool{New: func() any { return new([]byte) }},
	}
	l.SetMode(m)
	go l.write(w)
	return l
}

// SetMode changes which exchanges get a line.
func (l *Log) SetMode(m Mode) { l.mode.Store(int32(m)) }

// Dropped returns how many lines were lost: the queue was full, or writing failed.
func (l *Log) Dropped() uint64 { return l.dropped.Load() }

// End writes x, which is complete, if its mode asks for it. It never blocks.
func (l *Log) End(x *event.Exchange) {
	switch Mode(l.mode.Load()) {
	case Off:
		return
	case Errors:
		if !outcome.Abnormal(x) {
			return
		}
	}
	line := l.lines.Get().(*[]byte)
	*line = appendLine((*line)[:0], x, l.offset())
	select {
	case l.queue <- line:
	default:
		l.dropped.Add(1)
		l.lines.Put(line)
	}
}

// write carries lines from the queue to w, many at a time when many wait.
func (l *Log) write(w io.Writer) {
	defer close(l.stopped)
	var buf []byte
	n := uint64(0)
	flush := func() {
		if n > 0 {
			if _, err := w.Write(buf); err != nil {
				l.dropped.Add(n)
			}
			buf, n = buf[:0], 0
		}
	}
	take := func(line *[]byte) {
		buf = append(buf, *line...)
		n++
		l.lines.Put(line)
		if len(buf) >= writeBytes {
			flush()
		}
	}
	for stopping := false; ; {
		select {
		case line := <-l.queue:
			take(line)
			continue
		default:
			flush()
		}
		if stopping {
			return
		}
		select {
		case line := <-l.queue:
			take(line)
		case <-l.stop:
			stopping = true
		}
	}
}

// Close writes the lines that wait. It gives up when ctx ends, which happens only
// if the writer blocks.
func (l *Log) Close(ctx context.Context) error {
	l.SetMode(Off)
	l.close.Do(func() { close(l.stop) })
	select {
	case <-l.stopped:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("access log: not every line was written in time: %w", ctx.Err())
	}
}
