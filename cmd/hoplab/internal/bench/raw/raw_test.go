package raw

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/plan"
)

func newOrigin(t *testing.T) *Origin {
	t.Helper()
	o, err := NewOrigin()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	})
	return o
}

func request(path string) Request {
	return Request{Scheme: "http", Authority: "origin", Path: path}
}

// bounded is a context that ends before the test's time is up.
func bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// server is net/http's, over TLS or with prior knowledge.
func server(t *testing.T, secure bool, h http.HandlerFunc) (string, *tls.Config) {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	if secure {
		s.EnableHTTP2 = true
		s.StartTLS()
		t.Cleanup(s.Close)
		pool := x509.NewCertPool()
		pool.AddCert(s.Certificate())
		return s.Listener.Addr().String(), &tls.Config{RootCAs: pool, ServerName: "example.com", NextProtos: []string{"h2"}, MinVersion: tls.VersionTLS13}
	}
	s.Config.Protocols = new(http.Protocols)
	s.Config.Protocols.SetUnencryptedHTTP2(true)
	s.Start()
	t.Cleanup(s.Close)
	return s.Listener.Addr().String(), nil
}

// The body is larger than the connection's window lets pass at once: the load
// has to wait for credit, and the origin to give it.
func TestLoadAndOriginKeepFlowControl(t *testing.T) {
	r := request("/128.bin")
	r.Body = make([]byte, 10_000)
	o := newOrigin(t)
	if err := (Load{Addr: o.Addr(), Connections: 3, Streams: 50, Requests: 2000, Request: r}).Run(bounded(t)); err != nil {
		t.Error(err)
	}
}

func TestUniqueFieldsDifferInEveryRequestAndOthersDoNot(t *testing.T) {
	var mu sync.Mutex
	ids, users, bodies := map[string]int{}, map[string]int{}, map[int64]int{}
	for _, secure := range []bool{false, true} {
		addr, config := server(t, secure, func(_ http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			ids[r.Header.Get("x-request-id")]++
			users[r.Header.Get("x-tenant")]++
			bodies[r.ContentLength]++
			_, _ = io.Copy(io.Discard, r.Body)
		})
		err := Load{
			Addr: addr, TLS: config, Connections: 2, Streams: 5, Requests: 100,
			Request: Request{
				Scheme: "http", Authority: "origin", Path: "/", Body: []byte{1, 2, 3},
				Fields: []plan.Field{{Name: "x-request-id", Value: "fixed"}, {Name: "x-tenant", Value: "acme"}, {Name: "content-length", Value: "3"}},
				Unique: []string{"x-request-id"},
			},
		}.Run(bounded(t))
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(ids) != 200 || ids["fixed"] != 0 {
		t.Errorf("%d different ids in 200 requests", len(ids))
	}
	for id := range ids {
		if len(id) != 32 || strings.Trim(id, "0123456789abcdef") != "" {
			t.Errorf("id %q", id)
		}
	}
	if users["acme"] != 200 || bodies[3] != 200 {
		t.Errorf("tenants %v, bodies %v", users, bodies)
	}
}

func TestLoadSendsExactlyItsRequestsOverItsPaths(t *testing.T) {
	var mu sync.Mutex
	paths := map[string]int{}
	addr, _ := server(t, false, func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		paths[r.URL.Path]++
	})
	l := Load{Addr: addr, Connections: 4, Streams: 3, Requests: 30, Request: request("/"), Paths: []string{"/a", "/b", "/c"}}
	if err := l.Run(bounded(t)); err != nil {
		t.Fatal(err)
	}
	if paths["/a"] != 10 || paths["/b"] != 10 || paths["/c"] != 10 {
		t.Errorf("got %v", paths)
	}
}

