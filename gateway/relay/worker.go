package relay

import (
	"net"
	"sync/atomic"
	"time"

	"github.com/hopscope/hopscope/gateway/config"
	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/conn"
	"github.com/hopscope/hopscope/gateway/h2/header"
	"github.com/hopscope/hopscope/gateway/h2/stream"
	"github.com/hopscope/hopscope/gateway/http1"
	"github.com/hopscope/hopscope/gateway/link"
	"github.com/hopscope/hopscope/gateway/loop"
	"github.com/hopscope/hopscope/gateway/upstream"
)

// Shared is what the workers of a gateway share. It is safe for concurrent use.
type Shared struct {
	// IDs numbers connections.
	IDs atomic.Uint64
	// Buffered is the sum of what the workers hold for slow peers and to be sent
	// again, in bytes, as of the end of each one's last batch.
	Buffered atomic.Int64
	// Streams is the number of open exchanges, Downstream that of client
	// connections that a worker has and that speak HTTP/2.
	Streams    atomic.Int64
	Downstream atomic.Int64
	// Connections is the number of client connections from their accepting on, and
	// MaxConnections how many are taken; 0: any number.
	Connections    atomic.Int64
	MaxConnections atomic.Int64
	// MemoryShort is set while new streams are refused to save memory.
	MemoryShort atomic.Bool
}

// Admit counts one more client connection, if there is room for it.
func (s *Shared) Admit() bool {
	n, limit := s.Connections.Add(1), s.MaxConnections.Load()
	if limit > 0 && n > limit {
		s.Connections.Add(-1)
		return false
	}
	return true
}

// Crowded reports whether room for client connections gets scarce: seven of eight
// that are taken are there.
func (s *Shared) Crowded() bool {
	limit := s.MaxConnections.Load()
	return limit > 0 && s.Connections.Load() > limit-limit/8
}

// Worker is one event loop with its connections, exchanges and pools. Its
// methods belong to the loop's goroutine, except Post and Run.
type Worker struct {
	link   *link.Worker
	sink   event.Sink
	shared *Shared
	table  *Table

	pools     map[*upstream.Cluster]*pool
	downs     map[*conn.Conn]*downConn
	http1     map[*event.Conn]*http1Conn
	bridged   map[*Exchange]*http1.Origin // whose attempt is a request over HTTP/1.1
	exchanges *Exchange                   // list of all
	open      int

	prepared prepared
	scratch  header.List // for a response of the gateway's own
	chain    []byte      // scratch for x-forwarded-for
	tried    []*event.Endpoint
	sizes    []uint32
	sent     []*Exchange // whose request was written in this batch
	spare    spare
	blocks   blocks

	queueing queueing
	buffered int64 // what was last added to Shared.Buffered
	reported int   // what was last added to Shared.Streams
	drain    drainState
	quit     bool
	sweep    loop.Timer
	sweeping bool
}

// pool is an upstream.Pool, its retry budget and what is known of its responses.
// Once a reload has retired it, it lasts until the exchanges that began with it are
// over.
type pool struct {
	*upstream.Pool
	budget  budget
	expect  expectation
	users   int // exchanges
	retired bool
}

// release notes that an exchange is over.
func (p *pool) release() {
	p.users--
	p.drainIfUnused()
}

func (p *pool) drainIfUnused() {
	if p.retired && p.users == 0 {
		p.Drain(event.CloseReplaced)
	}
}

// NewWorker makes a worker with its loop; Run drives it.
func NewWorker(clock *event.Clock, sink event.Sink, shared *Shared, table *Table) (*Worker, error) {
	l, err := loop.New(clock)
	if err != nil {
		return nil, err
	}
	return newWorker(l, sink, shared, table), nil
}

func newWorker(l *loop.Loop, sink event.Sink, shared *Shared, table *Table) *Worker {
	return &Worker{
		link: link.NewWorker(l, sink), sink: sink, shared: shared, table: table,
		pools: make(map[*upstream.Cluster]*pool), downs: make(map[*conn.Conn]*downConn), http1: make(map[*event.Conn]*http1Conn),
		bridged: make(map[*Exchange]*http1.Origin),
	}
}

// Run drives the worker until Quit.
func (w *Worker) Run() { w.link.Loop.Run((*batch)(w)) }

// Post runs a task on the worker's goroutine. It may be called from any.
func (w *Worker) Post(t loop.Task) error { return w.link.Loop.Post(t) }

