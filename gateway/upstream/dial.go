package upstream

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"time"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/conn"
	"github.com/hopscope/hopscope/gateway/link"
)

// maxConns bounds one worker's connections to an endpoint.
const maxConns = 10

// grow begins to dial if more wait than the connections have slots for: not
// before the back-off is over.
func (e *Endpoint) grow() {
	if e.dialing || e.gone || len(e.waiting) == 0 || e.usable() >= maxConns || e.unsettled() {
		return
	}
	if e.pool.w.Loop.Now() < e.retryAt {
		e.pool.w.Loop.Wheel.Set(&e.timer, int64(e.retryAt))
		return
	}
	e.dialing = true
	why := e.why()
	go func() {
		nc, err := e.pool.Cluster.dial(e.Info)
		if e.pool.w.Loop.Post(dialed{e, nc, why, err}) != nil && nc != nil {
			nc.Close()
		}
	}()
}

// why says for what reason a connection is needed now that somebody waits.
func (e *Endpoint) why() event.OpenReason {
	var full, ending bool
	for _, c := range e.conns {
		switch {
		case c.Usable() && !c.Full():
			return event.OpenPing // nothing else shuts one that has room
		case c.Usable():
			full = true
		case !c.Closed():
			ending = true
		}
	}
	switch {
	case full:
		return event.OpenSlots
	case ending:
		return event.OpenGoAway
	case len(e.conns) > 0: // lost in this batch; Closed has not been called yet
		return event.OpenLost
	case e.failures > 0:
		return event.OpenRetry
	}
	return e.ended
}

// opensFor says for what reason the next connection is opened if the last one
// ended for reason.
func opensFor(reason event.CloseReason) event.OpenReason {
	switch reason {
	case event.CloseIdle:
		return event.OpenIdle
	case event.CloseGoAway, event.CloseProtocol: // the peer's GOAWAY, or ours
		return event.OpenGoAway
	default:
		return event.OpenLost
	}
}

// redial is an Endpoint as the owner of its timer.
type redial Endpoint

// Fire implements loop.Firer: the back-off is over.
func (r *redial) Fire() { (*Endpoint)(r).grow() }

// unsettled reports whether a connection has not yet heard how many streams the
// origin takes: it may be all that is needed.
func (e *Endpoint) unsettled() bool {
	for _, c := range e.conns {
		if c.Usable() && !c.Settled() {
			return true
		}
	}
	return false
}

func (e *Endpoint) usable() int {
	n := 0
	for _, c := range e.conns {
		if c.Usable() {
			n++
		}
	}
	return n
}

// dialed brings the result of a dial to the worker.
type dialed struct {
	e   *Endpoint
	nc  net.Conn
	why event.OpenReason
	err error
}

func (d dialed) Run() { d.e.dialed(d.nc, d.why, d.err) }

// Cancel implements loop.Canceller.
func (d dialed) Cancel() {
	if d.nc != nil {
		d.nc.Close()
	}
}

func (e *Endpoint) dialed(nc net.Conn, why event.OpenReason, err error) {
	e.dialing = false
	if err == nil && e.gone {
		nc.Close()
		return
	}
	if err != nil {
		e.Fail(fmt.Errorf("cannot connect to %s: %w", e.Info.Address, cause(err)))
		return
	}
	p := e.pool
	info := &event.Conn{
		ID: p.ids(), Side: event.Upstream, Proto: event.HTTP2, TLS: p.Cluster.tls != nil,
		Peer: e.Info.Address, Endpoint: e.Info, OpenedAt: p.w.Loop.Now(), OpenedFor: why,
	}
	p.w.Env.Sink.ConnOpened(info)
	c := link.New(p.w, p.cfg, info, (*owner)(e), nc, nil)
	e.conns = append(e.conns, c)
	e.serve()
}

// cause leaves out what the message says anyway.
func cause(err error) error {
	var handshake *handshakeError
	var op *net.OpError
	if !errors.As(err, &handshake) && errors.As(err, &op) && op.Err != nil {
		return op.Err
	}
	return err
}

// Bounds of the back-off after a failed connect.
const (
	minBackoff = 50 * time.Millisecond
	maxBackoff = 3 * time.Second
)

// Fail notes that the endpoint could not be reached: it is left alone for a
// while, exponentially longer with jitter, and those who wait are told.
func (e *Endpoint) Fail(err error) {
	e.lastErr = err
	e.failures = min(e.failures+1, 16)
	d := min(minBackoff<<(e.failures-1), maxBackoff)
	d = d/2 + time.Duration(rand.Int64N(int64(d)))
	e.retryAt = e.pool.w.Loop.Now().Add(d)
	if e.usable() > 0 || e.dialing {
		e.grow() // those who wait may still get a slot, or another dial later
		return
	}
	waiting := e.waiting
	e.waiting = nil
	for _, w := range waiting {
		w.Failed(err)
	}
}

// Works notes that the endpoint answered.
func (e *Endpoint) Works() { e.failures, e.retryAt, e.lastErr = 0, 0, nil }

// owner is the Endpoint as its connections see it.
type owner Endpoint

func (o *owner) Request(s *conn.Stream, _ conn.Head) { s.Cancel(conn.ProtocolError) } // never in the client role

func (o *owner) Changed(*conn.Conn) {
	if len(o.waiting) > 0 {
		(*Endpoint)(o).serve()
	}
}

func (o *owner) PingAck(*conn.Conn, [8]byte) {}

func (o *owner) Closed(c *conn.Conn, reason event.CloseReason) {
	e := (*Endpoint)(o)
	e.pool.w.Env.Sink.ConnClosed(c.Info, reason)
	for i, v := range e.conns {
		if v == c {
			e.conns = append(e.conns[:i], e.conns[i+1:]...)
			break
		}
	}
	e.ended = opensFor(reason)
	// An origin that accepts connections only to end them gets the same back-off
	// as one that refuses them.
	// So does one that hangs before its SETTINGS.
	if c.Opened() == 0 && (!c.Settled() || e.pool.w.Loop.Now().Sub(c.Info.OpenedAt) < minLife) {
		err := Lost(c)
		go e.pool.Cluster.tell(e.Info.Address, err) // not by the worker: logging may block
		e.Fail(err)
	}
	e.serve()
	e.forget()
}

// Lost says why a connection ended.
func Lost(c *conn.Conn) error {
	err := c.Err()
	if err == nil {
		err = io.EOF
	}
	return &lostError{c.Info.Peer, err}
}

// minLife is how long a connection has to last to count as a success even if it
// carried no stream.
const minLife = time.Second
