package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"
)

// rogueConfig has a route for each origin, and one for an honest one.
func rogueConfig(honest string, addresses []string) string {
	var upstreams, routes strings.Builder
	for i, a := range addresses {
		fmt.Fprintf(&upstreams, "  - {name: rogue-%d, endpoints: [%q]}\n", i, a)
		fmt.Fprintf(&routes, "  - {name: rogue-%d, match: {path_prefix: /rogue-%d/}, upstream: rogue-%d}\n", i, i, i)
	}
	return fmt.Sprintf(`
listeners:
  - {name: edge, address: "127.0.0.1:0"}
upstreams:
  - {name: honest, endpoints: [%q]}
%s
routes:
%s
  - {name: honest, upstream: honest}
admin: {address: "127.0.0.1:0"}
`, honest, &upstreams, &routes)
}

// clientKind is a client that the gateway serves.
type clientKind struct {
	name  string
	start func(testing.TB) *http.Client
}

func clientKinds() []clientKind {
	return []clientKind{{"HTTP/2", newClient}, {"HTTP/1.1", newHTTP1Client}}
}

// Whatever rule an origin breaks, the gateway reacts as RFC 9113 demands and
// counts it. The client gets an answer of the gateway's own or, where a response
// has begun, one that does not look complete; it is served again afterwards, and
// so is a client of another origin all the time.
func TestHostileOriginSettings(t *testing.T)  { confrontAll(t, badSettings()) }
func TestHostileOriginFrames(t *testing.T)    { confrontAll(t, badFrames()) }
func TestHostileOriginWindows(t *testing.T)   { confrontAll(t, badWindows()) }
func TestHostileOriginResponses(t *testing.T) { confrontAll(t, badResponses()) }
func TestHostileOriginCuts(t *testing.T)      { confrontAll(t, cuts()) }
func TestHostileOriginFloods(t *testing.T)    { confrontAll(t, floods()) }

func confrontAll(t *testing.T, all []breach) {
	kinds := clientKinds()
	var rogues []*rogue
	var addresses []string
	for _, b := range all {
		for range kinds {
			r := startRogue(t, b)
			rogues, addresses = append(rogues, r), append(addresses, r.address)
		}
	}
	o := startOrigin(t, nil)
	g := startGateway(t, rogueConfig(o.address, addresses))
	base := "http://" + g.address["edge"]
	stop := bystander(t, base+"/")
	t.Run("breaches", func(t *testing.T) {
		for i, b := range all {
			for j, kind := range kinds {
				n := i*len(kinds) + j
				t.Run(b.name+", "+kind.name, func(t *testing.T) {
					t.Parallel() // some take seconds
					rogues[n].confront(t, kind.start(t), fmt.Sprintf("%s/rogue-%d/", base, n))
				})
			}
		}
	})
	if stop() == 0 {
		t.Error("the client of the honest origin was not served")
	}
	page, _ := g.adminGet("/metrics", "")
	want := make(map[string]int)
	for _, b := range all {
		if want[b.kind] += len(kinds); b.kind == "" {
			continue
		}
		if n, _ := metric(page, "hopscope_malformed_total", `side="upstream"`, fmt.Sprintf("kind=%q", b.kind)); int(n) < want[b.kind] {
			t.Errorf("%s: %q was counted %v times, want %d at least", b.name, b.kind, n, want[b.kind])
		}
	}
}

// bystander asks an honest origin now and then until it is stopped. No request of
// it may fail; stop says how many it sent.
func bystander(t *testing.T, url string) (stop func() int) {
	client := newClient(t)
	quit := make(chan struct{})
	n := 0
	var done sync.WaitGroup
	done.Go(func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-quit:
				return
			case <-tick.C:
			}
			if got := fetchWith(client, http.MethodGet, url); got.status != http.StatusOK || got.err != nil {
				t.Errorf("the client of the honest origin: %v", got)
				return
			}
			n++
		}
	})
	return func() int {
		close(quit)
		done.Wait()
		return n
	}
}

// confront has the origin break its rule, and looks at what comes of it.
func (r *rogue) confront(t *testing.T, client *http.Client, url string) {
	client.Timeout = patience
	method := r.breach.method
	if method == "" {
		method = http.MethodGet
	}
	r.armed.Store(1)
	if r.breach.greet != nil {
		r.armed.Store(1000) // no request was sent, so the gateway tries again
	}
	got := fetchWith(client, method, url)
	r.armed.Store(0)
	r.breach.check(t, got)
	select {
	case p := <-r.broken:
		r.breach.checkReaction(t, p)
	case <-time.After(patience):
		t.Fatalf("it broke no rule; the client got %v", got)
	}
	// An origin that could not be reached is left alone for a moment.
	eventually(t, "afterwards", func() (bool, string) {
		again := fetchWith(client, http.MethodGet, url)
		if again.status != 503 && (again.status != 200 || string(again.body) != "ok" || again.err != nil) {
			t.Fatalf("afterwards: %v", again)
		}
		return again.status == 200, again.String()
	})
}

// check looks at what the client got.
func (b breach) check(t *testing.T, got outcome) {
	t.Helper()
	switch {
	case b.status == 0: // a response that has no body is complete with its header
		if len(got.body) > 0 {
			t.Errorf("a body came: %v", got)
		}
	case b.cut:
		// It may fail before the client has seen the header.
		if got.err == nil {
			t.Errorf("a response that was cut looks complete: %v", got)
		}
		code := got.code()
		if code != http2.ErrCodeNo && code != http2.ErrCodeInternal && code != http2.ErrCodeCancel && code != calm {
			t.Errorf("the client's stream was reset with %v", code)
		}
	case got.err != nil || got.status != b.status:
		t.Errorf("the client got %v, want status %d", got, b.status)
	case b.status == 200 && string(got.body) != "ok":
		t.Errorf("the client got %v", got)
	}
}

// checkReaction looks at what the origin was sent.
func (b breach) checkReaction(t *testing.T, p *rogueConn) {
	t.Helper()
	var saw string
	ok := p.wait(func() bool {
		saw = fmt.Sprintf("GOAWAY %v, resets %v, closed %v", p.goAway, p.resets, p.ended)
		if p.goAway != nil {
			saw = fmt.Sprintf("GOAWAY %v, resets %v, closed %v", *p.goAway, p.resets, p.ended)
		}
		switch {
		case b.goAway != 0:
			return p.goAway != nil && *p.goAway == b.goAway && p.ended
		case b.reset != 0:
			for _, code := range p.resets {
				if code == b.reset {
					return true
				}
			}
			return false
		case b.closed:
			return p.ended
		}
		return true
	})
	if !ok {
		t.Errorf("the origin was sent %s", saw)
	}
	if b.goAway == 0 && p.goAway != nil && *p.goAway != http2.ErrCodeNo {
		t.Errorf("the connection was ended: %s", saw)
	}
}
