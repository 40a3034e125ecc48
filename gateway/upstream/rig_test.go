package upstream

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"github.com/hopscope/hopscope/gateway/config"
	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/conn"
	"github.com/hopscope/hopscope/gateway/h2/header"
	"github.com/hopscope/hopscope/gateway/h2/rule"
	"github.com/hopscope/hopscope/gateway/h2/stream"
	"github.com/hopscope/hopscope/gateway/link"
	"github.com/hopscope/hopscope/gateway/loop"
)

// observer and sink drop what they are told.
type observer struct{ event.Observer }

func (observer) EndpointAdded(*event.Endpoint)       {}
func (observer) EndpointRemoved(*event.Endpoint)     {}
func (observer) Resolved(*event.UpstreamName, error) {}

type sink struct{ event.Sink }

func (sink) ConnOpened(*event.Conn)                    {}
func (sink) ConnClosed(*event.Conn, event.CloseReason) {}
func (sink) Frames(*event.FrameCounts)                 {}
func (sink) Reset(*event.Conn, event.Dir, event.Code)  {}
func (sink) GoAway(*event.Conn, event.Dir, event.Code) {}

// rig is a pool on a loop of its own, inside a synctest bubble. Its connections
// are in memory and end at origin.
type rig struct {
	pool   *Pool
	work   *link.Worker
	quit   bool
	done   sync.WaitGroup
	origin func(n int, f *http2.Framer)

	mu     sync.Mutex
	dials  int  // guarded by mu
	refuse bool // guarded by mu
}

func (r *rig) dialled() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.dials
}

func (r *rig) setRefuse(yes bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refuse = yes
}

var errRefused = errors.New("refused")

func newRig(t *testing.T, endpoints ...string) *rig {
	r := &rig{}
	c, err := NewCluster(config.Upstream{Name: "web", Protocol: config.H2C, Endpoints: endpoints}, &event.UpstreamName{Name: "web"}, 5*time.Second, observer{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	c.connect = r.connect
	r.work = link.NewWorker(loop.NewPumped(event.NewClock()), sink{})
	cfg := conn.Config{StreamWindow: 65535, ConnWindow: 1 << 20, MaxHeaderBytes: 4096, MaxHeaderFields: 50}
	r.pool = NewPool(c, r.work, cfg, func() uint64 { return 1 })
	r.done.Go(func() { r.work.Loop.Run(r) })
	t.Cleanup(func() {
		r.do(func() { r.quit = true })
		r.done.Wait()
		c.Close()
	})
	return r
}

func (r *rig) BatchBegin(now event.Time) { r.work.Env.Now = now }

func (r *rig) BatchEnd() bool {
	r.work.Env.Flush()
	return !r.quit
}

func (r *rig) connect(context.Context, string, string) (net.Conn, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.dials
	r.dials++
	if r.refuse {
		return nil, errRefused
	}
	near, far := net.Pipe()
	r.done.Go(func() {
		defer far.Close()
		if _, err := io.ReadFull(far, make([]byte, len(http2.ClientPreface))); err == nil {
			r.origin(n, http2.NewFramer(far, far))
		}
	})
	return near, nil
}

// task is a function on the loop's goroutine.
type task func()

func (t task) Run() { t() }

// do runs f on the loop's goroutine and waits for it.
func (r *rig) do(f func()) {
	done := make(chan struct{})
	_ = r.work.Loop.Post(task(func() { f(); close(done) }))
	<-done
}

// waiter wants a stream and opens one with what it gets.
type waiter struct {
	stream.Handler
	endpoint *Endpoint
	stream   *conn.Stream
	err      error
	reset    bool
}

func (w *waiter) Ready(c *conn.Conn) {
	l := new(header.List)
	l.Add(":method", "GET")
	l.Add(":scheme", "http")
	l.Add(":path", "/")
	w.stream = c.Open(l, true, false, w)
}

func (w *waiter) Failed(err error)                               { w.err = err }
func (w *waiter) Sent()                                          {}
func (w *waiter) Reset(event.Code, stream.Cause, rule.Violation) { w.reset = true }

// enter picks an endpoint and asks it for a slot; on the loop's goroutine.
func (r *rig) enter(t *testing.T) *waiter {
	w := &waiter{}
	e, err := r.pool.Pick(nil)
	if err != nil {
		t.Error(err)
		return w
	}
	w.endpoint = e
	e.Enter(w)
	return w
}

// holding is an origin that takes streams at a time and never answers them.
func holding(streams uint32) func(int, *http2.Framer) {
	return func(_ int, f *http2.Framer) {
		_ = f.WriteSettings(http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: streams})
		for {
			if _, err := f.ReadFrame(); err != nil {
				return
			}
		}
	}
}
