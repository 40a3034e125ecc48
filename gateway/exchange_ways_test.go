package gateway_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/hopscope/hopscope/gateway"
	"github.com/hopscope/hopscope/gateway/config"
	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/loop/looptest"
)

// differential is net/http on both sides of a gateway.
type differential struct {
	ways [numWays]way

	mu    sync.Mutex
	plans map[string]*plan
	next  int
}

// way is a client and where it finds the gateway.
type way struct {
	client    *http.Client
	url, host string
}

// What a way may be, the bits of its number: h2c on both sides otherwise.
const (
	oldClient    = 1 << iota // the client speaks HTTP/1.1
	oldOrigin                // the origin does
	secureClient             // TLS on the client's connection
	secureOrigin             // and on the origin's
	numWays      = 1 << iota
)

func newDifferential(f *testing.F) *differential {
	d := &differential{plans: make(map[string]*plan)}
	dir := f.TempDir()
	certificate, roots := looptest.Certificate(f)
	writeCertificate(f, dir, certificate)
	plain := d.serveOn(f, nil)
	secure := d.serveOn(f, &tls.Config{Certificates: []tls.Certificate{certificate}})
	for _, origin := range []struct {
		kind              int
		address, settings string
	}{
		{0, plain, "protocol: h2c"},
		{oldOrigin, plain, "protocol: http1"},
		{secureOrigin, secure, "protocol: h2, tls: {ca_file: cert.pem}"},
		{oldOrigin | secureOrigin, secure, "protocol: http1, tls: {ca_file: cert.pem}"},
	} {
		cfg, err := config.Parse(fmt.Appendf(nil, `
listeners:
  - {name: plain, address: "127.0.0.1:0"}
  - {name: secure, address: "127.0.0.1:0", tls: {cert_file: cert.pem, key_file: key.pem}}
upstreams: [{name: web, endpoints: [%q], %s}]
routes: [{name: all, upstream: web}]
`, origin.address, origin.settings), "fuzz.yaml", dir)
		if err != nil {
			f.Fatal(err)
		}
		g, err := gateway.Start(cfg, gateway.Options{Observer: silent{}, Logger: slog.New(slog.DiscardHandler), Clock: event.NewClock(), Workers: 1})
		if err != nil {
			f.Fatal(err)
		}
		f.Cleanup(func() {
			now := make(chan struct{})
			close(now)
			g.Drain(now)
		})
		for _, client := range []int{0, oldClient, secureClient, oldClient | secureClient} {
			d.ways[origin.kind|client] = newWay(f, client, g.Addresses(), roots)
		}
	}
	return d
}

// serveOn begins to serve, with HTTP/2 and HTTP/1.1, and returns the address.
func (d *differential) serveOn(f *testing.F, secure *tls.Config) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		f.Fatal(err)
	}
	s := &http.Server{
		Handler: http.HandlerFunc(d.serve), Protocols: new(http.Protocols),
		TLSConfig: secure, ErrorLog: log.New(io.Discard, "", 0),
	}
	s.Protocols.SetHTTP1(true)
	serve := s.Serve
	if secure == nil {
		s.Protocols.SetUnencryptedHTTP2(true)
	} else {
		s.Protocols.SetHTTP2(true)
		serve = func(ln net.Listener) error { return s.ServeTLS(ln, "", "") }
	}
	var serving sync.WaitGroup
	serving.Go(func() { _ = serve(ln) })
	f.Cleanup(func() { s.Close(); serving.Wait() })
	return ln.Addr().String()
}

func newWay(f *testing.F, kind int, addresses map[string]string, roots *x509.CertPool) way {
	transport := &http.Transport{
		Protocols: new(http.Protocols), DisableCompression: true, TLSClientConfig: &tls.Config{RootCAs: roots},
	}
	w := way{host: addresses["plain"], url: "http://" + addresses["plain"]}
	if kind&secureClient != 0 {
		w = way{host: addresses["secure"], url: "https://" + addresses["secure"]}
	}
	switch {
	case kind&oldClient != 0:
		transport.Protocols.SetHTTP1(true)
	case kind&secureClient != 0:
		transport.Protocols.SetHTTP2(true)
	default:
		transport.Protocols.SetUnencryptedHTTP2(true)
	}
	w.client = &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	f.Cleanup(transport.CloseIdleConnections)
	return w
}

// writeCertificate writes cert.pem and key.pem.
func writeCertificate(f *testing.F, dir string, c tls.Certificate) {
	key, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		f.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		"cert.pem": {Type: "CERTIFICATE", Bytes: c.Certificate[0]},
		"key.pem":  {Type: "PRIVATE KEY", Bytes: key},
	} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			f.Fatal(err)
		}
	}
}
