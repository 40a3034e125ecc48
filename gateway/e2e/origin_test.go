package e2e

import (
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// origin is the server behind the gateway: net/http, which shares no code with
// the gateway's own HTTP/2.
type origin struct {
	address     string
	connections atomic.Int64 // accepted so far
	served      atomic.Int64 // requests begun
	hanging     atomic.Int64 // requests at /hang now

	server *http.Server

	gate   chan struct{} // see /gate; closed by the test
	atGate chan struct{} // receives one value when a request waits at the gate

	mu    sync.Mutex
	last  http.Header           // of the latest request; guarded by mu
	begun map[string]int        // requests by path; guarded by mu
	conns map[net.Conn]struct{} // open now; guarded by mu
}

// startOrigin serves on a free port of the loopback until the test ends:
//
//	/            "hello from the origin", or what was sent
//	/large?bytes=N  N bytes
//	/hang        no response until the client gives up
//	/status?code=N  an empty response with that status
//	/discard     reads the request body and answers with its length
//	/gate        the first half of a body, and the second when gate is closed
//
// With a certificate it speaks HTTP/2 over TLS, else h2c and HTTP/1.1.
func startOrigin(t testing.TB, certificate *tls.Config) *origin {
	t.Helper()
	return serveOrigin(t, namespace("").listen(t, "127.0.0.1:0"), certificate)
}

// serveOrigin is startOrigin with a listener of the test's.
func serveOrigin(t testing.TB, listener net.Listener, certificate *tls.Config) *origin {
	t.Helper()
	o := &origin{
		address: listener.Addr().String(),
		gate:    make(chan struct{}),
		atGate:  make(chan struct{}, 100),
		begun:   make(map[string]int),
		conns:   make(map[net.Conn]struct{}),
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	protocols.SetHTTP2(true)
	o.server = &http.Server{
		Handler:   o,
		Protocols: protocols,
		TLSConfig: certificate,
		ConnState: o.connState,
		// h2spec provokes an error on most connections.
		ErrorLog: log.New(io.Discard, "", 0),
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if certificate != nil {
			_ = o.server.ServeTLS(listener, "", "") // ends with ErrServerClosed
		} else {
			_ = o.server.Serve(listener)
		}
	}()
	t.Cleanup(func() {
		_ = o.server.Close()
		<-done
	})
	return o
}

func (o *origin) connState(nc net.Conn, s http.ConnState) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch s {
	case http.StateNew:
		o.connections.Add(1)
		o.conns[nc] = struct{}{}
	case http.StateClosed, http.StateHijacked:
		delete(o.conns, nc)
	}
}

// crash ends the origin at once. Its system forgets the connections: where their
// peers hear nothing of it, they are half open.
func (o *origin) crash(t testing.TB) {
	t.Helper()
	o.mu.Lock()
	for nc := range o.conns {
		if err := nc.(*net.TCPConn).SetLinger(0); err != nil {
			t.Error(err)
		}
	}
	o.mu.Unlock()
	_ = o.server.Close()
}

func (o *origin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.served.Add(1)
	o.mu.Lock()
	o.last = r.Header
	o.begun[r.URL.Path]++
	o.mu.Unlock()
	number := func(name string) int {
		n, _ := strconv.Atoi(r.URL.Query().Get(name))
		return n
	}
	switch {
	case strings.HasSuffix(r.URL.Path, "/large"):
		left := number("bytes")
		w.Header().Set("Content-Length", strconv.Itoa(left))
		block := make([]byte, 32<<10)
		for left > 0 {
			n, err := w.Write(block[:min(left, len(block))])
			if err != nil {
				return
			}
			left -= n
		}
	case strings.HasSuffix(r.URL.Path, "/hang"):
		o.hanging.Add(1)
		<-r.Context().Done()
		o.hanging.Add(-1)
	case strings.HasSuffix(r.URL.Path, "/gate"):
		_, _ = io.WriteString(w, "before, ")
		_ = http.NewResponseController(w).Flush()
		o.atGate <- struct{}{}
		select {
		case <-o.gate:
			_, _ = io.WriteString(w, "after")
		case <-r.Context().Done():
		}
	case strings.HasSuffix(r.URL.Path, "/status"):
		w.WriteHeader(number("code"))
	case strings.HasSuffix(r.URL.Path, "/discard"):
		n, err := io.Copy(io.Discard, r.Body)
		if err != nil {
			return
		}
		fmt.Fprintf(w, "%d bytes\n", n)
	case r.Method == http.MethodPost:
		_, _ = io.Copy(w, r.Body) // the client may be gone
	default:
		_, _ = io.WriteString(w, "hello from the origin\n")
	}
}

// header returns a field of the latest request.
func (o *origin) header(name string) []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.last.Values(name)
}

// begunAt returns how many requests for a path have begun.
func (o *origin) begunAt(path string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.begun[path]
}

// waitAtGate waits until one more request is half answered, see /gate.
func (o *origin) waitAtGate(t testing.TB) {
	t.Helper()
	select {
	case <-o.atGate:
	case <-time.After(patience):
		t.Fatalf("no request came to the gate within %v", patience)
	}
}
