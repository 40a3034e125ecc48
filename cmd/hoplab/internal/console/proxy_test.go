package console

import (
	"bytes"
	"compress/gzip"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// echo answers what it was asked.
func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, "%s %s %s", r.Method, r.RequestURI, body)
}

// everySource are four sources that answer what they were asked.
func everySource(t *testing.T) []Source {
	var all []Source
	for _, name := range []string{Prometheus, Admin, Traces, Faults} {
		s := source(t, name, echo)
		s.URL.Path = "/base/" + name // as behind a prefix
		all = append(all, s)
	}
	return all
}

func TestWhatIsOfferedGoesWhereItBelongs(t *testing.T) {
	srv := serve(t, everySource(t)...)
	for _, tc := range []struct{ method, path, want string }{
		{"GET", "prometheus/query?query=sum(up)%20%3E%200&time=1", "/base/prometheus/api/v1/query?query=sum(up)%20%3E%200&time=1"},
		{"GET", "prometheus/query_range?query=up&start=1&end=2&step=1", "/base/prometheus/api/v1/query_range?query=up&start=1&end=2&step=1"},
		{"GET", "prometheus/query_exemplars?query=a;b", "/base/prometheus/api/v1/query_exemplars?query=a;b"},
		{"GET", "prometheus/labels", "/base/prometheus/api/v1/labels"},
		{"GET", "prometheus/label/route/values?match[]=up", "/base/prometheus/api/v1/label/route/values?match[]=up"},
		{"GET", "prometheus/label/a%2Fb%3F/values", "/base/prometheus/api/v1/label/a%2Fb%3F/values"},
		{"GET", "prometheus/series?match[]=up&match[]=down", "/base/prometheus/api/v1/series?match[]=up&match[]=down"},
		{"GET", "prometheus/rules", "/base/prometheus/api/v1/rules"},
		{"GET", "prometheus/alerts", "/base/prometheus/api/v1/alerts"},
		{"GET", "prometheus/metadata?metric=up", "/base/prometheus/api/v1/metadata?metric=up"},
		{"GET", "prometheus/status/buildinfo", "/base/prometheus/api/v1/status/buildinfo"},
		{"GET", "prometheus/targets", "/base/prometheus/api/v1/targets"},
		{"GET", "admin/streams", "/base/admin/streams"},
		{"GET", "admin/connections", "/base/admin/connections"},
		{"GET", "admin/config", "/base/admin/config"},
		{"GET", "admin/readyz", "/base/admin/readyz"},
		{"GET", "traces/services", "/base/traces/api/services"},
		{"GET", "traces/services/users/operations", "/base/traces/api/services/users/operations"},
		{"GET", "traces/search?service=users&tags=%7B%22error%22%3A%22true%22%7D", "/base/traces/api/traces?service=users&tags=%7B%22error%22%3A%22true%22%7D"},
		{"GET", "traces/0123456789abcdef", "/base/traces/api/traces/0123456789abcdef"},
		{"PUT", "faults/latency", "/base/faults/faults/latency"},
	} {
		if a := do(t, srv, tc.method, "/api/"+tc.path, nil); a.StatusCode != http.StatusOK || a.body != tc.method+" "+tc.want+" " {
			t.Errorf("%s: %s %q", tc.path, a.Status, a.body)
		}
	}
}

