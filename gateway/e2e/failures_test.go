package e2e

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// failuresConfig has a route for each way to fail.
func failuresConfig(origin, dead string) string {
	return fmt.Sprintf(`
listeners:
  - {name: edge, address: "127.0.0.1:0"}
upstreams:
  - {name: origin, endpoints: [%q], protocol: h2c}
  - {name: dead, endpoints: [%q], protocol: h2c}
routes:
  - {name: dead, match: {path_prefix: /dead/}, upstream: dead}
  - {name: slow, match: {path_prefix: /slow/}, upstream: origin, timeout: 300ms}
  - {name: idle, match: {path_prefix: /idle/}, upstream: origin, idle_timeout: 300ms}
  - {name: good, match: {path_prefix: /good/}, upstream: origin}
limits: {max_body_bytes: 1000, connect_timeout: 2s}
admin: {address: "127.0.0.1:0"}
`, origin, dead)
}

func TestFailuresNameTheirReason(t *testing.T) {
	o := startOrigin(t, nil)
	g := startGateway(t, failuresConfig(o.address, closedPort(t)))
	base := "http://" + g.address["edge"]
	body := filepath.Join(t.TempDir(), "body")
	if err := os.WriteFile(body, make([]byte, 5000), 0o600); err != nil {
		t.Fatal(err)
	}
	tooLong := filepath.Join(t.TempDir(), "header")
	if err := os.WriteFile(tooLong, []byte("x-long: "+strings.Repeat("a", 20_000)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name       string
		args       []string
		status     int
		grpcStatus string
	}{
		{"no route", []string{base + "/nowhere"}, 404, "12"},
		{"upstream down", []string{base + "/dead/x"}, 503, "14"},
		{"route timeout", []string{base + "/slow/hang"}, 504, "4"},
		{"idle timeout", []string{base + "/idle/hang"}, 504, "4"},
		{"body too large", []string{"--data-binary", "@" + body, base + "/good/discard"}, 413, "8"},
		{"headers too large", []string{"-H", "@" + tooLong, base + "/good/"}, 431, "8"},
	} {
		for _, version := range []string{"--http2-prior-knowledge", "--http1.1"} {
			t.Run(c.name+version, func(t *testing.T) {
				// Expect: would put a 100 before the answer; it is not what is tested.
				got := curl(t, append([]string{version, "-H", "Expect:"}, c.args...)...)
				if got.status != c.status {
					t.Errorf("status %d, want %d: %q", got.status, c.status, got.body)
				}
				if len(got.body) == 0 || len(got.body) > 500 {
					t.Errorf("the body is not a short text: %q", got.body)
				}
				if kind := got.header.Get("Content-Type"); !strings.HasPrefix(kind, "text/plain") {
					t.Errorf("content-type %q", kind)
				}
			})
		}
		t.Run(c.name+" for gRPC", func(t *testing.T) {
			var got answer
			if c.grpcStatus == "8" && c.status == 413 {
				// Not by curl: version 7 hangs now and then when a response without a
				// body comes before its upload is done.
				got = post(t, base+"/good/discard", make([]byte, 5000), "application/grpc")
			} else {
				got = curl(t, append([]string{
					"--http2-prior-knowledge", "-X", "POST",
					"-H", "Content-Type: application/grpc", "-H", "TE: trailers",
				}, c.args...)...)
			}
			if got.status != 200 || got.body != "" {
				t.Errorf("not trailers-only: %d %q", got.status, got.body)
			}
			if status := got.header.Get("Grpc-Status"); status != c.grpcStatus {
				t.Errorf("grpc-status %q, want %s", status, c.grpcStatus)
			}
			if got.header.Get("Grpc-Message") == "" {
				t.Error("no grpc-message")
			}
			if kind := got.header.Get("Content-Type"); !strings.HasPrefix(kind, "application/grpc") {
				t.Errorf("content-type %q", kind)
			}
		})
	}
	// All of that happened on connections that are still good.
	if got := curl(t, "--http2-prior-knowledge", base+"/good/"); got.status != 200 {
		t.Errorf("afterwards: %d %q", got.status, got.body)
	}
}

func TestRefusedByName(t *testing.T) {
	o := startOrigin(t, nil)
	g := startGateway(t, plainConfig(o.address))
	base := "http://" + g.address["edge"]
	before := o.served.Load()
	for _, c := range []struct {
		name   string
		args   []string
		status int
	}{
		{"dot segment", []string{"--http2-prior-knowledge", "--path-as-is", base + "/a/../b"}, 400},
		{"dot segment, HTTP/1.1", []string{"--http1.1", "--path-as-is", base + "/a/../b"}, 400},
		{"encoded slash", []string{"--http2-prior-knowledge", base + "/a%2fb"}, 400},
		{"encoded slash, HTTP/1.1", []string{"--http1.1", base + "/a%2Fb"}, 400},
		{"WebSocket", []string{
			"--http1.1", "-H", "Connection: Upgrade", "-H", "Upgrade: websocket",
			"-H", "Sec-WebSocket-Version: 13", "-H", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", base + "/",
		}, 501},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := curl(t, c.args...); got.status != c.status || got.body == "" {
				t.Errorf("%d %q, want %d and a text", got.status, got.body, c.status)
			}
		})
	}
	if after := o.served.Load(); after != before {
		t.Errorf("%d of the refused requests reached the origin", after-before)
	}
}

// closedPort returns an address that refuses connections and that nobody else is
// given before the test ends.
func closedPort(t *testing.T) string {
	t.Helper()
	// A connection keeps the port when its listener is gone.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	t.Cleanup(func() {
		_ = c.Close()
		_ = accepted.Close()
	})
	return l.Addr().String()
}
