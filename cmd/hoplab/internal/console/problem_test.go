package console

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
)

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
	switches := source(t, Admin, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusSwitchingProtocols) })
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
		{"switches protocols", switches.shown(), "answers status 101", "--admin"},
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
