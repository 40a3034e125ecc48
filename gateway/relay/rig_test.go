package relay

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/hopscope/hopscope/gateway/config"
	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/header"
	"github.com/hopscope/hopscope/gateway/loop"
	"github.com/hopscope/hopscope/gateway/route"
	"github.com/hopscope/hopscope/gateway/upstream"
)

type observer struct{ event.Observer }

func (observer) EndpointAdded(*event.Endpoint)   {}
func (observer) EndpointRemoved(*event.Endpoint) {}

// sink notes how exchanges end and which stalls last. It belongs to the worker's
// goroutine.
type sink struct {
	ends         []string
	stalls       int
	pingTimeouts int
}

func (s *sink) ConnOpened(*event.Conn)                              {}
func (s *sink) ConnClosed(*event.Conn, event.CloseReason)           {}
func (s *sink) Frames(*event.FrameCounts)                           {}
func (s *sink) Reset(*event.Conn, event.Dir, event.Code)            {}
func (s *sink) GoAway(*event.Conn, event.Dir, event.Code)           {}
func (s *sink) Violation(*event.Conn, event.Violation)              {}
func (s *sink) PingTimeout(*event.Conn)                             { s.pingTimeouts++ }
func (s *sink) Begin(*event.Exchange, *header.List)                 {}
func (s *sink) AttemptBegin(*event.Exchange)                        {}
func (s *sink) Inject(*event.Exchange, []byte, *header.List)        {}
func (s *sink) AttemptEnd(*event.Exchange)                          {}
func (s *sink) Mark(*event.Exchange, event.Time, event.Kind, int64) {}
func (s *sink) Messages(*event.Exchange, event.Dir, []uint32)       {}
func (s *sink) Retry(*event.Exchange, event.RetryResult)            {}
func (s *sink) SlotWait(*event.Exchange, time.Duration)             {}
func (s *sink) StallBegin(*event.Exchange, event.Side, event.Scope, event.Time) {
	s.stalls++
}

func (s *sink) StallEnd(*event.Exchange, event.Side, event.Scope, event.Time, event.Time) {
	s.stalls--
}

func (s *sink) End(x *event.Exchange) {
	s.ends = append(s.ends, fmt.Sprintf("%d %s by %s after %v", x.Status, x.Reason, x.Origin, x.Finished.Sub(x.Begin).Round(100*time.Millisecond)))
}

// rig is a worker inside a synctest bubble. Its connections are in memory: those
// of clients come from dial, those to the origin end at origin.
type rig struct {
	t      *testing.T
	w      *Worker
	sink   *sink
	done   sync.WaitGroup
	origin func(p *peer)
	takes  []http2.Setting // the origin's
}

func newRig(t *testing.T, origin func(p *peer), r config.Route) *rig {
	return newRigOn(event.NewClock(), t, origin, r)
}

