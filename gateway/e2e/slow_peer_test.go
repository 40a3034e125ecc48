package e2e

import (
	"net"
	"strconv"
	"testing"
	"time"

	"golang.org/x/net/http2"
)

// A client that takes next to nothing of what waits for it pins nothing: its
// stream is reset, or its connection ended, with the right code, and counted as
// slow_peer; honest clients beside it lose nothing.
func TestSlowClientsAreEnded(t *testing.T) {
	o := startOrigin(t, nil)
	g := startGateway(t, plainConfig(o.address, "limits: {slow_peer_rate: 10000, slow_peer_timeout: 2s}"))
	address := g.address["edge"]
	for _, c := range []struct {
		name   string
		stream uint32 // INITIAL_WINDOW_SIZE
		conn   uint32 // credit for the connection, once
		every  func(a *attacker)
		deaf   bool // it does not read its socket
		reset  bool // the stream alone is ended
	}{
		{name: "window that stays shut", reset: true},
		{name: "window that opens by a trickle", reset: true, every: func(a *attacker) { a.do(a.framer.WriteWindowUpdate(1, 200)) }},
		{name: "connection window that opens by a trickle", stream: 1 << 20, every: func(a *attacker) { a.do(a.framer.WriteWindowUpdate(0, 200)) }},
		{name: "socket that is not read", stream: 1 << 30, conn: 1 << 30, deaf: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := slowPeers(g)
			stop := victim(t, "http://"+address+"/")
			a := dialAttacker(t, address, http2.Setting{ID: http2.SettingInitialWindowSize, Val: c.stream})
			if c.deaf {
				_ = a.conn.(*net.TCPConn).SetReadBuffer(4096)
			} else {
				go a.read()
			}
			if c.conn > 0 {
				a.do(a.framer.WriteWindowUpdate(0, c.conn))
			}
			a.headers(1, true, a.block(":method", "GET", ":scheme", "http", ":path", "/large?bytes=100000000", ":authority", "victim.test"))
			var last time.Time
			eventually(t, "the end", func() (bool, string) {
				if c.every != nil && time.Since(last) >= 100*time.Millisecond { // a fifth of the least rate
					c.every(a)
					last = time.Now()
				}
				n := slowPeers(g)
				return n == before+1, strconv.Itoa(int(n))
			})
			stop()
			calm := http2.ErrCodeEnhanceYourCalm
			switch {
			case c.deaf: // it sees nothing of its end
			case c.reset:
				eventually(t, "RST_STREAM", func() (bool, string) {
					code := http2.ErrCode(a.reset.Load())
					return code == calm && !a.over(), code.String()
				})
			default:
				if code, ok := a.end(); !ok || code != calm {
					t.Errorf("ended with %v (GOAWAY: %v), want %v", code, ok, calm)
				}
			}
		})
	}
	page, _ := g.adminGet("/metrics", "")
	if n, _ := metric(page, "hopscope_malformed_total", `kind="slow_peer"`, `side="downstream"`); n != 4 {
		t.Errorf("slow_peer was counted %v times, want 4", n)
	}
}

// slowPeers returns how many streams were ended because their client was slow.
func slowPeers(g *gateway) float64 {
	page, _ := g.adminGet("/metrics", "")
	n, _ := metric(page, "hopscope_stream_end_total", `reason="slow_peer"`, `origin="client"`)
	return n
}

// An origin that does not take a request's body: the client gets 504 well before
// idle_timeout.
func TestOriginThatDoesNotReadIsGivenUp(t *testing.T) {
	o := startOrigin(t, nil)
	g := startGateway(t, plainConfig(o.address, "limits: {slow_peer_rate: 10000, slow_peer_timeout: 1s}"))
	began := time.Now()
	got := post(t, "http://"+g.address["edge"]+"/hang", make([]byte, 8<<20), "application/octet-stream")
	if got.status != 504 || time.Since(began) > patience {
		t.Errorf("%d %q after %v", got.status, got.body, time.Since(began))
	}
}
