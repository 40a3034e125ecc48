package load

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/uber/jaeger-client-go"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/fault"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/services"
)

// front is a plain reverse proxy in the gateway's place: these tests are about
// services and load; the demo's own test has the real gateway.
type front struct {
	addr      string
	exported  atomic.Int64 // bytes that clients took of large exports
	uploading atomic.Int64 // uploads under way
}

// countingWriter counts what is written to a client.
type countingWriter struct {
	http.ResponseWriter
	n *atomic.Int64
}

func (w countingWriter) Write(p []byte) (int, error) {
	n, err := w.ResponseWriter.Write(p)
	w.n.Add(int64(n))
	return n, err
}

func (w countingWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func newFront(t *testing.T, routes map[string]string) *front {
	t.Helper()
	f := &front{}
	p := new(http.Protocols)
	p.SetUnencryptedHTTP2(true)
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			for prefix, addr := range routes {
				if strings.HasPrefix(r.In.URL.Path, prefix) {
					r.SetURL(&url.URL{Scheme: "http", Host: addr})
					r.Out.URL.Path = r.In.URL.Path
				}
			}
		},
		Transport:     &http.Transport{Protocols: p},
		FlushInterval: -1,
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
			w.WriteHeader(http.StatusBadGateway)
		},
	}
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Query().Get("bytes") == fmt.Sprint(slowBody):
			w = countingWriter{w, &f.exported}
		case r.URL.Path == "/orders/import":
			f.uploading.Add(1)
			defer f.uploading.Add(-1)
		}
		proxy.ServeHTTP(w, r)
	}))
	srv.Config.Protocols = p
	srv.Start()
	t.Cleanup(srv.Close)
	f.addr = strings.TrimPrefix(srv.URL, "http://")
	return f
}

type stand struct {
	front  *front
	users  *services.UsersReplica
	orders *services.OrdersReplica
	gen    *Generator
}

// start runs all services behind a front, and load on it, until the test ends.
func start(t *testing.T) *stand {
	t.Helper()
	var replicas []*services.Replica
	for range 3 {
		r, err := services.Listen("127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		replicas = append(replicas, r)
	}
	s := &stand{front: newFront(t, map[string]string{
		"/hopscope.demo.users.v1.Users/":       replicas[0].Addr(),
		"/hopscope.demo.profiles.v1.Profiles/": replicas[1].Addr(),
		"/orders":                              replicas[2].Addr(),
	})}
	s.users = services.Users(replicas[0], "users-1", nil)
	t.Cleanup(s.users.Close)
	profiles, err := services.Profiles(replicas[1], s.front.addr, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(profiles.Close)
	s.orders, err = services.Orders(replicas[2], s.front.addr, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.orders.Close)
	s.gen, err = New(Config{Target: s.front.addr, Rate: 100, Watchers: 2})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.gen.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
		if err := s.gen.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// until polls until ok, for five minutes at most.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-ctx.Done():
			t.Fatalf("not within five minutes: %s", what)
		case <-tick.C:
		}
	}
}

// failed reports whether requests failed for another reason than that the machine
// was too busy for their timeout.
func failed(s Stat) bool {
	return s.Failed > 0 && !strings.Contains(s.LastError, context.DeadlineExceeded.Error()) && !strings.Contains(s.LastError, "DeadlineExceeded")
}

func TestEveryKindOfLoadIsAnsweredWell(t *testing.T) {
	s := start(t)
	done := map[string]int{}
	until(t, "a few of each kind", func() bool {
		for _, st := range s.gen.Take() {
			if failed(st) {
				t.Fatalf("%s failed: %s", st.Kind, st.LastError)
			}
			done[st.Kind] += st.Done
		}
		return done["users"] > 20 && done["place"] > 3 && done["export"] > 2 && done["import"] > 2
	})
}

func TestFailuresAreCountedWithTheirReason(t *testing.T) {
	s := start(t)
	s.users.SetFailing(true)
	want := map[string]string{"users": "failing-replica", "place": "502"}
	until(t, "failures of users and of orders placed", func() bool {
		for _, st := range s.gen.Take() {
			if st.Failed > 0 && strings.Contains(st.LastError, want[st.Kind]) {
				delete(want, st.Kind)
			}
		}
		return len(want) == 0
	})
}

