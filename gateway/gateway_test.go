package gateway_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"github.com/hopscope/hopscope/gateway"
	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/conn"
)

// serveOK answers every request with 200 and a body.
func serveOK(_ int, p *peer) {
	for {
		got := p.next()
		if got == "closed" {
			return
		}
		if strings.HasPrefix(got, "headers") && strings.Contains(got, " end ") || strings.HasPrefix(got, "data") && strings.Contains(got, " end") {
			id := idOf(got)
			p.headers(id, false, ":status", "200")
			_ = p.WriteData(id, true, []byte("hello"))
		}
	}
}

func idOf(line string) (id uint32) {
	for _, c := range strings.Fields(line)[1] {
		id = id*10 + uint32(c-'0')
	}
	return id
}

// nobody listens there: port 1 is below those that the system hands out.
const nobody = "127.0.0.1:1"

func TestWhatAClientGetsWhenThingsFail(t *testing.T) {
	silent := listen(t, func(_ int, p *peer) {
		for p.next() != "closed" {
		}
	})
	for name, c := range map[string]struct {
		origin, routes, limits string
		send                   func(p *peer)
		status, text, grpc     string
	}{
		"no route": {
			origin: silent, routes: "[{name: a, match: {path: /a}, upstream: web}]",
			status: "404", text: "hopscope: no route matches", grpc: "12",
		},
		"unreachable": {origin: nobody, status: "503", text: "hopscope: upstream web is unreachable: connection refused", grpc: "14"},
		"timeout": {
			origin: silent, routes: "[{name: a, upstream: web, timeout: 50ms}]",
			status: "504", text: "hopscope: the request did not complete in time", grpc: "4",
		},
		"idle": {
			origin: silent, routes: "[{name: a, upstream: web, idle_timeout: 50ms}]",
			status: "504", text: "hopscope: the stream was idle", grpc: "4",
		},
		"body too large": {
			origin: silent, limits: "{max_body_bytes: 10}",
			send:   func(p *peer) { p.post(1); _ = p.WriteData(1, false, make([]byte, 11)) },
			status: "413", text: "hopscope: the request body is larger than 10 bytes", grpc: "8",
		},
		"declared body too large": {
			origin: silent, limits: "{max_body_bytes: 10}",
			send:   func(p *peer) { p.post(1, "content-length", "11") },
			status: "413", text: "hopscope: the request body is larger than 10 bytes",
		},
		"headers too large": {
			origin: silent, limits: "{max_header_bytes: 1024}",
			send:   func(p *peer) { p.get(1, "x", strings.Repeat("x", 2000)) },
			status: "431", text: "hopscope: the request header is larger than 1024 bytes", grpc: "8",
		},
		"dot segment": {
			origin: silent,
			send:   func(p *peer) { p.headers(1, true, ":method", "GET", ":scheme", "http", ":path", "/a/../b") },
			status: "400", text: "hopscope: the path has a dot segment",
		},
		"connect": {
			origin: silent,
			send:   func(p *peer) { p.headers(1, false, ":method", "CONNECT", ":authority", "a:1") },
			status: "501", text: "hopscope: CONNECT is not supported",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, address := start(t, c.origin, c.routes, c.limits)
			p := dial(t, address)
			if c.send == nil {
				c.send = func(p *peer) { p.get(1) }
			}
			c.send(p)
			p.want("headers 1 :status="+c.status+" content-type=text/plain", "data 1 end "+c.text)
			if c.grpc == "" {
				return
			}
			p = dial(t, address)
			switch name {
			case "headers too large":
				p.get(1, "content-type", "application/grpc", "x", strings.Repeat("x", 2000))
			case "body too large":
				p.post(1, "content-type", "application/grpc")
				_ = p.WriteData(1, false, make([]byte, 11))
			default:
				p.get(1, "content-type", "application/grpc")
			}
			p.want("headers 1 end :status=200 content-type=application/grpc grpc-status=" + c.grpc + " grpc-message=hopscope: ")
		})
	}
}

