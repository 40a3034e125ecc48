package e2e

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// shown returns the certificate that a listener shows to a new connection.
func shown(t *testing.T, g *gateway, listener string, ca *authority) *x509.Certificate {
	t.Helper()
	nc, err := tls.Dial("tcp", g.address[listener], &tls.Config{RootCAs: ca.pool(), ServerName: "localhost"})
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	return nc.ConnectionState().PeerCertificates[0]
}

// inFile returns the certificate in a file.
func inFile(t *testing.T, name string) *x509.Certificate {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		t.Fatalf("%s holds no PEM", name)
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}

// showsFile waits until a listener shows the certificate in a file.
func showsFile(t *testing.T, g *gateway, listener string, ca *authority, name string) {
	t.Helper()
	want := inFile(t, name)
	eventually(t, "the new certificate", func() (bool, string) {
		got := shown(t, g, listener, ca)
		return got.Equal(want), "serial " + got.SerialNumber.String()
	})
}

// copyFile puts the content of one file into another.
func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// waitReload waits until the last reload was good, or not, and returns the page
// of metrics that said so.
func (g *gateway) waitReload(good bool) (page string) {
	g.t.Helper()
	eventually(g.t, fmt.Sprintf("a reload that is good: %v", good), func() (bool, string) {
		var is bool
		_, is, page = g.reloads()
		return is == good, tail(page)
	})
	return page
}

func TestANewCertificateIsUsedAndOpenConnectionsStay(t *testing.T) {
	ca := newAuthority(t)
	o := startOrigin(t, nil)
	g := startGateway(t, twoListenerConfig(t, ca, o.address))
	certFile := filepath.Join(ca.dir, "gateway.pem")
	first := shown(t, g, "tls", ca)
	expiry := func(page string) float64 {
		at, _ := metric(page, "hopscope_tls_certificate_not_after_timestamp_seconds", `side="downstream"`, `name="tls"`)
		return at
	}
	if _, _, page := g.reloads(); expiry(page) != float64(first.NotAfter.Unix()) {
		t.Errorf("the first certificate ends at %d, the metric says %v", first.NotAfter.Unix(), expiry(page))
	}

	client := ca.client(t)
	url := "https://localhost:" + portOf(t, g, "tls")
	body := make(chan string, 1)
	go func() {
		_, text, err := get(t.Context(), client, url+"/gate")
		body <- fmt.Sprint(text, err)
	}()
	o.waitAtGate(t)

	ca.issueUntil(t, "gateway", time.Now().Add(30*time.Minute)) // no signal
	showsFile(t, g, "tls", ca, certFile)
	page := g.waitReload(true)
	if end := inFile(t, certFile).NotAfter; expiry(page) != float64(end.Unix()) {
		t.Errorf("the new certificate ends at %d, the metric says %v", end.Unix(), expiry(page))
	}
	close(o.gate)
	if got := <-body; got != "before, after<nil>" {
		t.Errorf("the stream that was open: %q", got)
	}
	response, err := client.Get(url + "/")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if !response.TLS.PeerCertificates[0].Equal(first) {
		t.Error("the connection that was open has been replaced")
	}
}

func TestABrokenCertificateLeavesTheOldOneAndTheOthersAreRenewed(t *testing.T) {
	ca := newAuthority(t)
	o := startOrigin(t, nil)
	otherCert, otherKey := ca.issue(t, "other")
	config := strings.Replace(twoListenerConfig(t, ca, o.address), "listeners:\n", fmt.Sprintf(
		"listeners:\n  - {name: second, address: \"127.0.0.1:0\", tls: {cert_file: %q, key_file: %q}}\n", otherCert, otherKey), 1)
	g := startGateway(t, config)
	certFile := filepath.Join(ca.dir, "gateway.pem")
	first := shown(t, g, "tls", ca)

	if err := os.WriteFile(certFile, []byte("-----BEGIN CERTIFICATE-----\nhalf of"), 0o600); err != nil {
		t.Fatal(err)
	}
	g.waitReload(false)
	line := g.waitLog(reloadRefused)
	if !strings.Contains(line, certFile) || !strings.Contains(line, "remedy") {
		t.Errorf("the log names no file or no remedy: %s", line)
	}
	if got := shown(t, g, "tls", ca); !got.Equal(first) {
		t.Error("the old certificate is not shown any more")
	}
	ca.issue(t, "other")
	showsFile(t, g, "second", ca, otherCert)
	if _, good, _ := g.reloads(); good {
		t.Error("the metric says that all is well")
	}
	ca.issue(t, "gateway")
	showsFile(t, g, "tls", ca, certFile)
	g.waitReload(true)
}

