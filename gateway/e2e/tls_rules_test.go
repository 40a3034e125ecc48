package e2e

import (
	"bufio"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// tlsListener starts a gateway with a TLS listener "tls" whose tls section has the
// given keys on top.
func tlsListener(t *testing.T, ca *authority, keys string) *gateway {
	t.Helper()
	o := startOrigin(t, nil)
	return startGateway(t, strings.Replace(twoListenerConfig(t, ca, o.address), "tls: {", "tls: {"+keys, 1))
}

// shake completes a handshake with the TLS listener.
func shake(t *testing.T, g *gateway, ca *authority, c *tls.Config) (*tls.Conn, error) {
	t.Helper()
	c.RootCAs, c.ServerName = ca.pool(), "localhost"
	nc, err := net.DialTimeout("tcp", g.address["tls"], patience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	_ = nc.SetDeadline(time.Now().Add(patience))
	secure := tls.Client(nc, c)
	return secure, secure.HandshakeContext(t.Context())
}

func TestOldVersionsOfTLSAreRefusedAndCounted(t *testing.T) {
	ca := newAuthority(t)
	g := tlsListener(t, ca, "")
	for _, version := range []uint16{tls.VersionTLS10, tls.VersionTLS11} {
		_, err := shake(t, g, ca, &tls.Config{MinVersion: version, MaxVersion: version, NextProtos: []string{"h2"}})
		if err == nil || !strings.Contains(err.Error(), "protocol version") {
			t.Errorf("%s: %v", tls.VersionName(version), err)
		}
	}
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		secure, err := shake(t, g, ca, &tls.Config{MinVersion: version, MaxVersion: version, NextProtos: []string{"h2"}})
		if err != nil || secure.ConnectionState().NegotiatedProtocol != "h2" {
			t.Errorf("%s: %v", tls.VersionName(version), err)
		}
	}
	eventually(t, "two failures in the metric", func() (bool, string) {
		page, _ := g.adminGet("/metrics", "text/plain")
		failed, _ := metric(page, "hopscope_tls_handshakes_total", `side="downstream"`, `result="error"`)
		return failed == 2, fmt.Sprint(failed)
	})
}

// allowedSuites are those of TLS 1.2 that RFC 9113 appendix A does not forbid and
// the gateway has, by the key of the certificate.
var allowedSuites = map[string][]uint16{
	"ECDSA": {
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
		tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
	},
	"RSA": {
		tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
		tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	},
}

// Not the list of appendix A, but every number there is: what the gateway takes
// must be one of six.
func TestNoOtherCipherSuiteCanBeNegotiated(t *testing.T) {
	ca := newAuthority(t)
	const handshakeFailure, fallback = 40, 0x5600 // TLS_FALLBACK_SCSV asks for another alert (RFC 7507)
	for kind, allowed := range allowedSuites {
		t.Run(kind, func(t *testing.T) {
			g := tlsListener(t, ca, "")
			if kind == "RSA" {
				key, err := rsa.GenerateKey(rand.Reader, 2048)
				if err != nil {
					t.Fatal(err)
				}
				ca.issueRSA(t, "gateway", key)
				showsFile(t, g, "tls", ca, filepath.Join(ca.dir, "gateway.pem"))
			}
			address := g.address["tls"]
			for _, suite := range allowed {
				if got := sendHello(t, address, []uint16{suite}, 0); got.suite != suite {
					t.Errorf("%s: %s", tls.CipherSuiteName(suite), got)
				}
			}
			var others []uint16
			for number := range 1 << 16 {
				if suite := uint16(number); suite != fallback && !slices.Contains(allowed, suite) {
					others = append(others, suite)
				}
			}
			for some := range slices.Chunk(others, 4000) {
				if got := sendHello(t, address, some, 0); got.alert != handshakeFailure {
					t.Errorf("of %#04x to %#04x: %s", some[0], some[len(some)-1], got)
				}
			}
			// RFC 9113 §9.2.1: no compression, whoever offers it.
			if got := sendHello(t, address, allowed, 1, 0); got.suite == 0 || got.compression != 0 {
				t.Errorf("with compression offered: %s", got)
			}
		})
	}
}

// issueRSA is issue for an RSA key.
func (a *authority) issueRSA(t testing.TB, name string, key *rsa.PrivateKey) {
	t.Helper()
	certFile, keyFile := a.issue(t, name)
	text, err := os.ReadFile(certFile)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	template, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	template.KeyUsage |= x509.KeyUsageKeyEncipherment // for suites that are forbidden
	template.PublicKeyAlgorithm, template.PublicKey, template.SignatureAlgorithm = x509.UnknownPublicKeyAlgorithm, nil, 0
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	writePEM(t, a.dir, filepath.Base(certFile), "CERTIFICATE", der)
	writePEM(t, a.dir, filepath.Base(keyFile), "PRIVATE KEY", private)
}

func TestALPNDecidesTheProtocol(t *testing.T) {
	ca := newAuthority(t)
	g := tlsListener(t, ca, "")
	for name, c := range map[string]struct {
		offered []string
		chosen  string
		alert   string // contained in the error; empty: none
	}{
		"only h2":                     {[]string{"h2"}, "h2", ""},
		"both":                        {[]string{"http/1.1", "h2"}, "h2", ""},
		"only HTTP/1.1":               {[]string{"http/1.1"}, "http/1.1", ""},
		"HTTP/1.1 and something else": {[]string{"spdy/3.1", "http/1.1"}, "http/1.1", ""},
		"no ALPN":                     {nil, "", ""},
		"something else":              {[]string{"spdy/3.1"}, "", "no application protocol"},
		"h2c":                         {[]string{"h2c"}, "", "no application protocol"},
		"HTTP/3":                      {[]string{"h3"}, "", "no application protocol"},
	} {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			secure, err := shake(t, g, ca, &tls.Config{NextProtos: c.offered, MinVersion: version, MaxVersion: version})
			if c.alert != "" {
				if err == nil || !strings.Contains(err.Error(), c.alert) {
					t.Errorf("%s, %s: %v, want the alert %q", name, tls.VersionName(version), err, c.alert)
				}
				continue
			}
			if err != nil || secure.ConnectionState().NegotiatedProtocol != c.chosen {
				t.Errorf("%s, %s: chose %q, %v", name, tls.VersionName(version), secure.ConnectionState().NegotiatedProtocol, err)
				continue
			}
			if c.chosen == "h2" {
				continue // h2spec and curl speak it elsewhere
			}
			if _, err := io.WriteString(secure, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
				t.Fatal(err)
			}
			if response, err := http.ReadResponse(bufio.NewReader(secure), nil); err != nil || response.StatusCode != 200 {
				t.Errorf("%s, %s: HTTP/1.1 is not answered: %v", name, tls.VersionName(version), err)
			}
		}
	}
	// RFC 9113 §3.2: over TLS, HTTP/2 is what ALPN chose and nothing else.
	secure, err := shake(t, g, ca, &tls.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(secure, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"); err != nil {
		t.Fatal(err)
	}
	if got, _ := io.ReadAll(secure); len(got) > 3 && got[3] == 4 { // a SETTINGS frame
		t.Errorf("HTTP/2 is spoken without ALPN: %q", got)
	}
}

// openssl runs openssl s_client against the TLS listener. Of input, lines come
// one after the other as openssl asks for them.
func openssl(t *testing.T, g *gateway, ca *authority, input string, args ...string) (output string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), tool(t, "openssl"),
		append([]string{"s_client", "-connect", g.address["tls"], "-CAfile", ca.caFile, "-servername", "localhost"}, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer stop.Stop()
	_, _ = io.WriteString(in, input) // it may have ended
	_ = cmd.Wait()                   // its status says less than its output
	return out.String()
}

func TestRenegotiationIsRefused(t *testing.T) {
	ca := newAuthority(t)
	g := tlsListener(t, ca, "")
	for _, protocol := range []string{"h2", "http/1.1"} {
		out := openssl(t, g, ca, "R\n", "-tls1_2", "-alpn", protocol)
		// SETTINGS can cross the ClientHello: openssl then gives up before the alert.
		refused := strings.Contains(out, "alert unexpected message") || protocol == "h2" && strings.Contains(out, "unexpected record")
		if !strings.Contains(out, "RENEGOTIATING") || !refused {
			t.Errorf("%s: asked for a new handshake and not refused:\n%s", protocol, tail(out))
		}
	}
	if got := curl(t, "--http2", "--cacert", ca.caFile, "https://"+g.address["tls"]+"/"); got.status != 200 {
		t.Errorf("afterwards: %d", got.status)
	}
}

func TestEarlyDataIsNotTaken(t *testing.T) {
	ca := newAuthority(t)
	g := tlsListener(t, ca, "")
	dir := t.TempDir()
	session, early := filepath.Join(dir, "session"), filepath.Join(dir, "early")
	const request = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
	if err := os.WriteFile(early, []byte(request), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"-tls1_3", "-alpn", "http/1.1", "-ign_eof"}
	if out := openssl(t, g, ca, request, append(args, "-sess_out", session)...); !strings.Contains(out, "hello from the origin") {
		t.Fatalf("no answer:\n%s", tail(out))
	}
	out := openssl(t, g, ca, request, append(args, "-sess_in", session, "-early_data", early)...)
	if !strings.Contains(out, "Reused, TLSv1.3") || !strings.Contains(out, "Early data was not sent") || strings.Count(out, "hello from the origin") != 1 {
		t.Errorf("not resumed, or early data was taken:\n%s", tail(out))
	}
}

func TestSessionsAreResumedAlsoAfterAReload(t *testing.T) {
	ca := newAuthority(t)
	g := tlsListener(t, ca, "")
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		cache := tls.NewLRUClientSessionCache(4)
		resumed := func() bool {
			secure, err := shake(t, g, ca, &tls.Config{
				NextProtos: []string{"http/1.1"}, MinVersion: version, MaxVersion: version, ClientSessionCache: cache,
			})
			if err != nil {
				t.Fatal(err)
			}
			// With TLS 1.3 the ticket comes with the first bytes that are read.
			if _, err := io.WriteString(secure, "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"); err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, secure); err != nil {
				t.Fatal(err)
			}
			return secure.ConnectionState().DidResume
		}
		if resumed() || !resumed() {
			t.Errorf("%s: the second connection does not resume the first", tls.VersionName(version))
		}
		before, _, _ := g.reloads()
		g.signal(syscall.SIGHUP)
		eventually(t, "a reload", func() (bool, string) {
			at, good, page := g.reloads()
			return good && at > before, tail(page)
		})
		if !resumed() {
			t.Errorf("%s: a reload that changes nothing takes the tickets away", tls.VersionName(version))
		}
	}
}

