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
	"github.com/hopscope/hopscope/gateway/loop"
)

// Pool is one worker's connections to a cluster. It belongs to that worker's
// goroutine.
type Pool struct {
	Cluster *Cluster
	w       *link.Worker
	cfg     conn.Config
	ids     func() uint64
	known   map[*event.Endpoint]*Endpoint
	current []*Endpoint
	version *[]*event.Endpoint
}

// NewPool makes a pool without connections. ids numbers connections.
func NewPool(c *Cluster, w *link.Worker, cfg conn.Config, ids func() uint64) *Pool {
	return &Pool{Cluster: c, w: w, cfg: cfg, ids: ids, known: make(map[*event.Endpoint]*Endpoint)}
}

// Errors of Pick. They name what the client is told.
var (
	ErrNoEndpoints = errors.New("the upstream has no endpoints")
	ErrAllTried    = errors.New("every endpoint was tried")
)

// Pick returns the endpoint for a request: the better of two random ones by open
// streams (Mitzenmacher, 2001), among those that are not backing off and not in
// tried.
func (p *Pool) Pick(tried []*event.Endpoint) (*Endpoint, error) {
	p.refresh()
	if len(p.current) == 0 {
		return nil, ErrNoEndpoints
	}
	var a, b *Endpoint
	var down error
	seen := 0
	for _, e := range p.current { // reservoir sampling of two
		if contains(tried, e.Info) {
			continue
		}
		if p.w.Loop.Now() < e.retryAt {
			down = e.lastErr
			continue
		}
		seen++
		switch {
		case seen == 1:
			a = e
		case seen == 2:
			b = e
		default:
			if i := rand.IntN(seen); i == 0 {
				a = e
			} else if i == 1 {
				b = e
			}
		}
	}
	switch {
	case a == nil && down != nil:
		return nil, down
	case a == nil:
		return nil, ErrAllTried
	case b == nil || a.load() < b.load() || a.load() == b.load() && rand.IntN(2) == 0:
		return a, nil
	}
	return b, nil
}

func contains(list []*event.Endpoint, e *event.Endpoint) bool {
	for _, v := range list {
		if v == e {
			return true
		}
	}
	return false
}

// refresh follows the cluster's endpoints; connections to endpoints that are gone
// are drained.
func (p *Pool) refresh() {
	v := p.Cluster.endpoints.Load()
	if v == p.version {
		return
	}
	p.version = v
	gone := p.current
	p.current = nil
	for _, info := range *v {
		e := p.known[info]
		if e == nil {
			e = &Endpoint{Info: info, pool: p}
			e.timer.Owner = (*redial)(e)
			p.known[info] = e
		}
		p.current = append(p.current, e)
	}
	for _, e := range gone {
		if !contains(*v, e.Info) {
			e.drain(event.CloseReplaced)
			e.forget()
		}
	}
}

// Drain lets the pool's streams finish and then closes its connections. Tickets
// that wait fail.
func (p *Pool) Drain(reason event.CloseReason) {
	for _, e := range p.known {
		e.drain(reason)
	}
}

// Each calls f for every connection.
func (p *Pool) Each(f func(*conn.Conn)) {
	for _, e := range p.known {
		for _, c := range e.conns {
			f(c)
		}
	}
}

// Endpoint is one worker's view of an endpoint.
type Endpoint struct {
	Info *event.Endpoint

	pool     *Pool
	conns    []*conn.Conn
	waiting  []*Ticket
	bridged  int // streams over HTTP/1.1
	dialing  bool
	gone     bool
	failures int
	retryAt  event.Time // no attempt before that
	timer    loop.Timer // set to retryAt while tickets wait for it
	lastErr  error
}

// Ticket is a wish for a stream. It is part of the exchange that wants it.
type Ticket struct {
	Owner   Waiter
	waiting *Endpoint
}

// Waiter is told what came of its ticket.
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

// Enter asks for a connection with a free slot. The owner is told at once if
// there is one, else later.
func (e *Endpoint) Enter(t *Ticket) {
	if c := e.pick(); c != nil {
		t.Owner.Ready(c)
		return
	}
	t.waiting = e
	e.waiting = append(e.waiting, t)
	e.grow()
}

// Leave takes a ticket back, if it still waits.
func (t *Ticket) Leave() {
	e := t.waiting
	if e == nil {
		return
	}
	t.waiting = nil
	for i, v := range e.waiting {
		if v == t {
			e.waiting = append(e.waiting[:i], e.waiting[i+1:]...)
			return
		}
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

// maxConns bounds one worker's connections to an endpoint.
const maxConns = 10

// grow begins to dial if tickets wait that the connections have no slots for: not
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
	go func() {
		nc, err := e.pool.Cluster.dial(e.Info)
		if e.pool.w.Loop.Post(dialed{e, nc, err}) != nil && nc != nil {
			nc.Close()
		}
	}()
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
	err error
}

func (d dialed) Run() { d.e.dialed(d.nc, d.err) }

// Cancel implements loop.Canceller.
func (d dialed) Cancel() {
	if d.nc != nil {
		d.nc.Close()
	}
}

func (e *Endpoint) dialed(nc net.Conn, err error) {
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
		Peer: e.Info.Address, Endpoint: e.Info, OpenedAt: p.w.Loop.Now(),
	}
	p.w.Env.Sink.ConnOpened(info)
	c := link.New(p.w, p.cfg, info, (*owner)(e), nc, nil)
	e.conns = append(e.conns, c)
	e.serve()
}

// cause leaves out what the message says anyway.
func cause(err error) error {
	var op *net.OpError
	if errors.As(err, &op) && op.Err != nil {
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
	for _, t := range waiting {
		t.waiting = nil
	}
	for _, t := range waiting {
		t.Owner.Failed(err)
	}
}

// Works notes that the endpoint answered.
func (e *Endpoint) Works() { e.failures, e.retryAt, e.lastErr = 0, 0, nil }

// serve hands free slots to those who wait.
func (e *Endpoint) serve() {
	for len(e.waiting) > 0 {
		c := e.pick()
		if c == nil {
			e.grow()
			return
		}
		t := e.waiting[0]
		e.waiting[0] = nil
		e.waiting = e.waiting[1:]
		t.waiting = nil
		t.Owner.Ready(c)
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
	for _, t := range waiting {
		t.waiting = nil
		t.Owner.Failed(errGone)
	}
}

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
	// An origin that accepts connections only to end them gets the same back-off
	// as one that refuses them.
	// So does one that hangs before its SETTINGS.
	if c.Opened() == 0 && (!c.Settled() || e.pool.w.Loop.Now().Sub(c.Info.OpenedAt) < minLife) {
		e.Fail(Lost(c))
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
	return fmt.Errorf("lost the connection to %s: %w", c.Info.Peer, cause(err))
}

// minLife is how long a connection has to last to count as a success even if it
// carried no stream.
const minLife = time.Second