// A configuration file that is refused must not make certificates expire.
func TestCertificatesAreRenewedBesideABadConfiguration(t *testing.T) {
	ca := newAuthority(t)
	o := startOrigin(t, nil)
	g := startGateway(t, twoListenerConfig(t, ca, o.address))
	g.writeConfig("listeners: [")
	g.waitReload(false)
	ca.issue(t, "gateway")
	showsFile(t, g, "tls", ca, filepath.Join(ca.dir, "gateway.pem"))
}

func TestACertificateAndItsKeyAreWrittenOneAfterTheOther(t *testing.T) {
	ca := newAuthority(t)
	o := startOrigin(t, nil)
	g := startGateway(t, twoListenerConfig(t, ca, o.address))
	certFile, keyFile := filepath.Join(ca.dir, "gateway.pem"), filepath.Join(ca.dir, "gateway-key.pem")
	newCert, newKey := ca.issue(t, "next")
	for _, first := range []string{"certificate", "key"} {
		t.Run(first+" first", func(t *testing.T) {
			newCert, newKey = ca.issue(t, "next")
			files := [2][2]string{{newCert, certFile}, {newKey, keyFile}}
			if first == "key" {
				files[0], files[1] = files[1], files[0]
			}
			copyFile(t, files[0][0], files[0][1])
			g.waitReload(false) // so long did the other one take
			copyFile(t, files[1][0], files[1][1])
			showsFile(t, g, "tls", ca, certFile)
			g.waitReload(true)
		})
	}
}

// As Kubernetes mounts a secret: tls.crt → ..data/tls.crt, ..data → a folder, and
// an update moves a new link onto ..data.
func TestCertificatesBehindSwappedLinks(t *testing.T) {
	ca := newAuthority(t)
	o := startOrigin(t, nil)
	mount := t.TempDir()
	update := func(version string) {
		folder := filepath.Join(mount, version)
		if err := os.Mkdir(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		cert, key := ca.issue(t, "mounted")
		copyFile(t, cert, filepath.Join(folder, "tls.crt"))
		copyFile(t, key, filepath.Join(folder, "tls.key"))
		// Whatever tells files apart, it must not be their age.
		then := time.Unix(1_000_000_000, 0)
		for _, name := range []string{"tls.crt", "tls.key"} {
			if err := os.Chtimes(filepath.Join(folder, name), then, then); err != nil {
				t.Fatal(err)
			}
		}
		link := filepath.Join(mount, "..data_tmp")
		if err := os.Symlink(version, link); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(link, filepath.Join(mount, "..data")); err != nil {
			t.Fatal(err)
		}
	}
	update("..1")
	for _, name := range []string{"tls.crt", "tls.key"} {
		if err := os.Symlink(filepath.Join("..data", name), filepath.Join(mount, name)); err != nil {
			t.Fatal(err)
		}
	}
	config := strings.NewReplacer(filepath.Join(ca.dir, "gateway.pem"), filepath.Join(mount, "tls.crt"),
		filepath.Join(ca.dir, "gateway-key.pem"), filepath.Join(mount, "tls.key")).Replace(twoListenerConfig(t, ca, o.address))
	g := startGateway(t, config)
	for _, version := range []string{"..2", "..3"} {
		update(version)
		showsFile(t, g, "tls", ca, filepath.Join(mount, "tls.crt"))
	}
	if line, _ := g.logged(reloadRefused, 0); line != "" {
		t.Errorf("a swap was refused: %s", line)
	}
}

func TestNewClientAuthoritiesAreAsked(t *testing.T) {
	ca, next := newAuthority(t), newAuthority(t)
	o := startOrigin(t, nil)
	trusted := filepath.Join(t.TempDir(), "clients.pem")
	copyFile(t, ca.caFile, trusted)
	g := startGateway(t, strings.Replace(twoListenerConfig(t, ca, o.address), "tls: {", fmt.Sprintf("tls: {client_ca_file: %q, ", trusted), 1))
	url := "https://localhost:" + portOf(t, g, "tls") + "/"
	ask := func(by *authority) error {
		certificate, err := tls.LoadX509KeyPair(by.issue(t, "client"))
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = get(t.Context(), ca.client(t, certificate), url)
		return err
	}
	if err := ask(ca); err != nil {
		t.Fatal(err)
	}
	if err := ask(next); err == nil {
		t.Fatal("a stranger is let in")
	}
	copyFile(t, next.caFile, trusted)
	eventually(t, "the new authority", func() (bool, string) {
		err := ask(next)
		return err == nil, fmt.Sprint(err)
	})
	if err := ask(ca); err == nil {
		t.Error("the old authority is still trusted")
	}
}

// meetings records which certificates an origin was shown.
type meetings struct {
	mu   sync.Mutex
	last string // serial number; guarded by mu
}

func (m *meetings) server(c *tls.Config) *tls.Config {
	c.VerifyConnection = func(s tls.ConnectionState) error {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.last = s.PeerCertificates[0].SerialNumber.String()
		return nil
	}
	return c
}

func (m *meetings) serial() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.last
}