// Await waits for the first bytes of a connection that the worker may get.
func (w *Worker) Await(nc net.Conn, told loop.Waiter, limit time.Duration) error {
	return w.link.Loop.Await(nc, told, limit)
}

// batch is a Worker as its loop sees it.
type batch Worker

// BatchBegin implements loop.Batcher.
func (b *batch) BatchBegin(now event.Time) { b.link.Env.Now = now }

// BatchEnd implements loop.Batcher.
func (b *batch) BatchEnd() bool {
	w := (*Worker)(b)
	w.link.Env.Flush()
	end := w.link.Loop.Clock().Now()
	w.stampSent(end)
	w.queueing.note(w.now(), end, w.table.Limits.MaxQueueTime)
	w.relieve()
	w.spare.recycle()
	if d := w.link.Env.Buffered - w.buffered; d != 0 {
		w.buffered += d
		w.shared.Buffered.Add(d)
	}
	if d := w.open - w.reported; d != 0 {
		w.reported += d
		w.shared.Streams.Add(int64(d))
	}
	return !w.quit && !(w.drain.ending && w.link.Loop.Lingering() == 0)
}

// stampSent notes when the requests of a batch left: the batch's own time is that
// of its beginning, and what passed since is the gateway's share.
func (w *Worker) stampSent(now event.Time) {
	if len(w.sent) == 0 {
		return
	}
	for i, x := range w.sent {
		x.rec.RequestSent = now
		w.sent[i] = nil
	}
	if w.sent = w.sent[:0]; cap(w.sent) > maxSent {
		w.sent = nil
	}
}

// maxSent is how large a list of requests sent is kept for the next batch.
const maxSent = 4096

func (w *Worker) now() event.Time { return w.link.Env.Now }

// sweepEvery is how often connections that are closing are looked at.
const sweepEvery = time.Second

// crowdedIdle is how long a client connection may have no stream while room for
// connections is scarce: those in use come before those kept open.
const crowdedIdle = 5 * time.Second

// sweeper is a Worker as the owner of its sweep timer.
type sweeper Worker

// watch makes sure that the connections are looked at now and then.
func (w *Worker) watch() {
	if !w.sweeping {
		w.sweeping = true
		w.sweep.Owner = (*sweeper)(w)
		w.link.Loop.Wheel.Set(&w.sweep, int64(w.now().Add(sweepEvery)))
	}
}

// Fire implements loop.Firer: it ends connections whose peer does not take our
// last bytes.
func (s *sweeper) Fire() {
	w := (*Worker)(s)
	w.sweeping = false
	if w.link.Env.Trim() {
		w.watch()
	}
	idle := w.table.Limits.IdleConnectionTimeout
	if w.shared.Crowded() && (idle <= 0 || idle > crowdedIdle) {
		idle = crowdedIdle
	}
	for c, d := range w.downs {
		if d.drainAt != 0 && w.now().Sub(d.drainAt) >= pingWait {
			c.DrainNow(d.leaving)
		}
		if idle > 0 && c.Unused() >= idle {
			d.drain(event.CloseIdle)
		}
		c.Sweep(w.now())
		w.watch()
	}
	w.sweepHTTP1(idle)
	w.sweepBridges()
	for cluster, p := range w.pools {
		open := false
		p.Each(func(c *conn.Conn) {
			if idle := w.table.Limits.IdleConnectionTimeout; idle > 0 && c.Unused() >= idle {
				c.DrainNow(event.CloseIdle)
			}
			c.Sweep(w.now())
			open = true
		})
		if open || p.users > 0 {
			w.watch()
		} else if p.retired {
			delete(w.pools, cluster)
		}
	}
}

func (w *Worker) add(x *Exchange) {
	x.next = w.exchanges
	if x.next != nil {
		x.next.prev = x
	}
	w.exchanges = x
	w.open++
}

func (w *Worker) remove(x *Exchange) {
	if x.prev != nil {
		x.prev.next = x.next
	} else {
		w.exchanges = x.next
	}
	if x.next != nil {
		x.next.prev = x.prev
	}
	x.next, x.prev = nil, nil
	w.open--
}

// pool returns the worker's pool for a cluster that is in force.
func (w *Worker) pool(c *upstream.Cluster) *pool {
	p := w.pools[c]
	if p == nil {
		p = &pool{Pool: upstream.NewPool(c, w.link, connConfig(&w.table.Limits), w.nextID)}
		w.pools[c] = p
	}
	w.watch()
	return p
}

func (w *Worker) nextID() uint64 { return w.shared.IDs.Add(1) }

