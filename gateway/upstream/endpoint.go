package upstream

import (
	"errors"
	"slices"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/conn"
	"github.com/hopscope/hopscope/gateway/loop"
)

// Endpoint is one worker's view of an endpoint.
type Endpoint struct {
	Info *event.Endpoint

	pool     *Pool
	conns    []*conn.Conn
	waiting  []Waiter
	bridged  int // streams over HTTP/1.1
	dialing  bool
	gone     bool
	ended    event.OpenReason // how the last connection did; OpenFirst: there was none
	failures int
	retryAt  event.Time // no attempt before that
	timer    loop.Timer // set to retryAt while somebody waits for it
	lastErr  error
}

// Waiter wants a stream, and is told what came of it.
type Waiter interface {
	// Ready gives a connection with a free slot, to be used at once.
	Ready(c *conn.Conn)
	// Failed tells that no connection could be had; nothing was sent.
	Failed(err error)
}

// load is what balancing compares: the streams that are open or about to be.
func (e *Endpoint) load() int {
	n := len(e.waiting) + e.bridged
	for _, c := range e.conns {
		n += c.Streams()
	}
	return n
}

// Bridged moves the count of streams that run over HTTP/1.1 by delta.
func (e *Endpoint) Bridged(delta int) { e.bridged += delta }

// Enter asks for a connection with a free slot. w is told at once if there is
// one, else later.
func (e *Endpoint) Enter(w Waiter) {
	if c := e.pick(); c != nil {
		w.Ready(c)
		return
	}
	e.waiting = append(e.waiting, w)
	e.grow()
}

// Leave takes w's wish back, if it still waits.
func (e *Endpoint) Leave(w Waiter) {
	if i := slices.Index(e.waiting, w); i >= 0 {
		e.waiting = slices.Delete(e.waiting, i, i+1)
	}
}

// pick returns the fullest connection that has a free slot: the others can then
// run empty and be closed.
func (e *Endpoint) pick() *conn.Conn {
	var best *conn.Conn
	for _, c := range e.conns {
		if c.Slots() > 0 && (best == nil || c.Streams() > best.Streams()) {
			best = c
		}
	}
	return best
}

// Full reports whether the endpoint can be reached and has no slot left.
func (e *Endpoint) Full() bool { return slices.ContainsFunc(e.conns, (*conn.Conn).Full) }

// serve hands free slots to those who wait.
func (e *Endpoint) serve() {
	for len(e.waiting) > 0 {
		c := e.pick()
		if c == nil {
			e.grow()
			return
		}
		w := e.waiting[0]
		e.waiting[0] = nil
		e.waiting = e.waiting[1:]
		w.Ready(c)
	}
	e.waiting = nil
}

var errGone = errors.New("the endpoint was removed by a reload")

// forget drops an endpoint that is gone once its last connection is.
func (e *Endpoint) forget() {
	if e.gone && len(e.conns) == 0 {
		delete(e.pool.known, e.Info)
	}
}

func (e *Endpoint) drain(reason event.CloseReason) {
	e.gone = true
	e.pool.w.Loop.Wheel.Stop(&e.timer)
	for _, c := range append([]*conn.Conn(nil), e.conns...) {
		c.DrainNow(reason)
	}
	waiting := e.waiting
	e.waiting = nil
	for _, w := range waiting {
		w.Failed(errGone)
	}
}