func TestUpstreamFilesAreRenewed(t *testing.T) {
	for _, protocol := range []string{"h2", "http1"} {
		t.Run(protocol, func(t *testing.T) {
			ca, stranger := newAuthority(t), newAuthority(t)
			var met meetings
			o := startOrigin(t, met.server(ca.server(t, "origin.internal")))
			certFile, keyFile := ca.issue(t, "as-client")
			trusted := filepath.Join(t.TempDir(), "ca.pem")
			copyFile(t, ca.caFile, trusted)
			settings := fmt.Sprintf("protocol: %s\n    tls: {ca_file: %q, server_name: origin.internal, cert_file: %q, key_file: %q}",
				protocol, trusted, certFile, keyFile)
			g := startGateway(t, strings.Replace(plainConfig(o.address), "protocol: h2c", settings, 1))
			client, url := newClient(t), "http://"+g.address["edge"]+"/"
			ask := func() (int, string) {
				status, body, err := get(t.Context(), client, url)
				return status, fmt.Sprint(body, err)
			}
			if status, text := ask(); status != 200 || met.serial() != inFile(t, certFile).SerialNumber.String() {
				t.Fatalf("%d %q, shown %s", status, text, met.serial())
			}

			end := time.Now().Add(20 * time.Minute)
			ca.issueUntil(t, "as-client", end)
			want := inFile(t, certFile).SerialNumber.String()
			eventually(t, "the new client certificate", func() (bool, string) {
				status, text := ask()
				if status != 200 {
					t.Fatalf("a request was lost: %d %q", status, text)
				}
				return met.serial() == want, met.serial()
			})
			page := g.waitReload(true)
			if at, _ := metric(page, "hopscope_tls_certificate_not_after_timestamp_seconds", `side="upstream"`, `name="origin"`); at != float64(end.Unix()) {
				t.Errorf("the metric says %v, want %d", at, end.Unix())
			}

			// The connection that is open came about under the old authority.
			copyFile(t, stranger.caFile, trusted)
			eventually(t, "distrust", func() (bool, string) {
				status, text := ask()
				return status == 503, fmt.Sprint(status, text)
			})
			copyFile(t, ca.caFile, trusted)
			eventually(t, "trust again", func() (bool, string) {
				status, text := ask()
				return status == 200, fmt.Sprint(status, text)
			})
		})
	}
}
