package e2e

import (
	"bytes"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/http2"
)

// What does not come to its end is given up after header_timeout, though no stream
// exists that could time out: a header block whose CONTINUATION frames do not follow,
// a frame that comes byte by byte, a header over HTTP/1.1, a first line, a ClientHello.
// A reload changes it for the connections that follow, over HTTP/1.1 too.
func TestSlowHeadersAreEnded(t *testing.T) {
	o := startOrigin(t, nil)
	config := twoListenerConfig(t, newAuthority(t), o.address, "limits: {header_timeout: 10m}")
	g := startGateway(t, config)
	const begun = "GET / HTTP/1.1\r\nhost: te"
	earlier := g.dialRaw("edge")
	earlier.say(begun)
	eventually(t, "the connection is open", func() (bool, string) {
		page, _ := g.adminGet("/metrics", "")
		n, _ := metric(page, "hopscope_connections_open", `side="downstream"`)
		return n == 1, tail(page)
	})

	before, _, _ := g.reloads()
	g.writeConfig(strings.Replace(config, "10m", "3s", 1))
	g.signal(syscall.SIGHUP)
	eventually(t, "the reload", func() (bool, string) {
		at, good, page := g.reloads()
		return good && at > before, tail(page)
	})

	fragments, bytewise := newAttacker(t, g.address["edge"]), newAttacker(t, g.address["edge"])
	fragments.do(fragments.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: fragments.request("GET")}))
	var others []*rawConn
	for listener, says := range map[string][]string{"edge": {"PRI * HT", begun}, "tls": {"\x16\x03\x01"}} {
		for _, s := range says {
			c := g.dialRaw(listener)
			c.say(s)
			others = append(others, c)
		}
	}
	var frame bytes.Buffer
	if err := http2.NewFramer(&frame, nil).WriteHeaders(http2.HeadersFrameParam{
		StreamID: 1, BlockFragment: bytewise.request("GET"), EndHeaders: true, EndStream: true,
	}); err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(time.Second / 4)
	defer tick.Stop()
	for rest := frame.Bytes(); !bytewise.over() && len(rest) > 1; rest = rest[1:] {
		_, err := bytewise.conn.Write(rest[:1])
		bytewise.do(err)
		<-tick.C
	}
	for name, a := range map[string]*attacker{"fragments": fragments, "byte by byte": bytewise} {
		if code, ok := a.end(); !ok || code != http2.ErrCodeEnhanceYourCalm {
			t.Errorf("%s: ended with %v (GOAWAY: %v)", name, code, ok)
		}
	}
	for _, c := range others {
		if got := c.rest(); strings.Contains(got, "200") {
			t.Errorf("%q was answered with %q", c.said, got)
		}
	}
	page, _ := g.adminGet("/metrics", "")
	if n, _ := metric(page, "hopscope_malformed_total", `kind="slow_headers"`); n != 2 {
		t.Errorf("slow_headers was counted %v times, want 2", n)
	}
	if n, _ := metric(page, "hopscope_connections_refused_total", `reason="timeout"`); n != 2 {
		t.Errorf("%v were refused for their time, want the first line and the ClientHello", n)
	}

	earlier.say("st\r\nconnection: close\r\n\r\n")
	if got := earlier.rest(); !strings.HasPrefix(got, "HTTP/1.1 200") {
		t.Errorf("the connection from before the reload was answered with %q", got)
	}
}

// rawConn is a client's connection that says what it is told to.
type rawConn struct {
	t    testing.TB
	conn net.Conn
	said string
}

func (g *gateway) dialRaw(listener string) *rawConn {
	g.t.Helper()
	nc, err := net.Dial("tcp", g.address[listener])
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { nc.Close() })
	_ = nc.SetDeadline(time.Now().Add(patience))
	return &rawConn{t: g.t, conn: nc}
}

func (c *rawConn) say(s string) {
	c.t.Helper()
	c.said += s
	if _, err := io.WriteString(c.conn, s); err != nil {
		c.t.Fatal(err)
	}
}

// rest returns what the gateway says until it ends the connection.
func (c *rawConn) rest() string {
	c.t.Helper()
	got, err := io.ReadAll(c.conn)
	if ne, ok := err.(net.Error); ok && ne.Timeout() {
		c.t.Errorf("%q: the connection is not ended", c.said)
	}
	return string(got)
}
