package e2e

import (
	"fmt"
	"strings"
	"testing"
)

func TestUpstreamCertificatesAreVerified(t *testing.T) {
	ca, stranger := newAuthority(t), newAuthority(t)
	o := startOrigin(t, ca.server(t, "origin.internal"))
	certFile, keyFile := ca.issue(t, "gateway-as-client")
	strangerCert, strangerKey := stranger.issue(t, "gateway-as-client")
	for _, protocol := range []string{"h2", "http1"} {
		for name, c := range map[string]struct {
			ca, serverName, cert, key string
			status                    int
		}{
			"all is well":                  {ca.caFile, "origin.internal", certFile, keyFile, 200},
			"signed by a stranger":         {stranger.caFile, "origin.internal", certFile, keyFile, 503},
			"another server's name":        {ca.caFile, "other.internal", certFile, keyFile, 503},
			"the origin does not trust us": {ca.caFile, "origin.internal", strangerCert, strangerKey, 503},
		} {
			t.Run(protocol+", "+name, func(t *testing.T) {
				tls := fmt.Sprintf("protocol: %s\n    tls: {ca_file: %q, server_name: %q, cert_file: %q, key_file: %q}",
					protocol, c.ca, c.serverName, c.cert, c.key)
				g := startGateway(t, strings.Replace(plainConfig(o.address), "protocol: h2c", tls, 1))
				got := curl(t, "--http2-prior-knowledge", "http://"+g.address["edge"]+"/")
				if got.body == "" || got.status != c.status {
					t.Errorf("%d %q, want %d and a text", got.status, got.body, c.status)
				}
			})
		}
	}
}

func TestListenerAsksForClientCertificate(t *testing.T) {
	ca, stranger := newAuthority(t), newAuthority(t)
	o := startOrigin(t, nil)
	config := strings.Replace(twoListenerConfig(t, ca, o.address), "tls: {", fmt.Sprintf("tls: {client_ca_file: %q, ", ca.caFile), 1)
	g := startGateway(t, config)
	url := "https://" + g.address["tls"] + "/"
	certFile, keyFile := ca.issue(t, "client")
	if got := curl(t, "--cacert", ca.caFile, "--cert", certFile, "--key", keyFile, url); got.status != 200 {
		t.Errorf("with a certificate: %d %q", got.status, got.body)
	}
	strangerCert, strangerKey := stranger.issue(t, "client")
	for name, args := range map[string][]string{
		"without a certificate": nil,
		"with a stranger's":     {"--cert", strangerCert, "--key", strangerKey},
	} {
		out, status := run(t, patience, "curl", append(args, "-sS", "--max-time", "20", "--cacert", ca.caFile, url)...)
		if status == 0 {
			t.Errorf("%s: answered\n%s", name, tail(out))
		}
	}
	if n := o.served.Load(); n != 1 {
		t.Errorf("%d requests reached the origin, want 1", n)
	}
}

func TestHTTP1Upstream(t *testing.T) {
	o := startOrigin(t, nil)
	g := startGateway(t, strings.Replace(plainConfig(o.address), "protocol: h2c", "protocol: http1", 1))
	for _, version := range []string{"--http2-prior-knowledge", "--http1.1"} {
		base := "http://" + g.address["edge"]
		if got := curl(t, version, base+"/large?bytes=3000000"); got.status != 200 || len(got.body) != 3_000_000 {
			t.Errorf("%s: %d, %d bytes", version, got.status, len(got.body))
		}
		if got := curl(t, version, "--data-binary", "a body", base+"/"); got.status != 200 || got.body != "a body" {
			t.Errorf("%s: %d %q", version, got.status, got.body)
		}
	}
}
