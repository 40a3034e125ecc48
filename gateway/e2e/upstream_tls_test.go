package e2e

import (
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

// startHandshakes answers connections with a handshake and nothing more.
func startHandshakes(t *testing.T, c *tls.Config) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			nc, err := listener.Accept()
			if err != nil {
				return
			}
			_ = nc.SetDeadline(time.Now().Add(patience))
			secure := tls.Server(nc, c)
			_ = secure.HandshakeContext(t.Context()) // that it fails is the point
			nc.Close()
		}
	}()
	t.Cleanup(func() {
		listener.Close()
		<-done
	})
	return listener.Addr().String()
}

// What a client is told of an upstream's TLS says what happened and neither where
// nor to whom; the log has the rest.
func TestUpstreamsWithBadTLSAreRefusedCountedAndLogged(t *testing.T) {
	ca, stranger := newAuthority(t), newAuthority(t)
	server := func(by *authority, until time.Duration, change func(*tls.Config)) *tls.Config {
		certificate, err := tls.LoadX509KeyPair(by.issueUntil(t, "origin.internal", time.Now().Add(until)))
		if err != nil {
			t.Fatal(err)
		}
		c := &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: []string{"h2", "http/1.1"}}
		if change != nil {
			change(c)
		}
		return c
	}
	for name, c := range map[string]struct {
		origin     *tls.Config
		serverName string
		logged     string // contained in the log
		protocols  string
	}{
		"TLS 1.1": {server(ca, time.Hour, func(c *tls.Config) {
			c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
		}), "origin.internal", "protocol version", "h2 http1"},
		"another name": {server(ca, time.Hour, nil), "other.internal", "not other.internal", "h2 http1"},
		"expired":      {server(ca, -time.Minute, nil), "origin.internal", "expired", "h2 http1"},
		"a stranger's": {server(stranger, time.Hour, nil), "origin.internal", "unknown authority", "h2 http1"},
		"no h2": {server(ca, time.Hour, func(c *tls.Config) {
			c.NextProtos = []string{"http/1.1"}
		}), "origin.internal", "no application protocol", "h2"},
		"no ALPN": {server(ca, time.Hour, func(c *tls.Config) {
			c.NextProtos = nil
		}), "origin.internal", "does not speak h2", "h2"},
		"a suite that HTTP/2 forbids": {server(ca, time.Hour, func(c *tls.Config) {
			c.MaxVersion, c.CipherSuites = tls.VersionTLS12, []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA}
		}), "origin.internal", "handshake failure", "h2"},
		"no certificate of ours is asked for and none is trusted": {server(ca, time.Hour, func(c *tls.Config) {
			c.ClientAuth, c.ClientCAs, c.MaxVersion = tls.RequireAndVerifyClientCert, stranger.pool(), tls.VersionTLS12
		}), "origin.internal", "handshake", "h2 http1"},
	} {
		for protocol := range strings.FieldsSeq(c.protocols) {
			t.Run(protocol+", "+name, func(t *testing.T) {
				address := startHandshakes(t, c.origin)
				settings := fmt.Sprintf("protocol: %s\n    tls: {ca_file: %q, server_name: %q}", protocol, ca.caFile, c.serverName)
				g := startGateway(t, strings.Replace(plainConfig(address), "protocol: h2c", settings, 1))
				for _, version := range []string{"--http2-prior-knowledge", "--http1.1"} {
					got := curl(t, version, "http://"+g.address["edge"]+"/")
					if want := "hopscope: upstream origin is unreachable: the TLS handshake failed\n"; got.status != 503 || got.body != want {
						t.Errorf("%s: %d %q, want 503 %q", version, got.status, got.body, want)
					}
				}
				line := g.waitLog("endpoint cannot be reached")
				if !strings.Contains(line, c.logged) || !strings.Contains(line, address) {
					t.Errorf("the log does not say %q of %s: %s", c.logged, address, line)
				}
				if g.counter("hopscope_tls_handshakes_total", `side="upstream"`, `result="error"`) < 1 {
					t.Error("not counted")
				}
				eventually(t, "two exchanges ended", func() (bool, string) {
					ended := g.counter("hopscope_stream_end_total", `reason="upstream_unreachable"`)
					return ended == 2, fmt.Sprint(ended)
				})
			})
		}
	}
}
