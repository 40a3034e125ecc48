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
	"github.com/hopscope/hopscope/gateway/loop"
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
	oldClient = 1 << iota // the client speaks HTTP/1.1
	oldOrigin             // the origin does
	overTLS               // the client's connection
	numWays   = 1 << iota
)

func newDifferential(f *testing.F) *differential {
	d := &differential{plans: make(map[string]*plan)}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		f.Fatal(err)
	}
	quiet := log.New(io.Discard, "", 0)
	origin := &http.Server{Handler: http.HandlerFunc(d.serve), Protocols: protocols, ErrorLog: quiet}
	var serving sync.WaitGroup
	serving.Go(func() { _ = origin.Serve(ln) })
	f.Cleanup(func() { origin.Close(); serving.Wait() })

	dir := f.TempDir()
	certificate, roots := looptest.Certificate(f)
	writeCertificate(f, dir, certificate)
	for _, origin := range []int{0, oldOrigin} {
		protocol := "h2c"
		if origin != 0 {
			protocol = "http1"
		}
		cfg, err := config.Parse(fmt.Appendf(nil, `
listeners:
  - {name: plain, address: "127.0.0.1:0"}
  - {name: secure, address: "127.0.0.1:0", tls: {cert_file: cert.pem, key_file: key.pem}}
upstreams: [{name: web, endpoints: [%q], protocol: %s}]
routes: [{name: all, upstream: web}]
`, ln.Addr(), protocol), "fuzz.yaml", dir)
		if err != nil {
			f.Fatal(err)
		}
		g, err := gateway.Start(cfg, gateway.Options{Observer: silent{}, Logger: slog.New(slog.DiscardHandler), Clock: loop.NewClock(), Workers: 1})
		if err != nil {
			f.Fatal(err)
		}
		f.Cleanup(func() {
			now := make(chan struct{})
			close(now)
			g.Drain(now)
		})
		for _, client := range []int{0, oldClient, overTLS, oldClient | overTLS} {
			d.ways[origin|client] = newWay(f, client, g.Addresses(), roots)
		}
	}
	return d
}

func newWay(f *testing.F, kind int, addresses map[string]string, roots *x509.CertPool) way {
	transport := &http.Transport{
		Protocols: new(http.Protocols), DisableCompression: true, TLSClientConfig: &tls.Config{RootCAs: roots},
	}
	w := way{host: addresses["plain"], url: "http://" + addresses["plain"]}
	if kind&overTLS != 0 {
		w = way{host: addresses["secure"], url: "https://" + addresses["secure"]}
	}
	switch {
	case kind&oldClient != 0:
		transport.Protocols.SetHTTP1(true)
	case kind&overTLS != 0:
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