func TestNothingElseIsPassedOn(t *testing.T) {
	var asked atomic.Int32
	count := func(http.ResponseWriter, *http.Request) { asked.Add(1) }
	srv := serve(t, source(t, Prometheus, count), source(t, Admin, count), source(t, Traces, count), source(t, Faults, count))
	for _, request := range []string{
		"GET /api/prometheus/../admin/tsdb/delete_series",
		"POST /api/prometheus/../admin/tsdb/delete_series",
		"GET /api/prometheus/%2e%2e/admin/streams",
		"GET /api/prometheus/admin/tsdb/delete_series",
		"POST /api/prometheus/admin/tsdb/snapshot",
		"GET /api/prometheus/query/",
		"GET /api/prometheus/label/%2e%2e/values",
		"GET /api/prometheus/label/./values",
		"GET /api/prometheus/label//values",
		"GET /api/prometheus/status/config",
		"GET /api/prometheus/status/flags",
		"GET /api/prometheus/write",
		"POST /api/prometheus/series",
		"PUT /api/prometheus/query",
		"DELETE /api/prometheus/query",
		"GET /api/admin/metrics",
		"GET /api/admin/",
		"GET /api/admin/debug/pprof/heap",
		"GET /api/admin/streams/../debug/pprof/heap",
		"POST /api/admin/streams",
		"POST /api/traces/search",
		"GET /api/traces/..",
		"GET /api/traces/%2e",
		"GET /api/traces/services/%2e%2e/operations",
		"GET /api/traces/a/b",
		"GET /api/faults/latency",
		"PUT /api/faults/%2e%2e",
		"PUT /api/faults",
		"POST /api/faults/latency",
		"CONNECT /api/prometheus/query",
		"OPTIONS /api/prometheus/query",
	} {
		method, path, _ := strings.Cut(request, " ")
		c, err := net.Dial("tcp", srv.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		// By hand: a client would tidy the path up.
		fmt.Fprintf(c, "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", method, path)
		text, err := io.ReadAll(c)
		c.Close()
		if err != nil || len(text) == 0 {
			t.Errorf("%s: %q, %v", request, text, err)
		}
		if status, _, _ := strings.Cut(string(text), "\r\n"); strings.Contains(status, " 200 ") {
			t.Errorf("%s: %s", request, status)
		}
	}
	// A % in a segment stays in its segment.
	if a := get(t, srv, "/api/prometheus/label/..%2f..%2fadmin/values"); a.StatusCode == http.StatusOK && asked.Load() != 1 {
		t.Errorf("got %s", a.Status)
	}
	if n := asked.Load(); n > 1 {
		t.Errorf("sources were asked %d times", n)
	}
}

func TestFormsArePassedOn(t *testing.T) {
	srv := serve(t, everySource(t)...)
	form := url.Values{"query": {"sum(up)"}}.Encode()
	a := do(t, srv, http.MethodPost, "/api/prometheus/query?stats=1", strings.NewReader(form), "Content-Type", "application/x-www-form-urlencoded")
	if want := "POST /base/prometheus/api/v1/query?stats=1 " + form; a.body != want {
		t.Errorf("got %q, want %q", a.body, want)
	}
	a = do(t, srv, http.MethodPut, "/api/faults/latency", strings.NewReader(`{"on":true}`))
	if want := `PUT /base/faults/faults/latency {"on":true}`; a.body != want {
		t.Errorf("got %q, want %q", a.body, want)
	}
	large := do(t, srv, http.MethodPost, "/api/prometheus/query", io.MultiReader(bytes.NewReader(make([]byte, maxBody+1))))
	if p := large.problem(t); p.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("a large form: %+v", p)
	}
}

func TestBrowsersCredentialsStayAndOursGoAlong(t *testing.T) {
	var header http.Header
	token := "first-token"
	s := source(t, Prometheus, func(_ http.ResponseWriter, r *http.Request) { header = r.Header })
	s.Token = func() (string, error) {
		if token == "" {
			return "", errors.New("token: no such file")
		}
		return token, nil
	}
	srv := serve(t, s)
	browser := []string{"Cookie", "a=b", "Authorization", "Basic x", "X-Forwarded-For", "1.2.3.4", "Accept", "application/json", "Referer", "http://localhost/"}
	for _, want := range []string{"first-token", "second-token"} {
		token = want // renewed
		get(t, srv, "/api/prometheus/rules", browser...)
		if got := header.Get("Authorization"); got != "Bearer "+want {
			t.Errorf("authorization %q", got)
		}
		header.Del("Authorization")
		if len(header) != 2 || header.Get("Accept") == "" || header.Get("User-Agent") != "hoplab/v1" {
			t.Errorf("passed on %v", header)
		}
	}
	token = ""
	if p := get(t, srv, "/api/prometheus/rules").problem(t); p.Status != http.StatusBadGateway || p.Reason != "token: no such file" || !strings.Contains(p.Remedy, "--prometheus-token-file") {
		t.Errorf("got %+v", p)
	}
}

func TestCredentialsOfURLsAreSentAndNeverShown(t *testing.T) {
	var user, password string
	live := source(t, Prometheus, func(_ http.ResponseWriter, r *http.Request) { user, password, _ = r.BasicAuth() })
	live.URL.User = url.UserPassword("me", "secret")
	dead := at(t, Traces, "http://me:secret@127.0.0.1:1/jaeger")
	srv := serve(t, live, dead)
	get(t, srv, "/api/prometheus/rules")
	if user != "me" || password != "secret" {
		t.Errorf("sent %q, %q", user, password)
	}
	for _, path := range []string{"/api/console", "/api/traces/services", "/api/traces/%2e"} {
		if a := get(t, srv, path); strings.Contains(a.body, "secret") || strings.Contains(a.body, "me:") {
			t.Errorf("%s: %s", path, a.body)
		}
	}
	if _, err := ParseURL("http://me:secret@[::1"); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
}