func TestAnIdleStreamEndsAndItsConnectionLivesOn(t *testing.T) {
	origin := listen(t, func(_ int, p *peer) {
		for got := p.next(); got != "closed"; got = p.next() {
			if strings.Contains(got, ":path=/idle") {
				p.headers(idOf(got), false, ":status", "200")
			} else if strings.HasPrefix(got, "headers") {
				p.headers(idOf(got), true, ":status", "204")
			}
		}
	})
	_, address := start(t, origin, "[{name: idle, match: {path: /idle}, upstream: web, idle_timeout: 50ms}, {name: a, upstream: web}]", "")
	p := dial(t, address)
	p.headers(1, true, ":method", "GET", ":scheme", "http", ":path", "/idle", ":authority", "x")
	p.want("headers 1 :status=200", "rst 1 CANCEL")
	p.get(3)
	p.want("headers 3 end :status=204")
}

func TestRefusedStreamIsSentAgainWithItsBody(t *testing.T) {
	origin := listen(t, func(_ int, p *peer) {
		p.want("headers 1", "data 1 end body")
		_ = p.WriteRSTStream(1, http2.ErrCodeRefusedStream)
		p.want("headers 3", "data 3 end body")
		p.headers(3, true, ":status", "200")
		p.next()
	})
	_, address := start(t, origin, "", "")
	p := dial(t, address)
	p.post(1)
	_ = p.WriteData(1, true, []byte("body"))
	p.want("headers 1 end :status=200")
}

func TestStreamAboveGoAwaysLastIdIsSentOnAnotherConnection(t *testing.T) {
	origin := listen(t, func(n int, p *peer) {
		p.want("headers 1")
		if n == 0 {
			_ = p.WriteGoAway(0, http2.ErrCodeNo, nil)
			p.next()
			return
		}
		p.headers(1, true, ":status", "200")
		p.next()
	})
	_, address := start(t, origin, "", "")
	p := dial(t, address)
	p.get(1)
	p.want("headers 1 end :status=200")
}

// With the policy safe, a request that may have been processed is not repeated.
func TestLostConnectionIsRepeatedOnlyForSafeMethodsByPolicy(t *testing.T) {
	script := func(n int, p *peer) {
		p.want("headers 1")
		if n > 0 {
			p.headers(1, true, ":status", "200")
			p.next()
		}
	}
	_, address := start(t, listen(t, script), "", "")
	p := dial(t, address)
	p.get(1)
	p.want("headers 1 :status=502", "data 1 end hopscope: the connection to upstream web was lost")

	_, address = start(t, listen(t, script), "[{name: a, upstream: web, retry: safe_methods}]", "")
	p = dial(t, address)
	p.get(1)
	p.want("headers 1 end :status=200")
}

func TestACutResponseNeverLooksComplete(t *testing.T) {
	for name, cut := range map[string]func(p *peer){
		"connection lost": func(p *peer) { p.nc.Close() },
		"refused late":    func(p *peer) { _ = p.WriteRSTStream(1, http2.ErrCodeRefusedStream) },
		"bad length":      func(p *peer) { _ = p.WriteData(1, true, []byte("short")) },
	} {
		t.Run(name, func(t *testing.T) {
			origin := listen(t, func(_ int, p *peer) {
				p.want("headers 1")
				p.headers(1, false, ":status", "200", "content-length", "100")
				_ = p.WriteData(1, false, []byte("begin"))
				cut(p)
				p.next()
			})
			_, address := start(t, origin, "", "")
			p := dial(t, address)
			p.get(1)
			p.want("headers 1 :status=200", "data 1 begin", "rst 1 INTERNAL_ERROR")
		})
	}
}

