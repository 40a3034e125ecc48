package gateway

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hopscope/hopscope/gateway/accept"
	"github.com/hopscope/hopscope/gateway/config"
	"github.com/hopscope/hopscope/gateway/credentials"
	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/http1"
	"github.com/hopscope/hopscope/gateway/relay"
	"github.com/hopscope/hopscope/gateway/upstream"
)

// Options are what a configuration does not hold.
type Options struct {
	Observer event.Observer
	Logger   *slog.Logger
	// Clock is the time base that Observer uses too.
	Clock *event.Clock
	// Workers is the number of event loops; 0: as many as GOMAXPROCS.
	Workers int
	// Listen binds the address of the listener with that name, or returns a socket
	// that is bound to it already. nil: binds it.
	Listen func(name, address string) (net.Listener, error)
}

// Gateway is a running gateway. Its methods are safe for concurrent use.
type Gateway struct {
	observer event.Observer
	log      *slog.Logger
	listen   func(name, address string) (net.Listener, error)
	shared   relay.Shared
	workers  []*relay.Worker
	running  sync.WaitGroup
	turn     atomic.Uint64 // whose turn it is to get a connection
	ready    atomic.Bool
	http1    http1Servers
	memory   *memoryGuard
	alive    context.Context // until the workers are told to end
	end      context.CancelFunc
	dropping sync.WaitGroup // goroutines that wait for the listeners in leaving

	mu       sync.Mutex // held while a configuration takes effect or a drain begins
	cfg      *config.Config
	state    state
	leaving  []*listener // stopped by a reload, with connections that are not handed on yet; guarded by mu
	draining bool
}

// state is what the configuration in force has built. Guarded by Gateway.mu.
type state struct {
	listeners []*listener
	clusters  map[string]*upstream.Cluster
	upstreams map[string]*event.UpstreamName
	routes    map[routeKey]*event.Route
}

type routeKey struct{ route, upstream string }

// listener is an accept.Listener and what the workers know of it.
type listener struct {
	*accept.Listener
	address     string // as configured
	settings    atomic.Pointer[relay.Listener]
	credentials *credentials.TLS // nil: plain text. Guarded by Gateway.mu
}

// setCredentials has connections that are accepted from now on use c.
func (l *listener) setCredentials(c *credentials.TLS) {
	l.credentials = c
	if c == nil {
		l.SetTLS(nil)
		return
	}
	l.SetTLS(c.Config)
}

// ErrDraining is returned by Reload once a drain has begun.
var ErrDraining = errors.New("the gateway is draining")

// Start builds everything that cfg asks for and begins to accept. If it fails,
// nothing is left behind.
func Start(cfg *config.Config, opts Options) (*Gateway, error) {
	reserveDescriptors()
	if opts.Listen == nil {
		opts.Listen = func(_, address string) (net.Listener, error) { return net.Listen("tcp", address) }
	}
	g := &Gateway{observer: opts.Observer, log: opts.Logger, listen: opts.Listen}
	g.http1.log = slog.NewLogLogger(opts.Logger.Handler(), slog.LevelDebug)
	g.alive, g.end = context.WithCancel(context.Background())
	g.memory = newMemoryGuard(&g.shared.MemoryShort)
	if opts.Workers == 0 {
		opts.Workers = runtime.GOMAXPROCS(0)
	}
	for n := range opts.Workers {
		w, err := relay.NewWorker(opts.Clock, opts.Observer.Sink(n), &g.shared, &relay.Table{})
		if err != nil {
			g.stop()
			return nil, err
		}
		g.workers = append(g.workers, w)
		g.running.Go(w.Run)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.apply(cfg, false); err != nil {
		g.stop()
		g.http1.each((*http1.Server).Close)
		return nil, err
	}
	g.running.Go(func() { g.memory.watch(g.alive.Done()) })
	g.ready.Store(true)
	return g, nil
}

// Reload puts a new configuration in force. Streams that are open keep the one
// they began with. If it fails, the old one stays.
func (g *Gateway) Reload(cfg *config.Config) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.draining {
		return ErrDraining
	}
	return g.apply(cfg, false)
}

// Renew reads the TLS files of the configuration in force again: new handshakes
// of a listener, and new connections to an upstream, use what is in them now. A
// listener or upstream whose files cannot be used keeps what it has; the error
// names each of them and its files.
func (g *Gateway) Renew() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.draining {
		return ErrDraining
	}
	return g.apply(g.cfg, true)
}