func TestErrorsOfSourcesArePassedThrough(t *testing.T) {
	srv := serve(t, source(t, Prometheus, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnprocessableEntity)
		_, _ = io.WriteString(w, `{"status":"error"}`)
	}))
	a := get(t, srv, "/api/prometheus/query")
	if a.StatusCode != http.StatusUnprocessableEntity || a.body != `{"status":"error"}` || a.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%s %s %v", a.Status, a.body, a.Header)
	}
}

func TestSourceThatWasNotNamedIsSaidSo(t *testing.T) {
	srv := serve(t, at(t, Admin, "http://127.0.0.1:1"))
	for path, flag := range map[string]string{"prometheus/query": "--prometheus", "traces/services": "--traces", "faults": "--faults"} {
		p := get(t, srv, "/api/"+path).problem(t)
		if p.Status != http.StatusNotFound || p.Reason != "not configured" || p.URL != "" || "--"+p.Source != flag || !strings.Contains(p.Remedy, flag+" URL") {
			t.Errorf("%s: %+v", path, p)
		}
	}
	if a := get(t, srv, "/api/console"); a.body != `{"demo":false,"sources":{"admin":{"url":"http://127.0.0.1:1"}},"version":"v1"}` {
		t.Errorf("got %s", a.body)
	}
	if _, err := New(Config{}); err == nil || !strings.Contains(err.Error(), "--prometheus") {
		t.Errorf("no source at all: %v", err)
	}
}

func TestSourcesThatDoNotAnswerAreNamed(t *testing.T) {
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	plain := source(t, Admin, echo)
	secret := httptest.NewUnstartedServer(http.HandlerFunc(echo))
	secret.Config.ErrorLog = log.New(io.Discard, "", 0)
	secret.StartTLS()
	t.Cleanup(secret.Close)
	elsewhere := source(t, Admin, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://login.example/?secret", http.StatusFound)
	})
	talks, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { talks.Close() })
	go func() {
		for {
			c, err := talks.Accept()
			if err != nil {
				return
			}
			_, _ = c.Read(make([]byte, 1))
			_, _ = io.WriteString(c, "500 unknown command\r\n")
			c.Close()
		}
	}()
	for _, tc := range []struct{ name, url, reason, remedy string }{
		{"dead", closed.URL, "connection refused", "is it running? --admin says where"},
		{"TLS asked of none", "https://" + plain.URL.Host, "speaks no TLS", "http:// in --admin"},
		{"unknown authority", secret.URL, "certificate signed by unknown authority", "--ca"},
		{"sends us elsewhere", elsewhere.shown(), "redirects to login.example", "--admin"},
		{"no HTTP", "http://" + talks.Addr().String(), "speaks no HTTP", "--admin"},
	} {
		p := get(t, serve(t, at(t, Admin, tc.url)), "/api/admin/streams").problem(t)
		if p.Status != http.StatusBadGateway || p.Source != Admin || p.URL != tc.url || p.Reason != tc.reason || !strings.Contains(p.Remedy, tc.remedy) {
			t.Errorf("%s: %+v", tc.name, p)
		}
	}
}

func TestReasonsAreShort(t *testing.T) {
	s := at(t, Admin, "https://gateway.example:9901")
	for _, tc := range []struct {
		err            error
		reason, remedy string
		status         int
	}{
		{&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "x", IsNotFound: true}}, "no such host", "correct the host in --admin", 502},
		{&net.OpError{Op: "dial", Err: &net.DNSError{Err: "i/o timeout", IsTimeout: true}}, "timeout", "overloaded", 504},
		{errors.New("readLoopPeekFailLocked: %!w(<nil>)"), "speaks no HTTP", "right port", 502},
		{&net.OpError{Op: "read", Err: syscall.ECONNRESET}, "connection reset", "is it running?", 502},
		{&net.OpError{Op: "dial", Err: syscall.EHOSTUNREACH}, "no route to host", "--admin", 502},
		{x509.HostnameError{Certificate: &x509.Certificate{}, Host: "a"}, "certificate is not for a", "--admin-server-name", 502},
		{x509.CertificateInvalidError{Reason: x509.Expired}, "certificate expired or not valid", "renew it", 502},
		{errors.New("remote error: tls: certificate required"), "certificate required", "--admin-cert and --admin-key", 502},
		{fmt.Errorf("Get %q: %w", "http://me:secret@x", io.EOF), "EOF", "is it running?", 502},
	} {
		if p := s.problem(tc.err); p.Reason != tc.reason || !strings.Contains(p.Remedy, tc.remedy) || p.Status != tc.status {
			t.Errorf("%v: %+v", tc.err, p)
		}
	}
}