func TestStalledUploadsWaitAndThenEnd(t *testing.T) {
	s := start(t)
	s.orders.SetStalled(true)
	until(t, "all slots of uploads hang", func() bool { return s.front.uploading.Load() >= maxImports })
	// Others on the same connections are not held up.
	place := 0
	until(t, "orders are placed meanwhile", func() bool {
		for _, st := range s.gen.Take() {
			if st.Kind == "place" {
				if failed(st) {
					t.Fatal(st.LastError)
				}
				place += st.Done
			}
		}
		return place >= 5
	})
	s.orders.SetStalled(false)
	ended := 0
	until(t, "the uploads go on", func() bool {
		for _, st := range s.gen.Take() {
			if st.Kind == "import" {
				if failed(st) {
					t.Fatal(st.LastError)
				}
				ended += st.Done
			}
		}
		return ended >= maxImports
	})
}

func TestSlowConsumersTakeHardlyAnything(t *testing.T) {
	s := start(t)
	board := fault.NewBoard(s.gen.Faults()...)
	if _, err := board.Set(t.Context(), SlowConsumer, true); err != nil {
		t.Fatal(err)
	}
	until(t, "their first windows", func() bool { return s.front.exported.Load() >= slowClients*slowWindow })
	// Buffers on the way take some; the bodies are 256 MiB each.
	if n := s.front.exported.Load(); n > 64<<20 {
		t.Errorf("slow consumers took %d bytes", n)
	}
	if _, err := board.Set(t.Context(), SlowConsumer, false); err != nil {
		t.Fatal(err)
	}
}

func TestSlowConsumersGiveUpAndBeginAgain(t *testing.T) {
	var begun, ended atomic.Int64
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun.Add(1)
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		ended.Add(1)
	}))
	srv.Config.Protocols = new(http.Protocols)
	srv.Config.Protocols.SetUnencryptedHTTP2(true)
	srv.Start()
	t.Cleanup(srv.Close)
	transport := newTransport(slowWindow)
	t.Cleanup(transport.CloseIdleConnections)
	g := &Generator{base: srv.URL}
	g.download(t.Context(), transport, time.Second)
	g.download(t.Context(), transport, time.Second)
	until(t, "both downloads end", func() bool { return begun.Load() == 2 && ended.Load() == 2 })
}

func TestTheTracesOfSlowConsumersAreAlwaysKept(t *testing.T) {
	sampler, err := jaeger.NewProbabilisticSampler(0.0001)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for range 1000 {
		header := keptTraceparent()
		var version, flags byte
		var id jaeger.TraceID
		var span uint64
		if _, err := fmt.Sscanf(header, "%02x-%16x%16x-%16x-%02x", &version, &id.High, &id.Low, &span, &flags); err != nil {
			t.Fatalf("%q: %v", header, err)
		}
		if kept, _ := sampler.IsSampled(id, ""); !kept || id.Low == 0 || span == 0 || seen[header] {
			t.Fatalf("%q is not kept, or no trace of its own", header)
		}
		seen[header] = true
	}
}

func TestBadConfigurationsAreRefused(t *testing.T) {
	for _, c := range []Config{
		{Target: "nonsense", Rate: 1},
		{Target: "127.0.0.1:1", Rate: 0},
		{Target: "127.0.0.1:1", Rate: 6000},
		{Target: "127.0.0.1:1", Rate: 1, Watchers: -1},
	} {
		if g, err := New(c); err == nil {
			g.Close()
			t.Errorf("%+v was accepted", c)
		}
	}
}

func TestTheSeedDecidesWhichRequestsThereAre(t *testing.T) {
	sequence := func(seed uint64) string {
		g := &Generator{cfg: Config{Seed: seed}}
		var all string
		for _, kind := range []string{"users", "place"} {
			r := g.random(kind)
			for range 5 {
				all += fmt.Sprintf("%.3f %d ", r.ExpFloat64(), r.Uint64N(maxUser))
			}
		}
		return all
	}
	one, again, two := sequence(1), sequence(1), sequence(2)
	if one != again || one == two {
		t.Errorf("%s\n%s\n%s", one, again, two)
	}
}

func TestTrafficDropsToNothingAndComesBack(t *testing.T) {
	s := start(t)
	board := fault.NewBoard(s.gen.Faults()...)
	done := func() (n int) {
		for _, st := range s.gen.Take() {
			n += st.Done
		}
		return n
	}
	until(t, "traffic", func() bool { return done() > 0 })
	if _, err := board.Set(t.Context(), TrafficDrop, true); err != nil {
		t.Fatal(err)
	}
	done() // what ended before
	if n := done(); n > 0 {
		t.Errorf("%d requests ended while there were none", n)
	}
	if _, err := board.Set(t.Context(), TrafficDrop, false); err != nil {
		t.Fatal(err)
	}
	until(t, "traffic again", func() bool { return done() > 0 })
}
