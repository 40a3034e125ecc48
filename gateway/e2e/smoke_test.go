package e2e

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCommandLineClientsGetTheirAnswer(t *testing.T) {
	ca := newAuthority(t)
	o := startOrigin(t, nil)
	g := startGateway(t, twoListenerConfig(t, ca, o.address))
	plain, tls := "http://"+g.address["edge"], "https://"+g.address["tls"]
	for name, c := range map[string]struct {
		proto, url string
		args       []string
	}{
		"h2c with prior knowledge": {"HTTP/2", plain, []string{"--http2-prior-knowledge"}},
		"HTTP/1.1":                 {"HTTP/1.1", plain, []string{"--http1.1"}},
		"HTTP/1.0":                 {"HTTP/1.0", plain, []string{"--http1.0"}},
		"TLS with ALPN h2":         {"HTTP/2", tls, []string{"--http2", "--cacert", ca.caFile}},
		"TLS with HTTP/1.1":        {"HTTP/1.1", tls, []string{"--http1.1", "--cacert", ca.caFile}},
	} {
		t.Run(name, func(t *testing.T) {
			get := curl(t, append(c.args, c.url+"/")...)
			if get.status != 200 || get.body != "hello from the origin\n" {
				t.Errorf("GET: %d %q", get.status, get.body)
			}
			// A server may answer HTTP/1.0 with its own minor version (RFC 9112 §2.3).
			if get.proto != c.proto && c.proto != "HTTP/1.0" {
				t.Errorf("answered in %s, want %s", get.proto, c.proto)
			}
			post := curl(t, append(c.args, "--data-binary", "some body", c.url+"/")...)
			if post.status != 200 || post.body != "some body" {
				t.Errorf("POST: %d %q", post.status, post.body)
			}
			head := curl(t, append(c.args, "--head", c.url+"/large?bytes=70000")...)
			if head.status != 200 || head.body != "" || head.header.Get("Content-Length") != "70000" {
				t.Errorf("HEAD: %d %q %v", head.status, head.body, head.header)
			}
			for _, code := range []int{204, 304, 404, 500} {
				if got := curl(t, append(c.args, fmt.Sprintf("%s/status?code=%d", c.url, code))...); got.status != code {
					t.Errorf("status %d became %d", code, got.status)
				}
			}
		})
	}
}

func TestLargeBodiesArriveWhole(t *testing.T) {
	ca := newAuthority(t)
	o := startOrigin(t, nil)
	g := startGateway(t, twoListenerConfig(t, ca, o.address))
	const size = 20 << 20
	upload := filepath.Join(t.TempDir(), "upload")
	if err := os.WriteFile(upload, bytes.Repeat([]byte("0123456789abcdef"), size/16), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		url  string
		args []string
	}{
		"h2c":      {"http://" + g.address["edge"], []string{"--http2-prior-knowledge"}},
		"TLS":      {"https://" + g.address["tls"], []string{"--http2", "--cacert", ca.caFile}},
		"HTTP/1.1": {"http://" + g.address["edge"], []string{"--http1.1"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := curl(t, append(c.args, fmt.Sprintf("%s/large?bytes=%d", c.url, size))...); got.status != 200 || len(got.body) != size {
				t.Errorf("download: %d, %d bytes", got.status, len(got.body))
			}
			if got := curl(t, append(c.args, "-T", upload, c.url+"/discard")...); got.body != fmt.Sprintf("%d bytes\n", size) {
				t.Errorf("upload: %d %q", got.status, got.body)
			}
			chunked := append(c.args, "-H", "Transfer-Encoding: chunked", "--data-binary", "@"+upload, c.url+"/discard")
			if name != "HTTP/1.1" {
				chunked = append(c.args, "-T", "-", c.url+"/discard") // an empty body of unknown length
			}
			if got := curl(t, chunked...); got.status != 200 {
				t.Errorf("upload of unknown length: %d %q", got.status, got.body)
			}
		})
	}
}

func TestNghttpFetchesManyStreamsOnOneConnection(t *testing.T) {
	o := startOrigin(t, nil)
	g := startGateway(t, plainConfig(o.address))
	base := "http://" + g.address["edge"]
	args := []string{"-nv"}
	for i := range 50 {
		args = append(args, fmt.Sprintf("%s/?n=%d", base, i))
	}
	out, status := run(t, patience, "nghttp", args...)
	if got := strings.Count(out, ":status: 200"); status != 0 || got != 50 {
		t.Errorf("exit status %d, %d answers of 50\n%s", status, got, tail(out))
	}
}

func TestOriginSeesForwardedFields(t *testing.T) {
	ca := newAuthority(t)
	o := startOrigin(t, nil)
	g := startGateway(t, twoListenerConfig(t, ca, o.address))
	curl(t, "--http2", "--cacert", ca.caFile, "-H", "x-forwarded-for: 6.6.6.6", "-H", "te: trailers",
		"https://localhost:"+portOf(t, g, "tls")+"/")
	for name, want := range map[string]string{
		"X-Forwarded-For":   "127.0.0.1", // the client is no trusted proxy: replaced
		"X-Forwarded-Proto": "https",
		"X-Forwarded-Host":  "localhost:" + portOf(t, g, "tls"),
		"Te":                "trailers",
	} {
		if got := o.header(name); len(got) != 1 || got[0] != want {
			t.Errorf("%s is %q, want [%q]", name, got, want)
		}
	}
	curl(t, "--http1.1", "-H", "Connection: close, x-hop", "-H", "x-hop: 1", "-H", "Keep-Alive: timeout=5",
		"-H", "Proxy-Connection: close", "http://"+g.address["edge"]+"/")
	for _, name := range []string{"Connection", "X-Hop", "Keep-Alive", "Proxy-Connection"} {
		if got := o.header(name); len(got) != 0 {
			t.Errorf("hop-by-hop field %s reached the origin: %q", name, got)
		}
	}
}

func portOf(t *testing.T, g *gateway, listener string) string {
	t.Helper()
	_, port := g.hostPort(listener)
	return port
}
