package e2e

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
)

// spanSink is a collector that takes everything, on a listener of the test's.
func spanSink(t *testing.T, l net.Listener) *http.Server {
	t.Helper()
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusAccepted)
	})}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	}()
	t.Cleanup(func() {
		_ = server.Close()
		<-done
	})
	return server
}

// residentMemory returns the gateway's resident bytes.
func (g *gateway) residentMemory() int64 {
	g.t.Helper()
	statm, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", g.process.Pid))
	if err != nil {
		g.t.Fatal(err)
	}
	pages, err := strconv.ParseInt(strings.Fields(string(statm))[1], 10, 64)
	if err != nil {
		g.t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}

// telemetryBound is what a gateway may need more while spans wait for a collector
// that is not there: 10,000 in the queue, two batches, and what the garbage
// collector has not freed yet.
const telemetryBound = 128 << 20

// The collector is cut off, then gone, then there but mute. Requests go on, memory
// stays bounded, lost spans are counted, and with the collector spans come back.
func TestCollectorIsGone(t *testing.T) {
	t.Parallel()
	const requests = 15_000 // each has two spans, and the queue holds 10,000
	n := newNetwork(t)
	w := n.wire()
	server := spanSink(t, w.space.listen(t, w.far+":14268"))
	o := serveOrigin(t, n.space.listen(t, "127.0.0.1:0"), nil)
	g := startGateway(t, tracedConfig(o.address, "all", "http://"+w.far+":14268/api/traces"), gatewayOptions{space: n.space})
	url := "http://" + g.address["edge"] + "/"
	load := func(count int) {
		t.Helper()
		if err := h2load(t.Context(), tool(t, "h2load"), count, url, n.space.command(t)...); err != nil {
			t.Error(err)
		}
	}
	spans := func(result string) float64 {
		return g.counter("hopscope_trace_spans_total", fmt.Sprintf("result=%q", result))
	}
	arrive := func() {
		t.Helper()
		before := spans("ok")
		eventually(t, "spans at the collector", func() (bool, string) {
			load(10)
			return spans("ok") > before, fmt.Sprint(spans("ok") - before)
		})
	}
	load(1000)
	arrive()
	base := g.residentMemory()
	lost := func(what string) {
		t.Helper()
		before := spans("dropped") + spans("err")
		load(requests)
		eventually(t, "lost spans counted while "+what, func() (bool, string) {
			n := spans("dropped") + spans("err") - before
			return n > requests/2, fmt.Sprint(n)
		})
		if grown := g.residentMemory() - base; grown > telemetryBound {
			t.Errorf("%s: memory grew by %d bytes, bound %d", what, grown, telemetryBound)
		}
	}

	w.cut()
	lost("the collector is cut off")
	w.mend()
	arrive()

	_ = server.Close()
	lost("the collector is gone")

	mute := w.space.listen(t, w.far+":14268")
	lost("the collector is mute")
	_ = mute.Close()
	spanSink(t, w.space.listen(t, w.far+":14268"))
	arrive()
	if log := g.logTail(); !strings.Contains(log, `"level":"ERROR","msg":"tracing: `) {
		t.Errorf("the log says nothing of it:\n%s", log)
	}
}

// manyRoutes makes a page of metrics that no socket's buffers hold.
func manyRoutes(origin string) string {
	var routes strings.Builder
	for i := range 400 {
		fmt.Fprintf(&routes, "  - {name: route-%d, match: {path_prefix: /%d/}, upstream: origin}\n", i, i)
	}
	return fmt.Sprintf(`
listeners:
  - {name: edge, address: "127.0.0.1:0"}
upstreams:
  - {name: origin, endpoints: [%q], protocol: h2c}
routes:
%s  - {name: all, match: {path_prefix: /}, upstream: origin}
admin: {address: "127.0.0.1:0"}
`, origin, &routes)
}

// Scrapers stop in the middle of /metrics, more of them than may scrape at once.
// Requests go on, memory stays bounded, and a scraper that reads is served again
// before the next scrape is due.
func TestScrapersThatStopReading(t *testing.T) {
	t.Parallel()
	o := startOrigin(t, nil)
	g := startGateway(t, manyRoutes(o.address))
	page, _ := g.adminGet("/metrics", "text/plain")
	if len(page) < 4<<20 {
		t.Fatalf("/metrics has %d bytes, which may fit into the buffers of a socket", len(page))
	}
	before := g.residentMemory()
	var stopped atomic.Int64
	for range 12 {
		nc, err := net.Dial("tcp", g.admin)
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		if err := nc.(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Fprintf(nc, "GET /metrics HTTP/1.1\r\nHost: %s\r\n\r\n", g.admin); err != nil {
			t.Fatal(err)
		}
		status, err := bufio.NewReaderSize(nc, 16).ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(status, "200") {
			stopped.Add(1)
		}
	}
	if stopped.Load() < 2 {
		t.Fatalf("%d scrapes had begun", stopped.Load())
	}
	if err := h2load(t.Context(), tool(t, "h2load"), 5000, "http://"+g.address["edge"]+"/"); err != nil {
		t.Error(err)
	}
	eventually(t, "a scrape", func() (bool, string) {
		body, status := g.adminGet("/metrics", "text/plain")
		return status == 200, body
	})
	if grown := g.residentMemory() - before; grown > telemetryBound {
		t.Errorf("memory grew by %d bytes, bound %d", grown, telemetryBound)
	}
}
