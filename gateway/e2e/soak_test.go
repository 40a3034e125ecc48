package e2e

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	"golang.org/x/net/http2"
)

// figure is something that must not grow.
type figure struct {
	name string
	read func(page string) float64
	// bound returns what is allowed at the end, of what it was after the first
	// cycle.
	bound func(first float64) float64
}

// figures are what the soak compares. All are read when every client is gone and
// garbage is collected.
func figures() []figure {
	value := func(name string, labels ...string) func(string) float64 {
		return func(page string) float64 {
			sum, _ := metric(page, name, labels...)
			return sum
		}
	}
	const mib = 1 << 20
	return []figure{
		// Connections to the origins stay, and how many were needed varies. One that
		// speaks HTTP/1.1 has a descriptor and two goroutines.
		{"goroutines", value("go_goroutines"), func(first float64) float64 { return first + 10 }},
		{
			"descriptors beside upstream connections", func(page string) float64 {
				return value("process_open_fds")(page) - value("hopscope_connections_open", `side="upstream"`)(page)
			},
			func(first float64) float64 { return first + 6 },
		},
		{"upstream connections", value("hopscope_connections_open", `side="upstream"`), func(first float64) float64 { return 2*first + 8 }},
		// What is kept for use again (ARCHITECTURE.md) takes a while to come to its size.
		{"live heap, bytes", value("go_memstats_heap_alloc_bytes"), func(first float64) float64 { return first + 16*mib }},
		{"live heap, objects", value("go_memstats_heap_objects"), func(first float64) float64 { return 1.5*first + 20_000 }},
		{"stacks, bytes", value("go_memstats_stack_inuse_bytes"), func(first float64) float64 { return first + 2*mib }},
		{"resident memory, bytes", value("process_resident_memory_bytes"), func(first float64) float64 { return 1.25*first + 32*mib }},
		// A reason or a code may occur for the first time late: the sets are closed.
		{
			"series", func(page string) float64 {
				lines := 0
				for line := range strings.Lines(page) {
					if !strings.HasPrefix(line, "#") {
						lines++
					}
				}
				return float64(lines)
			},
			func(first float64) float64 { return 1.1*first + 50 },
		},
		{"buffered bytes", value("hopscope_buffered_bytes"), func(float64) float64 { return 0 }},
	}
}

// TestSoak lets honest and hostile clients and faults come and go, in cycles of
// equal work, for as long as -soak says. What the gateway holds when all is quiet
// must not grow from the first cycle to the last.
func TestSoak(t *testing.T) {
	f := startFleet(t)
	g := startGateway(t, f.config(0))
	s := soaking{t: t, f: f, g: g}
	begun := time.Now()
	spoken := begun
	first := s.cycle() // pools, caches and series take the size that they need
	last, cycles := first, 1
	for cycles < 3 || time.Since(begun) < *soak {
		last = s.cycle()
		cycles++
		if time.Since(spoken) >= 10*time.Second {
			spoken = time.Now()
			t.Logf("%s, %d cycles: %s", time.Since(begun).Round(time.Second), cycles, s.progress(last))
		}
	}

	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "\tfirst\tlast\tbound\n")
	for _, x := range figures() {
		was, is := x.read(first), x.read(last)
		bound := x.bound(was)
		fmt.Fprintf(w, "%s\t%.0f\t%.0f\t%.0f\n", x.name, was, is, bound)
		if is > bound {
			t.Errorf("%s grew from %.0f to %.0f in %d cycles, the bound is %.0f", x.name, was, is, cycles, bound)
		}
	}
	_ = w.Flush()
	t.Logf("%d cycles in %s, %d requests answered, %d failed by the faults\n%s",
		cycles, time.Since(begun).Round(time.Second), s.answered, s.failed, table.String())
}

// soaking is a run of the soak.
type soaking struct {
	t                *testing.T
	f                *fleet
	g                *gateway
	answered, failed int
}

// cycle is one round of everything, and returns the metrics when all is quiet
// again. The same work is done in each.
func (s *soaking) cycle() (page string) {
	tr := newTraffic(s.t)
	tr.tolerant = true
	defer tr.stop()
	tr.everything(s.g, s.f.ca)
	tr.long("to http1", 2, transport(false, nil), "http://"+s.g.address["edge"]+"/old")
	tr.loop("scrapes", s.scrape)
	leave := s.silent()
	tr.flowing(1)

	s.g.reload(s.f.config(1))
	s.f.web[0].stop(server.kill)
	s.f.rpc[1].stop(server.kill)
	s.abort(20)
	tr.flowing(3) // without them
	s.f.web[0].start()
	s.f.rpc[1].start()
	s.attack()
	leave()                    // before the origins are asked to finish what they have begun
	s.g.reload(s.f.config(10)) // another kind of listener: its clients are told to go
	s.f.web[1].restart()
	s.f.rpc[2].restart()
	s.stuck(10)
	s.g.writeConfig("listeners: [")
	s.g.reload(s.f.config(0))
	tr.flowing(3) // with all again

	tr.stop()
	for _, n := range tr.counts() {
		s.answered += n
	}
	s.failed += tr.failed
	return s.quiet()
}

// scrape is what Prometheus and `hopscope streams` ask, and a little slower.
func (s *soaking) scrape(ctx context.Context) error {
	for path, accept := range map[string]string{
		"/metrics": "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
		"/streams": "", "/connections": "",
	} {
		req, err := http.NewRequestWithContext(ctx, "GET", "http://"+s.g.admin+path, nil)
		if err != nil {
			return err
		}
		req.Header.Set("Accept", accept)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK {
			return fmt.Errorf("%s: %s, %w", path, resp.Status, err)
		}
	}
	return nil
}