// newRigOn is newRig with a clock of the test's.
func newRigOn(clock *event.Clock, t *testing.T, origin func(p *peer), r config.Route) *rig {
	g := &rig{t: t, sink: &sink{}, origin: origin}
	name := &event.UpstreamName{Name: "web"}
	limits := config.Limits{
		MaxConcurrentStreams: 100, MaxHeaderBytes: 16384, MaxHeaderFields: 256, StreamWindow: 65536,
		MaxBufferedBytes: 1 << 28, ConnectTimeout: 5 * time.Second,
	}
	cluster, err := upstream.NewCluster(config.Upstream{Name: "web", Protocol: config.H2C, Endpoints: []string{"a:1"}}, name, limits.ConnectTimeout, observer{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	cluster.SetConnect(func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		g.done.Go(func() {
			if _, err := io.ReadFull(far, make([]byte, len(http2.ClientPreface))); err == nil {
				g.origin(newPeer(g, far, g.takes...))
			}
			far.Close()
		})
		return near, nil
	})
	match, err := route.Build([]config.Route{{Name: "all", Upstream: "web", Match: config.Match{PathPrefix: "/"}}})
	if err != nil {
		t.Fatal(err)
	}
	table := &Table{Match: match, Limits: limits, Routes: []Route{{
		Event: &event.Route{Name: "all", Upstream: name}, Cluster: cluster, Timeout: r.Timeout, IdleTimeout: r.IdleTimeout, Retry: config.RetrySafe,
	}}}
	g.w = newWorker(loop.NewPumped(clock), g.sink, &Shared{}, table)
	g.done.Go(g.w.Run)
	t.Cleanup(func() {
		_ = g.w.Post(Drain{Worker: g.w, Phase: DrainAbort, Done: func() {}})
		g.done.Wait()
		cluster.Close()
	})
	return g
}

type task func()

func (t task) Run() { t() }

// do runs f on the worker's goroutine and waits for it.
func (g *rig) do(f func()) {
	done := make(chan struct{})
	_ = g.w.Post(task(func() { f(); close(done) }))
	<-done
}

// want compares how exchanges ended, and that no stall outlasts them.
func (g *rig) want(ends ...string) {
	g.t.Helper()
	synctest.Wait()
	g.do(func() {
		if fmt.Sprint(g.sink.ends) != fmt.Sprint(ends) {
			g.t.Errorf("ended %q, want %q", g.sink.ends, ends)
		}
		if g.w.open == 0 && (g.sink.stalls != 0 || g.w.link.Env.Buffered != 0) {
			g.t.Errorf("%d stalls and %d buffered bytes are left", g.sink.stalls, g.w.link.Env.Buffered)
		}
		g.sink.ends = nil
	})
}

// peer is the other end of a connection: it notes what it reads.
type peer struct {
	*http2.Framer
	nc    net.Conn
	lines chan string // what it read; closed at the end
	alive atomic.Bool // it answers PINGs
}

func newPeer(g *rig, nc net.Conn, s ...http2.Setting) *peer {
	p := &peer{Framer: http2.NewFramer(nc, nc), nc: nc, lines: make(chan string, 1000)}
	p.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	_ = p.WriteSettings(s...) // before read acknowledges the gateway's
	g.done.Go(p.read)
	return p
}

// dial connects a client.
func (g *rig) dial(s ...http2.Setting) *peer {
	near, far := net.Pipe()
	l := &Listener{Event: &event.Listener{Name: "edge"}, Scheme: "http", Trusted: func(string) bool { return false }}
	_ = g.w.Post(Accepted{Worker: g.w, Conn: near, Head: []byte(http2.ClientPreface), Listener: l})
	return newPeer(g, far, s...)
}

func (p *peer) read() {
	defer close(p.lines)
	for {
		f, err := p.ReadFrame()
		if err != nil {
			return
		}
		switch f := f.(type) {
		case *http2.MetaHeadersFrame:
			p.lines <- fmt.Sprintf("headers %d %s", f.StreamID, f.PseudoValue("status"))
		case *http2.PingFrame:
			if p.alive.Load() && !f.IsAck() {
				// Not by the framer, which the test writes with.
				_, _ = p.nc.Write(append([]byte{0, 0, 8, byte(http2.FramePing), byte(http2.FlagPingAck), 0, 0, 0, 0}, f.Data[:]...))
			}
		case *http2.SettingsFrame:
			if !f.IsAck() {
				_, _ = p.nc.Write([]byte{0, 0, 0, byte(http2.FrameSettings), byte(http2.FlagSettingsAck), 0, 0, 0, 0})
			}
		case *http2.RSTStreamFrame:
			p.lines <- fmt.Sprintf("rst %d %s", f.StreamID, f.ErrCode)
		case *http2.GoAwayFrame:
			p.lines <- fmt.Sprintf("goaway %d", f.LastStreamID)
		}
	}
}

// headers writes a header block without compression state.
func (p *peer) headers(id uint32, end bool, kv ...string) {
	var buf bytes.Buffer
	enc := hpack.NewEncoder(&buf)
	for i := 0; i < len(kv); i += 2 {
		_ = enc.WriteField(hpack.HeaderField{Name: kv[i], Value: kv[i+1], Sensitive: true})
	}
	_ = p.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: buf.Bytes(), EndHeaders: true, EndStream: end})
}

func (p *peer) request(id uint32, end bool) {
	p.headers(id, end, ":method", "POST", ":scheme", "http", ":path", "/", ":authority", "a")
}

// hang connects to peers that never say anything.
func hang() upstream.Connect {
	return func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		go func() { _, _ = io.Copy(io.Discard, far) }()
		return near, nil
	}
}