// Addresses returns the bound address of each listener by name.
func (g *Gateway) Addresses() map[string]string {
	g.mu.Lock()
	defer g.mu.Unlock()
	out := make(map[string]string)
	for _, l := range g.state.listeners {
		out[l.Name().Name] = l.Addr().String()
	}
	return out
}

// next returns the worker whose turn it is.
func (g *Gateway) next() *relay.Worker {
	return g.workers[g.turn.Add(1)%uint64(len(g.workers))]
}

// stop ends the workers at once.
func (g *Gateway) stop() {
	var done sync.WaitGroup
	for _, w := range g.workers {
		done.Add(1)
		if w.Post(relay.Drain{Worker: w, Phase: relay.DrainAbort, Done: done.Done}) != nil {
			done.Done()
		}
	}
	done.Wait()
	g.end()
	g.running.Wait()
}

// Drain ends the gateway in order: readiness goes first, after drain_delay no
// connection is accepted, clients get their two GOAWAYs, and streams may finish
// within drain_grace. A close of now cuts all of that short.
func (g *Gateway) Drain(now <-chan struct{}) {
	g.drain(func(l config.Limits) { wait(l.DrainDelay, now) }, true, now)
}

// HandOver is Drain where another process accepts from the same sockets: nobody
// has to notice before this one stops, so there is no drain_delay.
func (g *Gateway) HandOver(now <-chan struct{}) {
	g.drain(func(config.Limits) {}, false, now)
}

// drain calls notice between readiness and the listeners, after which, with last,
// nobody listens on their sockets.
func (g *Gateway) drain(notice func(config.Limits), last bool, now <-chan struct{}) {
	g.mu.Lock()
	g.draining = true
	limits := g.cfg.Limits
	clusters := g.state.clusters
	listeners := append(slices.Clone(g.state.listeners), g.leaving...)
	g.mu.Unlock()

	g.ready.Store(false)
	g.observer.Drain(true)
	notice(limits)
	for _, l := range listeners {
		l.Stop(last)
	}
	g.http1.each((*http1.Server).Drain)
	begun := time.Now()
	g.phase(relay.DrainBegin)
	g.idle(begun.Add(min(drainPingWait, limits.DrainGrace)), now)
	g.phase(relay.DrainStop)
	g.http1.each((*http1.Server).CloseIdle)
	g.idle(begun.Add(limits.DrainGrace), now)
	for _, l := range listeners {
		l.Close()
	}
	g.dropping.Wait()
	g.finish(begun.Add(limits.DrainGrace), now)
	g.http1.each((*http1.Server).Close)
	for _, c := range clusters {
		c.Close()
	}
}

// drainPingWait is how long clients have to answer the PING after the first
// GOAWAY.
const drainPingWait = time.Second

// lastBytesWait is how long peers have at least to take what was sent to them
// before the end. A connection that is closed under what they still send is reset,
// and they would lose it.
const lastBytesWait = time.Second

// finish ends the workers when that is done, until the time given, or at once
// with now.
func (g *Gateway) finish(until time.Time, now <-chan struct{}) {
	until = laterOf(until, time.Now().Add(lastBytesWait))
	g.end()
	g.phase(relay.DrainEnd)
	ended := make(chan struct{})
	go func() {
		g.running.Wait()
		close(ended)
	}()
	limit := time.NewTimer(time.Until(until))
	defer limit.Stop()
	select {
	case <-ended:
	case <-limit.C:
	case <-now:
	}
	g.stop()
	<-ended
}

func (g *Gateway) phase(p relay.Phase) {
	for _, w := range g.workers {
		_ = w.Post(relay.Drain{Worker: w, Phase: p, Done: func() {}})
	}
}

// idle waits until every stream and client connection is over, those included
// that were accepted and have not said yet what they speak.
func (g *Gateway) idle(until time.Time, now <-chan struct{}) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for g.shared.Streams.Load() > 0 || g.shared.Connections.Load() > 0 {
		if !time.Now().Before(until) {
			return
		}
		select {
		case <-now:
			return
		case <-tick.C:
		}
	}
}

func wait(d time.Duration, now <-chan struct{}) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-now:
	}
}

func laterOf(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