func TestHeadersThatEndAtTheGateway(t *testing.T) {
	seen := make(chan string, 1)
	origin := listen(t, func(_ int, p *peer) {
		got := p.next()
		seen <- got
		p.headers(1, false, ":status", "103", "link", "</a>")
		p.headers(1, false, ":status", "200", "x", "y")
		p.headers(1, true, "grpc-status", "0")
		p.next()
	})
	_, address := start(t, origin, "[{name: a, upstream: web, host_rewrite: inner}]", "")
	p := dial(t, address)
	p.get(1, "te", "trailers", "cookie", "a=1", "cookie", "b=2", "x-forwarded-for", "6.6.6.6", "x-forwarded-proto", "https",
		"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "b3", "0")
	p.want("headers 1 :status=103 link=</a>", "headers 1 :status=200 x=y", "headers 1 end grpc-status=0")
	got := <-seen
	for _, want := range []string{
		":authority=inner ", "te=trailers", "cookie=a=1 cookie=b=2", "x-forwarded-for=127.0.0.1 ",
		"x-forwarded-proto=http ", "x-forwarded-host=test", "traceparent=00-0af7651916cd43dd8448eb211c80319c-",
	} {
		if !strings.Contains(got+" ", want) {
			t.Errorf("the origin got %q, want %q in it", got, want)
		}
	}
	for _, not := range []string{"6.6.6.6", " b3="} {
		if strings.Contains(got, not) {
			t.Errorf("the origin got %q, with %q in it", got, not)
		}
	}
	if strings.Count(got, "traceparent=") != 1 {
		t.Errorf("the origin got %q", got)
	}
}

func TestReloadKeepsOpenStreams(t *testing.T) {
	release := make(chan struct{})
	origin := listen(t, func(_ int, p *peer) {
		for got := p.next(); got != "closed"; got = p.next() {
			if strings.HasPrefix(got, "headers") {
				p.headers(idOf(got), false, ":status", "200")
				<-release
				_ = p.WriteData(idOf(got), true, []byte("late"))
			}
		}
	})
	other := listen(t, serveOK)
	g, address := start(t, origin, "", "")
	p := dial(t, address)
	p.get(1)
	p.want("headers 1 :status=200")
	cfg := parse(t, other, "", "")
	if err := g.Reload(cfg); err != nil {
		t.Fatal(err)
	}
	p.get(3)
	p.want("headers 3 :status=200", "data 3 end hello")
	close(release)
	p.want("data 1 end late")
}

func TestDrainFinishesWhatIsOpen(t *testing.T) {
	release := make(chan struct{})
	origin := listen(t, func(_ int, p *peer) {
		for got := p.next(); got != "closed"; got = p.next() {
			if strings.HasPrefix(got, "headers") {
				p.headers(idOf(got), false, ":status", "200")
				<-release
				_ = p.WriteData(idOf(got), true, []byte("late"))
			}
		}
	})
	g, address := start(t, origin, "", "")
	p := dial(t, address)
	p.get(1)
	p.want("headers 1 :status=200")
	done := make(chan struct{})
	go func() {
		defer close(done)
		g.Drain(make(chan struct{}))
	}()
	p.want("goaway 2147483647 NO_ERROR", "goaway 1 NO_ERROR")
	if g.Ready() {
		t.Error("ready while draining")
	}
	close(release)
	p.want("data 1 end late", "closed")
	<-done
}

// One client that stops reading must not slow another, although both share the
// connection to the origin, and what the gateway holds for it is bounded by the
// windows.
func TestAStoppedClientHoldsNobodyUp(t *testing.T) {
	origin := listen(t, func(_ int, p *peer) {
		windows := map[uint32]int{0: 65535}
		sent := 0
		for {
			f, err := p.ReadFrame()
			if err != nil {
				return
			}
			switch f := f.(type) {
			case *http2.WindowUpdateFrame:
				windows[f.StreamID] += int(f.Increment)
			case *http2.MetaHeadersFrame:
				if f.PseudoValue("path") == "/big" {
					windows[f.StreamID] += conn.FirstWindow
					p.headers(f.StreamID, false, ":status", "200")
					sent = 1
				} else {
					p.headers(f.StreamID, false, ":status", "200")
					_ = p.WriteData(f.StreamID, true, bytes.Repeat([]byte("x"), 1000))
					windows[0] -= 1000
				}
			default:
				p.message(f)
			}
			for sent > 0 && windows[1] > 0 && windows[0] > 0 {
				n := min(16384, windows[1], windows[0])
				_ = p.WriteData(1, false, make([]byte, n))
				windows[1] -= n
				windows[0] -= n
			}
		}
	})
	g, address := start(t, origin, "", "")
	stopped := dial(t, address, http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0})
	stopped.headers(1, true, ":method", "GET", ":scheme", "http", ":path", "/big", ":authority", "x")
	stopped.want("headers 1 :status=200")
	p := dial(t, address)
	for id := uint32(1); id < 400; id += 2 {
		p.get(id)
		p.want("headers")
		p.want("data")
		if id%32 == 1 {
			_ = p.WriteWindowUpdate(0, 16000)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var s event.StreamInfo
	for s.Stall == nil {
		streams, err := g.Streams(ctx)
		if err != nil || len(streams) != 1 {
			t.Fatalf("streams %v, %v", streams, err)
		}
		s = streams[0]
	}
	if s.Stall.Side != "downstream" || s.Stall.Scope != "stream" || s.Buffered == 0 || s.Buffered > conn.FirstWindow {
		t.Fatalf("the stopped stream: %+v, stall %+v", s, s.Stall)
	}
	if time.Since(s.Stall.Since) < 0 {
		t.Fatal("the stall began in the future")
	}
}

// An exchange may be repeated after a reload has taken its upstream away: it
// keeps the configuration that it began with.
func TestReloadKeepsTheUpstreamOfWhatMayBeRepeated(t *testing.T) {
	arrived, refuse, drained := make(chan struct{}), make(chan struct{}), make(chan struct{})
	origin := listen(t, func(_ int, p *peer) {
		p.want("headers 1")
		close(arrived)
		<-refuse
		_ = p.WriteRSTStream(1, http2.ErrCodeRefusedStream)
		p.want("headers 3")
		p.headers(3, true, ":status", "200")
		if got := p.next(); got != "goaway 0 NO_ERROR" { // the last exchange is over
			t.Errorf("got %q, want the retired upstream's GOAWAY", got)
		}
		close(drained)
	})
	g, address := start(t, origin, "", "")
	p := dial(t, address)
	p.get(1)
	<-arrived
	if err := g.Reload(parse(t, listen(t, serveOK), "", "")); err != nil {
		t.Fatal(err)
	}
	close(refuse)
	p.want("headers 1 end :status=200")
	<-drained
}

// What waits for a slot when a reload takes the upstream away still gets it.
func TestReloadKeepsWhatWaitsForASlot(t *testing.T) {
	release := make(chan struct{})
	origin := listenWith(t, []http2.Setting{{ID: http2.SettingMaxConcurrentStreams, Val: 1}}, func(_ int, p *peer) {
		for got := p.next(); got != "closed"; got = p.next() {
			if strings.HasPrefix(got, "headers") {
				<-release
				p.headers(idOf(got), true, ":status", "200")
			}
		}
	})
	g, address := start(t, origin, "", "")
	p := dial(t, address)
	for id := uint32(1); id < 30; id += 2 {
		p.get(id)
	}
	waitForStreams(t, g, 15)
	if err := g.Reload(parse(t, listen(t, serveOK), "", "")); err != nil {
		t.Fatal(err)
	}
	close(release)
	for range 15 {
		if got := p.next(); !strings.Contains(got, ":status=200") {
			t.Fatal(got)
		}
	}
}

// waitForStreams returns when n streams are open.
func waitForStreams(t *testing.T, g *gateway.Gateway, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		s, err := g.Streams(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if len(s) == n {
			return
		}
	}
}

// A client that takes nothing cannot keep a refusal for ever, and what it goes on
// to send does not cut one.
func TestRefusalThatIsNotTaken(t *testing.T) {
	t.Parallel() // it takes as long as a client has for a refusal
	_, address := start(t, nobody, "[{name: a, match: {path: /a}, upstream: web}]", "")
	p := dial(t, address, http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0})
	p.post(1)
	p.want("headers 1 :status=404")
	for range 8 { // more than the stream's window
		_ = p.WriteData(1, false, make([]byte, 16000))
		if err := p.WritePing(false, [8]byte{1}); err != nil {
			t.Fatal(err)
		}
		for credit := false; !credit; {
			f, err := p.ReadFrame()
			if err != nil {
				t.Fatal(err)
			}
			p.message(f)
			ping, ok := f.(*http2.PingFrame)
			credit = ok && ping.IsAck()
		}
	}
	_ = p.WriteData(1, true, nil)
	_ = p.WriteWindowUpdate(1, 1000)
	p.want("data 1 end hopscope: no route matches")

	p.get(3)
	p.want("headers 3 :status=404", "rst 3 CANCEL")
}