func TestSourceThatHangsIsATimeout(t *testing.T) {
	s := source(t, Admin, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	r := newRelay(s, "v1")
	r.wait = time.Millisecond
	w := httptest.NewRecorder()
	r.serve(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil), route{source: Admin, target: "streams"})
	p := answer{w.Result(), w.Body.String()}.problem(t)
	if p.Status != http.StatusGatewayTimeout || p.Reason != "timeout" || !strings.Contains(p.Remedy, "--admin says where") {
		t.Errorf("got %+v", p)
	}
}

// A source may begin an answer and never end it.
func TestAnswerThatDoesNotEndIsCut(t *testing.T) {
	s := source(t, Admin, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "[")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	r := newRelay(s, "v1")
	r.rest = time.Millisecond
	srv := httptest.NewServer(r.handler(route{source: Admin, target: "streams"}))
	defer srv.Close()
	resp, err := http.Get(srv.URL)
	if err != nil {
		return // it was cut before its first byte left
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err == nil {
		t.Errorf("half an answer looks like a whole one: %q", body)
	}
}

func TestBrowserThatLeavesTakesItsRequestAlong(t *testing.T) {
	arrived, left := make(chan struct{}), make(chan struct{})
	srv := serve(t, source(t, Admin, func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
		close(left)
	}))
	c, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(c, "GET /api/admin/streams HTTP/1.1\r\nHost: localhost\r\n\r\n")
	<-arrived
	c.Close()
	select {
	case <-left:
	case <-time.After(time.Minute):
		t.Error("the source is still asked")
	}
}

// An answer goes on as it comes: the source sends the rest only when the browser has
// the beginning. The whole is far more than is held.
func TestHugeAnswersAreStreamed(t *testing.T) {
	const size = 64 << 20
	begun := make(chan struct{})
	srv := serve(t, source(t, Admin, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		block := bytes.Repeat([]byte("0123456789abcdef"), 1<<12)
		for sent := 0; sent < size; sent += len(block) {
			if sent == 16*len(block) {
				<-begun
			}
			if _, err := w.Write(block); err != nil {
				t.Errorf("after %d bytes: %v", sent, err)
				return
			}
		}
	}))
	client := http.Client{Transport: &http.Transport{DisableCompression: true, DisableKeepAlives: true}}
	resp, err := client.Get(srv.URL + "/api/admin/streams")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var first [1]byte
	if _, err := io.ReadFull(resp.Body, first[:]); err != nil {
		t.Fatal(err)
	}
	close(begun)
	n, err := io.Copy(io.Discard, resp.Body)
	if err != nil || n+1 != size {
		t.Errorf("got %d bytes, %v", n+1, err)
	}
}

func TestAnswersAreCompressedOnce(t *testing.T) {
	text := strings.Repeat("0123456789", 1000)
	packs := source(t, Prometheus, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.Header.Get("Accept-Encoding") != "gzip" {
			_, _ = io.WriteString(w, text)
			return
		}
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = io.WriteString(z, text)
		z.Close()
	})
	plain := source(t, Admin, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, text)
	})
	srv := serve(t, packs, plain)
	for _, path := range []string{"/api/prometheus/rules", "/api/admin/streams"} {
		a := get(t, srv, path, "Accept-Encoding", "gzip")
		if a.Header.Get("Content-Encoding") != "gzip" || len(a.body) > 1000 {
			t.Errorf("%s: %d bytes, %v", path, len(a.body), a.Header)
			continue
		}
		z, err := gzip.NewReader(strings.NewReader(a.body))
		if err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(z); err != nil || string(body) != text {
			t.Errorf("%s: %d bytes, %v", path, len(body), err)
		}
		if a := get(t, srv, path); a.body != text || a.Header.Get("Content-Encoding") != "" {
			t.Errorf("%s plain: %v", path, a.Header)
		}
	}
}
