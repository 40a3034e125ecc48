package console

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

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
	if head := do(t, srv, http.MethodHead, "/api/prometheus/query", nil); head.StatusCode != a.StatusCode || head.body != "" {
		t.Errorf("HEAD: %s %q", head.Status, head.body)
	}
	if a.StatusCode != http.StatusUnprocessableEntity || a.body != `{"status":"error"}` || a.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%s %s %v", a.Status, a.body, a.Header)
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
