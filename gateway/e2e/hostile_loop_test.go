package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
)

// oneOrigin is the configuration with a single origin at address, and the
// gateway's base URL.
func oneOrigin(t *testing.T, address string) (g *gateway, base string) {
	g = startGateway(t, plainConfig(address))
	return g, "http://" + g.address["edge"]
}

// An origin that ends every connection at once is dialled less and less often,
// however much is asked for; each request is answered, and at most three times
// tried.
func TestOriginThatEndsEveryConnectionIsLeftAlone(t *testing.T) {
	for _, b := range []breach{
		{name: "GOAWAY with the SETTINGS", greet: func(p *rogueConn) {
			p.do(p.framer.WriteSettings())
			p.do(p.framer.WriteGoAway(0, http2.ErrCodeNo, nil))
		}},
		{name: "GOAWAY instead of an answer", act: func(p *rogueConn, _ uint32) { p.do(p.framer.WriteGoAway(0, http2.ErrCodeNo, nil)) }},
		{name: "the end with the SETTINGS", greet: func(p *rogueConn) { p.do(p.framer.WriteSettings()); p.cut() }},
		{name: "a broken rule with the SETTINGS", greet: func(p *rogueConn) { p.do(p.framer.WriteSettings()); p.data(0, false, 1) }},
	} {
		t.Run(b.name, func(t *testing.T) {
			r := startRogue(t, b)
			_, base := oneOrigin(t, r.address)
			client := newClient(t)
			r.armed.Store(1 << 30)
			asked, begin := 0, time.Now()
			for ; time.Since(begin) < 2*time.Second; asked++ {
				if got := fetchWith(client, http.MethodGet, base+"/"); got.status != 502 && got.status != 503 || got.err != nil {
					t.Fatalf("request %d: %v", asked, got)
				}
			}
			// 50 ms, doubled each time, halved by jitter at best: seven in two
			// seconds, and the second attempt that is made at once; then less than one a
			// second.
			took := time.Since(begin)
			if n := r.connections.Load(); n > 12+int32(took/time.Second) {
				t.Errorf("%d connections for %d requests in %v", n, asked, took)
			}
			r.armed.Store(0)
			eventually(t, "afterwards", func() (bool, string) {
				got := fetchWith(client, http.MethodGet, base+"/")
				return got.status == 200 && string(got.body) == "ok", got.String()
			})
		})
	}
}

// An origin that sends more than the stream's window is stopped; the client of
// that stream, which reads nothing, is told, and one beside it loses nothing.
func TestOriginThatSendsMoreThanTheWindow(t *testing.T) {
	r := startRogue(t, breach{act: func(p *rogueConn, id uint32) {
		p.respond(id, false, ":status", "200")
		for range 100 {
			p.data(id, false, 16384)
		}
	}})
	g, base := oneOrigin(t, r.address)
	host, port := g.hostPort("edge")
	r.armed.Store(1)
	a := newAttacker(t, host+":"+port)
	a.do(a.framer.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0}))
	a.headers(1, true, a.request("GET"))
	p := <-r.broken
	breach{reset: flowControl}.checkReaction(t, p)
	page, _ := g.adminGet("/metrics", "")
	if n, _ := metric(page, "hopscope_malformed_total", `side="upstream"`, `kind="window_exceeded"`); n != 1 {
		t.Errorf("window_exceeded was counted %v times", n)
	}
	if got := fetchWith(newClient(t), http.MethodGet, base+"/"); got.status != 200 || string(got.body) != "ok" {
		t.Errorf("a client beside it: %v", got)
	}
}

// An origin that does not read holds up the requests that it was sent, and only
// for as long as the route allows; the gateway holds a window of each at most.
func TestOriginThatDoesNotRead(t *testing.T) {
	stop := make(chan struct{})
	r := startRogue(t, breach{act: func(_ *rogueConn, _ uint32) { <-stop }})
	t.Cleanup(func() { close(stop) })
	o := startOrigin(t, nil)
	g := startGateway(t, fmt.Sprintf(`
listeners: [{name: edge, address: "127.0.0.1:0"}]
upstreams:
  - {name: rogue, endpoints: [%q]}
  - {name: honest, endpoints: [%q]}
routes:
  - {name: rogue, match: {path_prefix: /rogue/}, upstream: rogue, timeout: 2s}
  - {name: honest, upstream: honest}
admin: {address: "127.0.0.1:0"}
`, r.address, o.address))
	base := "http://" + g.address["edge"]
	by := bystander(t, base+"/")
	before := g.peakMemory()
	r.armed.Store(1)
	response, err := newClient(t).Post(base+"/rogue/", "text/plain", strings.NewReader(strings.Repeat("x", 50<<20)))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != 504 {
		t.Errorf("%s, want 504", response.Status)
	}
	if grown := g.peakMemory() - before; grown > 20<<20 {
		t.Errorf("memory grew by %d MiB", grown>>20)
	}
	if by() == 0 {
		t.Error("the client of the honest origin was not served")
	}
}