// connConfig derives a connection's limits. The connection window is well above
// a stream's: its credit comes back on receipt, so it bounds nothing but what is
// on the way.
func connConfig(l *config.Limits) conn.Config {
	return conn.Config{
		MaxConcurrentStreams: l.MaxConcurrentStreams,
		StreamWindow:         l.StreamWindow,
		ConnWindow:           max(1<<20, 16*min(l.StreamWindow, 1<<26)),
		MaxHeaderBytes:       l.MaxHeaderBytes,
		MaxHeaderFields:      l.MaxHeaderFields,
		MaxGlitches:          l.MaxGlitches,
		GlitchRecovery:       l.GlitchRecovery,
		SlowPeerRate:         l.SlowPeerRate,
		SlowPeerTimeout:      l.SlowPeerTimeout,
		HeaderTimeout:        l.HeaderTimeout,
		PingAfter:            l.PingAfter,
		PingTimeout:          l.PingTimeout,
	}
}

// SetTable takes over a new configuration. Exchanges keep the one they began
// with, and so the pool; pools of clusters that are gone are drained after their
// last exchange.
func (w *Worker) SetTable(t *Table) {
	w.table = t
	kept := make(map[*upstream.Cluster]bool)
	for i := range t.Routes {
		kept[t.Routes[i].Cluster] = true
	}
	for c, p := range w.pools {
		if !kept[c] {
			p.retired = true
			p.drainIfUnused()
			w.watch()
		}
	}
}

// downConn is a downstream connection: the owner of its conn.Conn.
type downConn struct {
	w    *Worker
	c    *conn.Conn
	info *clientInfo

	asked   bool              // a stream was opened
	leaving event.CloseReason // of the drain that began at drainAt
	drainAt event.Time        // 0: none
}

// pingWait is how long a client has to answer the PING after the first GOAWAY.
const pingWait = time.Second

// drain begins to end the connection in order; the sweep goes on with it if the
// client does not. A client that has just connected gets to ask first: some take
// a connection that ends before their first request for a server that is out of
// order (Go's "client conn could not be established").
func (d *downConn) drain(reason event.CloseReason) {
	if d.drainAt != 0 {
		return
	}
	d.leaving, d.drainAt = reason, d.w.now()
	if d.asked || d.drainAt.Sub(d.info.conn.OpenedAt) >= pingWait {
		d.c.Drain()
	}
}

// mayAsk reports whether a client that is drained is given time for its first
// request.
func (d *downConn) mayAsk() bool {
	return d.drainAt != 0 && !d.asked && d.w.now().Sub(d.drainAt) < pingWait
}

// Accept takes over a downstream connection that speaks HTTP/2. head are bytes
// that were read from it before.
func (w *Worker) Accept(a Accepted) {
	info := &event.Conn{
		ID: w.nextID(), Side: event.Downstream, Proto: event.HTTP2, TLS: a.Listener.Scheme == "https",
		Peer: a.Conn.RemoteAddr().String(), Listener: a.Listener.Event, OpenedAt: w.now(),
	}
	d := &downConn{w: w, info: newClientInfo(a.Listener, info)}
	w.sink.ConnOpened(info)
	d.c = link.New(w.link, connConfig(&w.table.Limits), info, d, a.Conn, a.Head)
	if d.c.Closed() {
		return
	}
	w.downs[d.c] = d
	w.shared.Downstream.Add(1)
	w.watch()
	if w.drain.on {
		d.drain(event.CloseDrain)
	}
}

// Request implements conn.Owner.
func (d *downConn) Request(s *conn.Stream, h conn.Head) {
	if !d.asked {
		d.asked = true
		if d.drainAt != 0 {
			d.c.Drain()
		}
	}
	d.w.begin(d.info, s, func(x stream.Handler) { s.SetHandler(x) }, h)
}

// Changed implements conn.Owner.
func (d *downConn) Changed(*conn.Conn) {}

// PingAck implements conn.Owner.
func (d *downConn) PingAck(c *conn.Conn, data [8]byte) {
	if d.drainAt != 0 && conn.IsDrainPing(data) {
		c.DrainNow(d.leaving)
	}
}

// Closed implements conn.Owner.
func (d *downConn) Closed(c *conn.Conn, reason event.CloseReason) {
	if _, ok := d.w.downs[c]; ok {
		delete(d.w.downs, c)
		d.w.shared.Downstream.Add(-1)
	}
	d.w.shared.Connections.Add(-1)
	d.w.sink.ConnClosed(c.Info, reason)
}