// silent are clients that stay and do not what they should: they ask for large
// bodies and read nothing, or slowly, or stop in the middle of a TLS handshake or
// of a header. close lets them go.
func (s *soaking) silent() (close func()) {
	var all []net.Conn
	dial := func(listener, text string) net.Conn {
		nc, err := net.Dial("tcp", s.g.address[listener])
		if err != nil {
			s.t.Fatal(err)
		}
		all = append(all, nc)
		_, _ = io.WriteString(nc, text)
		return nc
	}
	for range 5 {
		dial("tls", "\x16\x03\x01")                  // a handshake
		dial("edge", "GET /slow HTTP/1.1\r\nHost: ") // a header
		dial("edge", http2.ClientPreface[:10])       // a preface
		stopped := dial("edge", http2.ClientPreface) // a reader
		framer := http2.NewFramer(stopped, nil)      //
		block := []byte{0x82, 0x86, 0x04, 6, '/', 'l', 'a', 'r', 'g', 'e', 0x41, 1, 'a'}
		_ = framer.WriteSettings()
		for id := uint32(1); id < 20; id += 2 {
			_ = framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: block, EndHeaders: true, EndStream: true})
		}
	}
	slow := dial("edge", "GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
	quit, done := make(chan struct{}), make(chan struct{})
	tick := time.NewTicker(20 * time.Millisecond)
	go func() {
		defer func() { tick.Stop(); done <- struct{}{} }()
		buf := make([]byte, 1000)
		for {
			select {
			case <-tick.C:
				_, _ = slow.Read(buf)
			case <-quit:
				return
			}
		}
	}()
	return func() {
		quit <- struct{}{}
		for _, nc := range all {
			_ = nc.Close()
		}
		<-done
	}
}

// abort begins n downloads and gives each up after its first byte, half of them
// together with the connection.
func (s *soaking) abort(n int) {
	shared, hangUp := cutTransport(false)
	defer hangUp()
	for i := range n {
		t, cut := shared, func() {}
		if i%2 == 0 {
			t, cut = cutTransport(i%4 == 0)
		}
		ctx, cancel := context.WithTimeout(s.t.Context(), patience)
		req, err := http.NewRequestWithContext(ctx, "GET", "http://"+s.g.address["edge"]+"/large", nil)
		if err != nil {
			s.t.Fatal(err)
		}
		if resp, err := t.RoundTrip(req); err == nil { // else the fault was first
			_, _ = resp.Body.Read(make([]byte, 1))
			cut()
			cancel()
			_ = resp.Body.Close()
		}
		cut()
		cancel()
	}
}

// cutTransport returns a client's transport and a function that breaks its
// connections off, with RST.
func cutTransport(http1 bool) (t *http.Transport, cut func()) {
	var mu sync.Mutex
	var open []net.Conn
	t = transport(http1, nil)
	t.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		nc, err := new(net.Dialer).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		mu.Lock()
		defer mu.Unlock()
		open = append(open, nc)
		return nc, nc.(*net.TCPConn).SetLinger(0)
	}
	return t, func() {
		mu.Lock()
		defer mu.Unlock()
		for _, nc := range open {
			_ = nc.Close()
		}
		open = nil
	}
}

// stuck sends n bodies that the origin does not read, and gives up.
func (s *soaking) stuck(n int) {
	t, cut := cutTransport(false)
	var uploads sync.WaitGroup
	for range n {
		uploads.Go(func() {
			body := strings.NewReader(strings.Repeat("x", largeBody))
			req, err := http.NewRequestWithContext(s.t.Context(), "POST", "http://"+s.g.address["edge"]+"/stuck", body)
			if err != nil {
				return
			}
			if resp, err := t.RoundTrip(req); err == nil {
				_ = resp.Body.Close()
			}
		})
	}
	eventually(s.t, "uploads that nobody reads", func() (bool, string) {
		page, _ := s.g.adminGet("/metrics", "text/plain")
		open, _ := metric(page, "hopscope_streams_open", `route="stuck"`)
		return open == float64(n), fmt.Sprintf("%v open", open)
	})
	cut()
	uploads.Wait()
}

// attack is a few of the known attacks, each until it is ended.
func (s *soaking) attack() {
	for _, c := range attacks() {
		switch c.name {
		case "rapid reset", "CONTINUATION flood", "PING flood", "flood of malformed requests":
			a := newAttacker(s.t, s.g.address["edge"])
			if c.first != nil {
				c.first(a)
			}
			for i := 0; i < c.limit && !a.over(); i++ {
				c.step(a, i)
			}
			a.end()
			_ = a.conn.Close()
		}
	}
}

// quiet waits until every client is gone, has the gateway collect its garbage,
// and returns its metrics.
func (s *soaking) quiet() (page string) {
	s.t.Helper()
	eventually(s.t, "quiet after the traffic", func() (bool, string) {
		page, _ = s.g.adminGet("/metrics", "text/plain")
		streams, _ := metric(page, "hopscope_streams_open")
		clients, _ := metric(page, "hopscope_connections_open", `side="downstream"`)
		return streams == 0 && clients == 0, fmt.Sprintf("%v streams and %v client connections", streams, clients)
	})
	s.g.adminGet("/debug/pprof/heap?gc=1", "")
	page, _ = s.g.adminGet("/metrics", "text/plain")
	return page
}

// progress is a line of figures.
func (s *soaking) progress(page string) string {
	var b strings.Builder
	for _, x := range figures() {
		fmt.Fprintf(&b, "%s %.0f; ", x.name, x.read(page))
	}
	fmt.Fprintf(&b, "%d requests answered, %d failed by the faults", s.answered, s.failed)
	return b.String()
}
