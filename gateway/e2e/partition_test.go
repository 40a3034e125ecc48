package e2e

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// partitionConfig asks silent peers after a second and gives them another.
func partitionConfig(listen string, endpoints ...string) string {
	return fmt.Sprintf(`
listeners:
  - {name: edge, address: %q}
upstreams:
  - {name: origin, endpoints: [%s], protocol: h2c}
routes:
  - {name: again, match: {path_prefix: /again/}, upstream: origin, retry: safe_methods}
  - {name: all, match: {path_prefix: /}, upstream: origin, retry: safe}
limits: {ping_after: 1s, ping_timeout: 1s, connect_timeout: 3s}
admin: {address: "127.0.0.1:0"}
`, listen, `"`+strings.Join(endpoints, `", "`)+`"`)
}

// noticed is how long a dead peer may go unnoticed with partitionConfig: silence
// and answer take a second each, the sweep adds up to one to either, and a busy
// machine the rest.
const noticed = 30 * time.Second

// reply is how a request ended.
type reply struct {
	status int
	body   string
	err    error
	took   time.Duration
}

// ask sends a GET and returns where its reply will be.
func ask(ctx context.Context, client *http.Client, url string) <-chan reply {
	done := make(chan reply, 1)
	go func() {
		begin := time.Now()
		status, body, err := get(ctx, client, url)
		done <- reply{status, body, err, time.Since(begin)}
	}()
	return done
}

func wait(t testing.TB, what string, done <-chan reply) reply {
	t.Helper()
	select {
	case r := <-done:
		return r
	case <-time.After(patience):
		t.Fatalf("%s: not over within %v", what, patience)
		return reply{}
	}
}

// counter returns a metric's sum over the series with the labels.
func (g *gateway) counter(name string, labels ...string) float64 {
	g.t.Helper()
	page, _ := g.adminGet("/metrics", "text/plain")
	sum, _ := metric(page, name, labels...)
	return sum
}

// One of two origins is cut off in mid-flight: what waits there ends soon, or
// begins anew where that is allowed; what comes later goes to the other; and when
// the wire is mended the first is used again.
func TestPartitionedUpstreamIsNoticedAndComesBack(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	near, far := n.wire(), n.wire()
	stays := serveOrigin(t, near.space.listen(t, near.far+":0"), nil)
	leaves := serveOrigin(t, far.space.listen(t, far.far+":0"), nil)
	// One worker, so that one connection to each carries everything.
	g := startGateway(t, partitionConfig("127.0.0.1:0", stays.address, leaves.address),
		gatewayOptions{space: n.space, env: []string{"GOMAXPROCS=1"}})
	base := "http://" + g.address["edge"]
	client := newClientIn(t, n.space)

	// Streams at both, half answered and not answered at all.
	var half, waits []<-chan reply
	for leaves.hanging.Load() < 3 || stays.hanging.Load() < 1 {
		if len(waits) > 100 {
			t.Fatal("100 requests, and one of the origins got too few")
		}
		waits = append(waits, ask(t.Context(), client, base+"/hang"))
		eventually(t, "a request at an origin", func() (bool, string) {
			return int(leaves.hanging.Load()+stays.hanging.Load()) == len(waits), fmt.Sprint(leaves.hanging.Load(), stays.hanging.Load())
		})
	}
	for len(leaves.atGate) < 2 {
		if len(half) > 100 {
			t.Fatal("100 requests, and one of the origins got too few")
		}
		half = append(half, ask(t.Context(), client, base+"/gate"))
		eventually(t, "a request at the gate", func() (bool, string) {
			return len(leaves.atGate)+len(stays.atGate) == len(half), ""
		})
	}
	lost, cut := int(leaves.hanging.Load()), len(leaves.atGate)

	far.cut()
	// Requests go on all the while. Those that went to the lost origin before it
	// was noticed may have been processed; the others must not fail.
	var failed, served int
	begin := time.Now()
	for time.Since(begin) < noticed {
		r := wait(t, "a request during the partition", ask(t.Context(), client, base+"/again/x"))
		if r.status != 200 {
			t.Fatalf("with another origin there and a method that may be repeated: %+v", r)
		}
		served++
		if g.counter("hopscope_ping_timeouts_total", `side="upstream"`) >= 1 {
			break
		}
	}
	t.Logf("noticed after %v; %d requests meanwhile", time.Since(begin).Round(time.Millisecond), served)
	eventually(t, "the end of the requests at the lost origin", func() (bool, string) {
		for _, w := range waits {
			select {
			case r := <-w:
				if failed++; r.status != 502 || !strings.Contains(r.body, "was lost before it answered") {
					t.Errorf("a request at the lost origin: %+v", r)
				}
			default:
			}
		}
		return failed >= lost, fmt.Sprint(failed)
	})
	if failed != lost {
		t.Errorf("%d requests failed, and %d were at the lost origin", failed, lost)
	}
	for range 20 {
		if r := wait(t, "a request after the partition was noticed", ask(t.Context(), client, base+"/")); r.status != 200 {
			t.Errorf("with another origin there: %+v", r)
		}
	}
	close(stays.gate)
	var whole, broken int
	for _, w := range half {
		if r := wait(t, "a response that had begun", w); r.err == nil && r.body == "before, after" {
			whole++
		} else {
			broken++
		}
	}
	if broken != cut || whole != len(half)-cut {
		t.Errorf("%d responses came to their end, %d did not; want %d and %d", whole, broken, len(half)-cut, cut)
	}
	for name, labels := range map[string][]string{
		"hopscope_connections_closed_total": {`side="upstream"`, `reason="timeout"`},
		"hopscope_stream_end_total":         {`reason="upstream_gone"`, `origin="upstream"`},
	} {
		if g.counter(name, labels...) == 0 {
			t.Errorf("%s%v does not show it", name, labels)
		}
	}

	far.mend()
	before := leaves.served.Load()
	eventually(t, "requests at the origin that is back", func() (bool, string) {
		r := wait(t, "a request after the wire was mended", ask(t.Context(), client, base+"/"))
		if r.status != 200 {
			t.Errorf("%+v", r)
		}
		return leaves.served.Load() > before, fmt.Sprintf("%d served", leaves.served.Load())
	})
}

