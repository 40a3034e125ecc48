package http1

import (
	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/stream"
	"github.com/hopscope/hopscope/gateway/loop"
)

// bridge is what both kinds of bridge have in common. Its fields belong to the
// worker's goroutine, except where otherwise noted.
type bridge struct {
	worker Poster
	window int // bytes, each way; immutable
	// halt ends the bridge's goroutines. It may be called from any goroutine and
	// more than once. Immutable.
	halt func()

	in  intake // safe for concurrent use
	out outbox // safe for concurrent use

	handler stream.Handler
	over    bool // nothing more is told, and nothing taken
	ended   bool // the end was passed to out
	waiting int  // bytes passed to out and not yet written
	err     error
	heard   bool // something was read since Vanished looked last

	stalled bool
	since   event.Time
}

func (b *bridge) init(p Poster, window int, halt func()) {
	b.worker, b.window, b.halt = p, window, halt
	b.in.init(window)
	b.out.init()
}

// Buffered returns the bytes that wait to be written or, after the end, that
// never were.
func (b *bridge) Buffered() int { return b.waiting }

// Windows returns nil: HTTP/1.1 has none.
func (b *bridge) Windows() *event.Windows { return nil }

// Stall returns the ongoing stall, if there is one.
func (b *bridge) Stall() (scope event.Scope, since event.Time, ok bool) {
	return event.ScopeConnection, b.since, b.stalled
}

// ID returns 0: HTTP/1.1 does not number its exchanges.
func (b *bridge) ID() uint32 { return 0 }

// Release does nothing: a bridge is not used again.
func (b *bridge) Release() {}

// Credit allows n more bytes of body to be read. Its window is the same from the
// beginning.
func (b *bridge) Credit(n, _ int) { b.in.give(n) }

// queued notes n bytes that were passed to out. HTTP/1.1 does not tell what the
// peer takes, so a stall begins when half of what may wait does.
func (b *bridge) queued(n int) {
	b.waiting += n
	b.worker.Held(n)
	if !b.stalled && 2*b.waiting >= b.window {
		b.stalled, b.since = true, b.worker.Now()
		b.handler.Stalled(event.ScopeConnection, b.since)
	}
}

// written notes that n bytes were written, and tells the handler.
func (b *bridge) written(n int) {
	b.waiting -= n
	b.worker.Held(-n)
	if 2*b.waiting < b.window {
		b.resume()
	}
	b.handler.Written(n)
}

func (b *bridge) resume() {
	if b.stalled {
		b.stalled = false
		b.handler.Resumed(event.ScopeConnection, b.since, b.worker.Now())
	}
}

// close makes the bridge deaf and mute. What waits is no longer held, and a stall
// that was told of ends.
func (b *bridge) close() {
	if b.over {
		return
	}
	b.resume()
	b.over = true
	b.worker.Held(-b.waiting)
}

// post hands a task to the worker. If the worker has ended, so does the bridge.
func (b *bridge) post(t loop.Task) {
	if b.worker.Post(t) != nil {
		b.halt()
	}
}
