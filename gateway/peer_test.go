package gateway_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/hopscope/hopscope/gateway"
	"github.com/hopscope/hopscope/gateway/config"
	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/telemetry"
)

// start runs a gateway with the configuration, in which %s stands for the
// address of the origin, and returns it with the address of its listener.
func start(t *testing.T, origin, routes, limits string) (*gateway.Gateway, string) {
	t.Helper()
	g := startOn(t, parse(t, origin, routes, limits), gateway.Options{})
	return g, g.Addresses()["edge"]
}

// startOn runs a gateway with options, of which those for telemetry are set here.
func startOn(t *testing.T, cfg *config.Config, o gateway.Options) *gateway.Gateway {
	t.Helper()
	clock := event.NewClock()
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	tel, err := telemetry.New(cfg, telemetry.Options{Logger: log, Clock: clock, AccessLog: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	o.Observer, o.Logger, o.Clock = tel.Observer(), log, clock
	g, err := gateway.Start(cfg, o)
	if err != nil {
		t.Fatal(err)
	}
	tel.SetSource(g)
	t.Cleanup(func() {
		now := make(chan struct{})
		close(now)
		g.Drain(now)
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := tel.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return g
}

func parse(t *testing.T, origin, routes, limits string) *config.Config {
	t.Helper()
	if routes == "" {
		routes = "[{name: all, upstream: web}]"
	}
	if limits == "" {
		limits = "{}"
	}
	cfg, err := config.Parse([]byte(fmt.Sprintf(`
listeners: [{name: edge, address: "127.0.0.1:0"}]
upstreams: [{name: web, endpoints: [%s]}]
routes: %s
limits: %s
admin: {address: "127.0.0.1:0"}
`, strconv.Quote(origin), routes, limits)), "test.yaml", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// peer is the other end of an HTTP/2 connection: it writes and reads frames as a
// test says. It fails the test when an answer does not come.
type peer struct {
	*http2.Framer
	t   *testing.T
	nc  net.Conn
	buf bytes.Buffer
	enc *hpack.Encoder
}

// patience is how long a peer waits for a frame before the test fails.
const patience = time.Minute

func newPeer(t *testing.T, nc net.Conn) *peer {
	p := &peer{t: t, nc: nc, Framer: http2.NewFramer(nc, nc)}
	p.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	p.enc = hpack.NewEncoder(&p.buf)
	_ = nc.SetDeadline(time.Now().Add(patience))
	t.Cleanup(func() { nc.Close() })
	return p
}

// dial connects to the gateway and sends the preface and the settings.
func dial(t *testing.T, address string, s ...http2.Setting) *peer {
	t.Helper()
	nc, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	p := newPeer(t, nc)
	_, _ = io.WriteString(nc, http2.ClientPreface)
	_ = p.WriteSettings(s...)
	return p
}

// listen accepts connections of the gateway and runs script for each, with its
// number from 0. The address is returned.
func listen(t *testing.T, script func(n int, p *peer)) string {
	t.Helper()
	return listenWith(t, nil, script)
}

// listenWith is listen with settings.
func listenWith(t *testing.T, settings []http2.Setting, script func(n int, p *peer)) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var done sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	done.Go(func() {
		for n := 0; ; n++ {
			nc, err := ln.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, nc)
			mu.Unlock()
			done.Go(func() {
				defer nc.Close()
				if _, err := io.ReadFull(nc, make([]byte, len(http2.ClientPreface))); err != nil {
					return
				}
				p := newPeer(t, nc)
				_ = p.WriteSettings(settings...)
				script(n, p)
			})
		}
	})
	t.Cleanup(func() {
		ln.Close()
		mu.Lock()
		for _, nc := range open {
			nc.Close()
		}
		mu.Unlock()
		done.Wait()
	})
	return ln.Addr().String()
}

// headers writes a header block; kv are names and values.
func (p *peer) headers(id uint32, end bool, kv ...string) {
	p.buf.Reset()
	for i := 0; i < len(kv); i += 2 {
		_ = p.enc.WriteField(hpack.HeaderField{Name: kv[i], Value: kv[i+1]})
	}
	_ = p.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: p.buf.Bytes(), EndHeaders: true, EndStream: end})
}

func (p *peer) get(id uint32, kv ...string) {
	p.headers(id, true, append([]string{":method", "GET", ":scheme", "http", ":path", "/", ":authority", "test"}, kv...)...)
}

func (p *peer) post(id uint32, kv ...string) {
	p.headers(id, false, append([]string{":method", "POST", ":scheme", "http", ":path", "/", ":authority", "test"}, kv...)...)
}

// message describes a frame of a stream in one line; frames of the connection
// give "".
func (p *peer) message(f http2.Frame) string {
	switch f := f.(type) {
	case *http2.SettingsFrame:
		if !f.IsAck() {
			_ = p.WriteSettingsAck()
		}
	case *http2.PingFrame:
		if !f.IsAck() {
			_ = p.WritePing(true, f.Data)
		}
	case *http2.MetaHeadersFrame:
		var kv []string
		for _, h := range f.Fields {
			kv = append(kv, h.Name+"="+h.Value)
		}
		return fmt.Sprintf("headers %d%s %s", f.StreamID, ended(f.StreamEnded()), strings.Join(kv, " "))
	case *http2.DataFrame:
		return fmt.Sprintf("data %d%s %s", f.StreamID, ended(f.StreamEnded()), f.Data())
	case *http2.RSTStreamFrame:
		return fmt.Sprintf("rst %d %s", f.StreamID, f.ErrCode)
	case *http2.GoAwayFrame:
		return fmt.Sprintf("goaway %d %s", f.LastStreamID, f.ErrCode)
	}
	return ""
}

func ended(yes bool) string {
	if yes {
		return " end"
	}
	return ""
}

// next returns the next frame that is about a stream or the end of the
// connection; "closed" if the connection ended.
func (p *peer) next() string {
	for {
		f, err := p.ReadFrame()
		if err != nil {
			if ne, ok := err.(net.Error); ok && ne.Timeout() {
				p.t.Error("no answer")
			}
			return "closed"
		}
		if m := p.message(f); m != "" {
			return m
		}
	}
}

// want reads frames and compares their beginnings.
func (p *peer) want(lines ...string) {
	p.t.Helper()
	for _, want := range lines {
		if got := p.next(); !strings.HasPrefix(got, want) {
			p.t.Fatalf("got %q, want %q", got, want)
		}
	}
}