func TestAnswerThatIsNot2xxIsAnError(t *testing.T) {
	addr, _ := server(t, false, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	load := Load{Addr: addr, Connections: 2, Streams: 2, Requests: 10, Request: request("/")}
	if err := load.Run(bounded(t)); err == nil || !strings.Contains(err.Error(), "502") {
		t.Errorf("got %v", err)
	}
	paced := Paced{Addr: addr, Connections: 1, Rate: 1000, Request: request("/")}
	if _, err := paced.Run(bounded(t), time.Now(), nil); err == nil || !strings.Contains(err.Error(), "502") {
		t.Errorf("got %v", err)
	}
}

// A context that ends while a connection is made closes it, whatever it has become
// meanwhile.
func TestDialIsSafeFromTheEndOfItsContext(t *testing.T) {
	addr, config := server(t, true, func(http.ResponseWriter, *http.Request) {})
	for i := range 8 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(10+i*i)*10*time.Millisecond)
		if c, err := dial(ctx, addr, config); err == nil {
			<-ctx.Done()
			c.net.Close()
		}
		cancel()
	}
}

func TestLoadEndsWithItsContext(t *testing.T) {
	o := newOrigin(t)
	ctx, cancel := context.WithCancel(bounded(t))
	go func() {
		if o.AwaitSilent(ctx, 1) == nil {
			cancel()
		}
	}()
	err := Load{Addr: o.Addr(), Connections: 1, Streams: 1, Requests: 1, Request: request(Silent)}.Run(ctx)
	if err == nil || ctx.Err() == nil {
		t.Errorf("got %v", err)
	}
}

func TestHeldStreamsReachTheOriginAndStayOpen(t *testing.T) {
	o := newOrigin(t)
	r := request("/")
	r.Fields = plan.IdleFields()
	h, err := Hold(bounded(t), o.Addr(), nil, 3, r)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	r.Path = Silent
	total := 0
	if err := h.Open(20, r, func(n int) error {
		total = n
		return o.AwaitSilent(h.Context(), n)
	}); err != nil || total != 60 {
		t.Errorf("%d streams, %v", total, err)
	}
	if err := h.Context().Err(); err != nil {
		t.Error(context.Cause(h.Context()))
	}
}

func TestHeldStreamThatIsAnsweredIsAFailure(t *testing.T) {
	addr, _ := server(t, false, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("grpc-status", "14")
	})
	h, err := Hold(bounded(t), addr, nil, 1, request("/"))
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	if err := h.Open(1, request("/"), func(int) error { return nil }); err != nil {
		t.Fatal(err)
	}
	<-h.Context().Done()
	if err := context.Cause(h.Context()); !strings.Contains(err.Error(), "stream 3 was answered: 200 grpc-status 14") {
		t.Errorf("got %v", err)
	}
}

func TestStreamsThatDoNotArriveAreCounted(t *testing.T) {
	o := newOrigin(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := o.AwaitSilent(ctx, 7); err == nil || !strings.Contains(err.Error(), "0 of 7") {
		t.Errorf("got %v", err)
	}
}

func TestPacedLoadKeepsItsRate(t *testing.T) {
	const rate = 2000
	o := newOrigin(t)
	stop := make(chan struct{})
	timer := time.AfterFunc(300*time.Millisecond, func() { close(stop) })
	defer timer.Stop()
	start := time.Now()
	answers, err := Paced{Addr: o.Addr(), Connections: 1, Rate: rate, Request: request("/"), Paths: []string{"/a", "/b"}}.Run(bounded(t), start, stop)
	if err != nil {
		t.Fatal(err)
	}
	// What was due from the first to the last is sent, whatever the machine does
	// meanwhile.
	first, last := answers[0].Due, answers[0].Due
	for _, a := range answers {
		if a.Done < a.Due || a.Due < 0 {
			t.Fatalf("answered %v before it was due", a.Due-a.Done)
		}
		first, last = min(first, a.Due), max(last, a.Due)
	}
	if want := 1 + int((last-first)/(time.Second/rate)); len(answers) != want {
		t.Errorf("%d requests from %v until %v, want %d", len(answers), first, last, want)
	}
}

func TestClientThatSpeaksNoHTTP2IsAFailureOfTheOrigin(t *testing.T) {
	o, err := NewOrigin()
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.Get("http://" + o.Addr())
	if err == nil {
		response.Body.Close()
	}
	if err := o.Close(); err == nil || !strings.Contains(err.Error(), "no preface") {
		t.Errorf("got %v", err)
	}
}