func TestClientCertificatesAreVerified(t *testing.T) {
	ca, stranger := newAuthority(t), newAuthority(t)
	g := tlsListener(t, ca, fmt.Sprintf("client_ca_file: %q, ", ca.caFile))
	load := func(certFile, keyFile string) []tls.Certificate {
		certificate, err := tls.LoadX509KeyPair(certFile, keyFile)
		if err != nil {
			t.Fatal(err)
		}
		return []tls.Certificate{certificate}
	}
	for name, c := range map[string]struct {
		certificates []tls.Certificate
		good         bool
	}{
		"good":           {load(ca.issue(t, "client")), true},
		"none":           {nil, false},
		"of a stranger":  {load(stranger.issue(t, "client")), false},
		"that has ended": {load(ca.issueUntil(t, "late", time.Now().Add(-time.Minute))), false},
	} {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			secure, err := shake(t, g, ca, &tls.Config{
				MinVersion: version, MaxVersion: version, NextProtos: []string{"http/1.1"},
				// Shown whatever the server asks for.
				GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
					if len(c.certificates) == 0 {
						return new(tls.Certificate), nil
					}
					return &c.certificates[0], nil
				},
			})
			if err == nil { // with TLS 1.3 the client is done first
				_, _ = io.WriteString(secure, "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
				_, err = http.ReadResponse(bufio.NewReader(secure), nil)
			}
			if (err == nil) != c.good {
				t.Errorf("%s, %s: %v", name, tls.VersionName(version), err)
			}
		}
	}
}
