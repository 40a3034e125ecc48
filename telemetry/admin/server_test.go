package admin

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/hopscope/hopscope/gateway/config"
)

// patience bounds every wait for something that takes milliseconds.
const patience = time.Minute

// startServer serves a page of n bytes as /metrics.
func startServer(t *testing.T, n int, change func(*Server)) (address string, s *Server) {
	t.Helper()
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		block := bytes.Repeat([]byte("0123456789abcde\n"), 4096)
		for left := n; left > 0; left -= len(block) {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	})
	s = NewServer(New(Options{Config: &config.Config{}, Metrics: page}), nil)
	if change != nil {
		change(s)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(ln) // ends with ErrServerClosed
	}()
	t.Cleanup(func() {
		_ = s.Close()
		<-done
	})
	return ln.Addr().String(), s
}

func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	nc, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	_ = nc.SetDeadline(time.Now().Add(patience))
	return nc
}

// ask sends a request for a page and returns the status; 0: the connection ended.
func ask(t *testing.T, nc net.Conn, page string) int {
	t.Helper()
	if _, err := io.WriteString(nc, "GET "+page+" HTTP/1.1\r\nHost: admin\r\n\r\n"); err != nil {
		return 0
	}
	response, err := http.ReadResponse(bufio.NewReader(nc), nil)
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body) // as far as it comes
	return response.StatusCode
}

// ended waits for the end of a connection.
func ended(t *testing.T, nc net.Conn) {
	t.Helper()
	_, err := io.Copy(io.Discard, nc)
	if e, ok := err.(net.Error); ok && e.Timeout() {
		t.Error("the connection lasts")
	}
}

// eventually waits until done returns true.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for until := time.Now().Add(patience); !done(); {
		if time.Now().After(until) {
			t.Fatalf("%s: not within %v", what, patience)
		}
		time.Sleep(time.Millisecond)
	}
}

func TestTheServerBoundsWhatAPeerCanHold(t *testing.T) {
	_, s := startServer(t, 0, nil)
	h := &s.http
	if h.ReadHeaderTimeout <= 0 || h.ReadTimeout <= 0 || h.WriteTimeout <= 0 || h.IdleTimeout <= 0 || h.MaxHeaderBytes <= 0 {
		t.Errorf("a timeout or bound is missing: %+v", h)
	}
}

func TestASlowReaderIsEnded(t *testing.T) {
	const bytes = 64 << 20 // more than sockets hold
	address, s := startServer(t, bytes, func(s *Server) { s.http.WriteTimeout = 100 * time.Millisecond })
	nc := dial(t, address)
	if _, err := io.WriteString(nc, "GET /metrics HTTP/1.1\r\nHost: admin\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	// It reads the first byte, or none where the machine was slower, and then stops.
	if _, err := nc.Read(make([]byte, 1)); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal(err)
	}
	eventually(t, "the end of the connection", func() bool {
		s.conns.mu.Lock()
		defer s.conns.mu.Unlock()
		return len(s.conns.open) == 0
	})
	if n, _ := io.Copy(io.Discard, nc); n >= bytes-1 {
		t.Errorf("it got all of %d bytes", n)
	}
}

func TestSilentPeersMakeRoom(t *testing.T) {
	address, s := startServer(t, 0, func(s *Server) { s.conns.most = 8 })
	var silent []net.Conn
	for range s.conns.most {
		nc := dial(t, address)
		if len(silent)%2 == 0 && ask(t, nc, "/healthz") != 200 {
			t.Fatal("not answered")
		}
		silent = append(silent, nc)
	}
	for i := range 2 {
		nc := dial(t, address)
		if got := ask(t, nc, "/healthz"); got != 200 {
			t.Errorf("newcomer %d: %d", i, got)
		}
	}
	ended(t, silent[1]) // it never asked, and came before the others that did not
	s.conns.mu.Lock()
	defer s.conns.mu.Unlock()
	if n := len(s.conns.open); n != s.conns.most {
		t.Errorf("%d connections are open, want %d", n, s.conns.most)
	}
	if n := s.conns.refusals.counts[RefusedConnections].Load(); n != 2 {
		t.Errorf("%d counted, want 2", n)
	}
}

func TestWhenAllAreBusyANewcomerIsRefused(t *testing.T) {
	release, busy := make(chan struct{}), make(chan struct{}, 4)
	page := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		busy <- struct{}{}
		<-release
	})
	address, s := startServer(t, 0, func(s *Server) {
		s.conns.most = 4
		s.http.Handler = New(Options{Config: &config.Config{}, Metrics: page})
	})
	defer close(release)
	for range s.conns.most {
		nc := dial(t, address)
		if _, err := io.WriteString(nc, "GET /metrics HTTP/1.1\r\nHost: admin\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		<-busy
	}
	ended(t, dial(t, address))
	if n := s.conns.refusals.counts[RefusedConnections].Load(); n != 1 {
		t.Errorf("%d counted, want 1", n)
	}
}

// certificate returns the TLS configuration of a server with a new certificate.
func certificate(t *testing.T) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"admin"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}

func TestTLSFollowsTheConfiguration(t *testing.T) {
	address, s := startServer(t, 0, nil)
	plain := dial(t, address)
	if got := ask(t, plain, "/healthz"); got != 200 {
		t.Fatalf("plain text: %d", got)
	}
	s.SetTLS(certificate(t))
	ended(t, plain) // whom plain text let in has to come in again
	secure := tls.Client(dial(t, address), &tls.Config{InsecureSkipVerify: true})
	if got := ask(t, secure, "/healthz"); got != 200 {
		t.Errorf("TLS: %d", got)
	}
	if got := ask(t, dial(t, address), "/healthz"); got != 400 {
		t.Errorf("plain text where TLS is spoken: %d", got)
	}
	before := secure.ConnectionState().PeerCertificates[0]
	s.SetTLS(certificate(t))
	ended(t, secure)
	again := tls.Client(dial(t, address), &tls.Config{InsecureSkipVerify: true})
	if got := ask(t, again, "/healthz"); got != 200 || again.ConnectionState().PeerCertificates[0].Equal(before) {
		t.Errorf("a new certificate: %d, and it is the old one", got)
	}
}

func TestFailedHandshakesAreCounted(t *testing.T) {
	address, s := startServer(t, 0, func(s *Server) {
		c := certificate(t)
		c.ClientAuth = tls.RequireAndVerifyClientCert
		s.SetTLS(c)
	})
	nc := tls.Client(dial(t, address), &tls.Config{InsecureSkipVerify: true})
	if got := ask(t, nc, "/healthz"); got != 0 {
		t.Errorf("without a client certificate: %d", got)
	}
	ended(t, nc.NetConn())
	eventually(t, "the count", func() bool { return s.conns.refusals.counts[RefusedHandshake].Load() == 1 })
}