// An origin's machine loses its power and comes back: it knows nothing of the
// connections it had. The gateway finds out by the PING, although nothing else is
// sent, and by the first request otherwise.
func TestHalfOpenUpstreamIsFoundOut(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	w := n.wire()
	listener := w.space.listen(t, w.far+":0")
	o := serveOrigin(t, listener, nil)
	g := startGateway(t, partitionConfig("127.0.0.1:0", o.address), gatewayOptions{space: n.space, env: []string{"GOMAXPROCS=1"}})
	base := "http://" + g.address["edge"]
	client := newClientIn(t, n.space)
	waits := ask(t.Context(), client, base+"/hang")
	eventually(t, "a request at the origin", func() (bool, string) { return o.hanging.Load() == 1, "" })
	// What is sent again after the crash would find it out at once.
	eventually(t, "all bytes acknowledged", func() (bool, string) {
		n := n.space.unacknowledged(t)
		return n == 0, fmt.Sprint(n)
	})

	w.cut()
	o.crash(t)
	w.mend()
	again := serveOrigin(t, w.space.listen(t, o.address), nil)
	begin := time.Now()
	if r := wait(t, "the request at the origin that crashed", waits); r.status != 502 || time.Since(begin) > noticed {
		t.Errorf("after %v: %+v", time.Since(begin), r)
	}
	eventually(t, "a response of the origin that is back", func() (bool, string) {
		r := wait(t, "a request", ask(t.Context(), client, base+"/"))
		return r.status == 200, fmt.Sprintf("%+v", r)
	})

	// Now with a connection that has no stream: the request finds it out, and may
	// be repeated.
	w.cut()
	again.crash(t)
	w.mend()
	serveOrigin(t, w.space.listen(t, o.address), nil)
	if r := wait(t, "a request on a connection that is half open", ask(t.Context(), client, base+"/again/x")); r.status != 200 || r.took > noticed {
		t.Errorf("%+v", r)
	}
}

// A client that vanishes lets go of its streams: one that is silent, one that is
// being sent to, and one that sends.
func TestVanishedClientLetsGoOfItsStreams(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	w := n.wire()
	o := serveOrigin(t, n.space.listen(t, "127.0.0.1:0"), nil)
	g := startGateway(t, partitionConfig(w.near+":0", o.address), gatewayOptions{space: n.space})
	base := "http://" + g.address["edge"]
	ctx, leave := context.WithCancel(t.Context())
	var done sync.WaitGroup
	defer done.Wait()
	defer leave()
	for _, path := range []string{"/hang", "/gate", "/large?bytes=1000000000"} {
		done.Go(func() {
			req, err := http.NewRequestWithContext(ctx, "GET", base+path, nil)
			if err != nil {
				t.Error(err)
				return
			}
			resp, err := newClientIn(t, w.space).Do(req)
			if err == nil {
				_, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
			}
		})
	}
	open := func(want float64) {
		t.Helper()
		eventually(t, fmt.Sprintf("%v open streams", want), func() (bool, string) {
			n := g.counter("hopscope_streams_open")
			return n == want, fmt.Sprint(n)
		})
	}
	open(3)
	o.waitAtGate(t)
	w.cut()
	begin := time.Now()
	open(0)
	if took := time.Since(begin); took > 2*noticed {
		t.Errorf("it took %v", took)
	}
	if got := g.counter("hopscope_connections_closed_total", `side="downstream"`, `reason="timeout"`); got != 3 {
		t.Errorf("%v client connections were closed for the reason timeout, want 3", got)
	}
	if got := g.counter("hopscope_stream_end_total", `reason="client_gone"`); got != 3 {
		t.Errorf("%v streams ended because their client was gone, want 3", got)
	}
	// The origin was told.
	eventually(t, "no request at the origin", func() (bool, string) { return o.hanging.Load() == 0, "" })
}
