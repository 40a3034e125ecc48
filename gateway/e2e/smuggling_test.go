package e2e

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// witness is an origin that notes every request which came to its end.
type witness struct {
	address string
	mu      sync.Mutex
	seen    []string // method, target and body; guarded by mu
}

func startWitness(t *testing.T) *witness {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &witness{address: ln.Addr().String()}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	server := &http.Server{Handler: w, Protocols: protocols, ErrorLog: log.New(io.Discard, "", 0)}
	var done sync.WaitGroup
	done.Go(func() { _ = server.Serve(ln) })
	t.Cleanup(func() {
		_ = server.Close()
		done.Wait()
	})
	return w
}

func (w *witness) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	w.mu.Lock()
	w.seen = append(w.seen, fmt.Sprintf("%s %s %q", r.Method, r.RequestURI, body))
	w.mu.Unlock()
	_, _ = io.WriteString(rw, "ok")
}

// take returns what was seen since.
func (w *witness) take() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	seen := w.seen
	w.seen = nil
	return seen
}

// smuggled is a request that must not reach an origin whole.
type smuggled struct {
	name     string
	fields   []string // of the header block
	data     string
	trailers []string
	open     bool // END_STREAM is left out
	want     string
}

const reset = "RST_STREAM PROTOCOL_ERROR"

// smuggledRequests are malformed by RFC 9113 §8.
func smuggledRequests() []smuggled {
	base := []string{":method", "POST", ":scheme", "http", ":path", "/smuggled", ":authority", "victim.test"}
	with := func(kv ...string) []string { return append(append([]string(nil), base...), kv...) }
	target := func(path string) []string {
		return []string{":method", "GET", ":scheme", "http", ":path", path, ":authority", "victim.test"}
	}
	hosted := func(authority string, kv ...string) []string {
		return append([]string{":method", "GET", ":scheme", "http", ":path", "/smuggled", ":authority", authority}, kv...)
	}
	const second = "GET /smuggled HTTP/1.1\r\nHost: victim.test\r\n\r\n"
	return []smuggled{
		{name: "transfer-encoding", fields: with("transfer-encoding", "chunked"), data: "0\r\n\r\n" + second},
		{name: "transfer-encoding identity", fields: with("transfer-encoding", "identity")},
		{name: "connection", fields: with("connection", "keep-alive")},
		{name: "proxy-connection", fields: with("proxy-connection", "keep-alive")},
		{name: "keep-alive", fields: with("keep-alive", "timeout=5")},
		{name: "upgrade", fields: with("upgrade", "h2c")},
		{name: "te", fields: with("te", "trailers, deflate")},
		{name: "te in upper case", fields: with("te", "TRAILERS")},
		{name: "conflicting content-length", fields: with("content-length", "0", "content-length", "5"), data: "hello"},
		{name: "content-length twice", fields: with("content-length", "5", "content-length", "5"), data: "hello"},
		{name: "a list of content-length", fields: with("content-length", "5, 5"), data: "hello"},
		{name: "content-length with a sign", fields: with("content-length", "+5"), data: "hello"},
		{name: "content-length in hexadecimal", fields: with("content-length", "0x5"), data: "hello"},
		{name: "content-length below zero", fields: with("content-length", "-1"), data: "hello"},
		{name: "content-length beyond 2^63", fields: with("content-length", "18446744073709551621"), data: "hello"},
		{name: "an empty content-length", fields: with("content-length", ""), data: "hello"},
		{name: "content-length below DATA", fields: with("content-length", "0"), data: second},
		{name: "content-length above DATA", fields: with("content-length", "100"), data: second},
		{name: "content-length without DATA", fields: with("content-length", "100")},
		{name: "content-length above DATA, with trailers", fields: with("content-length", "100"), data: "hello", trailers: []string{"a", "b"}},
		{name: "a value with CR LF", fields: with("a", "b\r\nhost: other.test")},
		{name: "a value with two requests", fields: with("a", "b\r\n\r\n"+second)},
		{name: "a value with LF", fields: with("a", "b\nc: d")},
		{name: "a value with CR", fields: with("a", "b\rc: d")},
		{name: "a value with NUL", fields: with("a", "b\x00c")},
		{name: "a value with a space before it", fields: with("a", " b")},
		{name: "a value with a tab behind it", fields: with("a", "b\t")},
		{name: "a name in upper case", fields: with("X-Upper", "a")},
		{name: "Transfer-Encoding in upper case", fields: with("Transfer-Encoding", "chunked"), data: "0\r\n\r\n"},
		{name: "an empty name", fields: with("", "a")},
		{name: "a name with a space", fields: with("transfer-encoding ", "chunked")},
		{name: "a name with a colon", fields: with("content-length:", "0")},
		{name: "a name with CR LF", fields: with("a: b\r\ntransfer-encoding", "chunked")},
		{name: "a name that is no token", fields: with("a(b)", "c")},
		{name: "a name beyond ASCII", fields: with("\xc3\xa9", "c")},
		{name: "a pseudo-field behind a field", fields: []string{":method", "GET", ":scheme", "http", "a", "b", ":path", "/smuggled", ":authority", "victim.test"}},
		{name: "an unknown pseudo-field", fields: with(":version", "HTTP/1.1")},
		{name: "a response's pseudo-field", fields: with(":status", "200")},
		{name: "two :method", fields: append([]string{":method", "GET"}, base...)},
		{name: "two :path", fields: append([]string{":path", "/smuggled"}, base...)},
		{name: "two :authority", fields: append([]string{":authority", "other.test"}, base...)},
		{name: "no :method", fields: base[2:]},
		{name: "no :scheme", fields: []string{":method", "GET", ":path", "/smuggled", ":authority", "victim.test"}},
		{name: "no :path", fields: []string{":method", "GET", ":scheme", "http", ":authority", "victim.test"}},
		{name: "an empty :path", fields: target("")},
		{name: "an empty :method", fields: []string{":method", "", ":scheme", "http", ":path", "/smuggled", ":authority", "victim.test"}},
		{name: ":method with a request line", fields: []string{":method", "GET /smuggled HTTP/1.1\r\nhost: a\r\n\r\nGET", ":scheme", "http", ":path", "/", ":authority", "a"}},
		{name: ":method with a space", fields: []string{":method", "GET /x", ":scheme", "http", ":path", "/smuggled", ":authority", "a"}},
		{name: "another :scheme", fields: []string{":method", "GET", ":scheme", "ftp", ":path", "/smuggled", ":authority", "a"}},
		{name: ":scheme with an authority", fields: []string{":method", "GET", ":scheme", "http://other.test/", ":path", "/smuggled", ":authority", "a"}},
		{name: ":path with a space", fields: target("/smuggled HTTP/1.1")},
		{name: ":path with CR LF", fields: target("/smuggled HTTP/1.1\r\nhost: a\r\n\r\nGET /smuggled")},
		{name: ":path with a tab", fields: target("/smuggled\tHTTP/1.1")},
		{name: ":path with a fragment", fields: target("/smuggled#a")},
		{name: ":path without a slash", fields: target("smuggled")},
		{name: ":path in absolute form", fields: target("http://other.test/smuggled")},
		{name: ":path *", fields: target("*")},
		{name: ":path with DEL", fields: target("/smuggled\x7f")},
		{name: ":authority and another host", fields: hosted("victim.test", "host", "other.test")},
		{name: "two hosts", fields: hosted("victim.test", "host", "victim.test", "host", "victim.test")},
		{name: "user information", fields: hosted("user@victim.test")},
		{name: ":authority with a path", fields: hosted("victim.test/other")},
		{name: ":authority with a space", fields: hosted("victim.test other.test")},
		{name: ":authority with CR LF", fields: hosted("victim.test\r\na: b")},
		{name: "a list of authorities", fields: hosted("victim.test,other.test")},
		{name: ":authority with a backslash", fields: hosted("victim.test\\other")},
		{name: "a dot segment", fields: target("/a/../smuggled"), want: "400"},
		{name: "an encoded dot segment", fields: target("/a/%2e%2e/smuggled"), want: "400"},
		{name: "an encoded slash", fields: target("/a%2fsmuggled"), want: "400"},
		{name: "an encoded NUL", fields: target("/smuggled%00"), want: "400"},
		{name: "a header list too large", fields: with("a", strings.Repeat("b", 17_000)), want: "431"},
		{name: "too many fields", fields: with(repeat(300, "a", "b")...), want: "431"},
		{name: "CONNECT", fields: []string{":method", "CONNECT", ":authority", "victim.test:80"}, want: "501"},
		{name: "CONNECT with a path", fields: []string{":method", "CONNECT", ":scheme", "http", ":path", "/smuggled", ":authority", "a:80"}},
		{name: "trailers with a pseudo-field", fields: with(), data: "hello", trailers: []string{":path", "/smuggled"}},
		{name: "trailers with content-length", fields: with(), data: "hello", trailers: []string{"content-length", "0"}},
		{name: "trailers with transfer-encoding", fields: with(), data: "hello", trailers: []string{"transfer-encoding", "chunked"}},
		{name: "trailers with host", fields: with(), data: "hello", trailers: []string{"host", "other.test"}},
		{name: "trailers with CR LF", fields: with(), data: "hello", trailers: []string{"a", "b\r\n\r\n" + second}},
		{name: "trailers in upper case", fields: with(), data: "hello", trailers: []string{"A", "b"}},
		{name: "trailers without END_STREAM", fields: with(), data: "hello", trailers: []string{"a", "b"}, open: true},
	}
}

// No request that is malformed reaches an origin whole, over HTTP/2 or as one or
// two of HTTP/1.1, and each is counted; what is well-formed behind it does.
func TestSmugglingOverHTTP2(t *testing.T) {
	for _, protocol := range []string{"h2c", "http1"} {
		t.Run("to "+protocol, func(t *testing.T) {
			w := startWitness(t)
			g := startGateway(t, strings.Replace(plainConfig(w.address), "h2c", protocol, 1))
			host, port := g.hostPort("edge")
			for _, c := range smuggledRequests() {
				t.Run(c.name, func(t *testing.T) {
					if c.want == "" {
						c.want = reset
					}
					if got := c.send(t, net.JoinHostPort(host, port)); got != c.want {
						t.Errorf("got %s, want %s", got, c.want)
					}
				})
			}
			if got := fetchWith(newClient(t), http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/honest"); got.status != 200 {
				t.Fatalf("an honest request: %v", got)
			}
			if seen := w.take(); len(seen) != 1 || seen[0] != `GET /honest ""` {
				t.Errorf("the origin saw %q", seen)
			}
			page, _ := g.adminGet("/metrics", "")
			for _, kind := range []string{
				"pseudo_field", "field_name", "field_value", "connection_field", "content_length", "authority", "path",
				"trailers", "header_list_too_large", "too_many_fields",
			} {
				if n, _ := metric(page, "hopscope_malformed_total", `side="downstream"`, fmt.Sprintf("kind=%q", kind)); n == 0 {
					t.Errorf("%s was not counted", kind)
				}
			}
		})
	}
}

// send sends the request on a connection of its own and returns the reaction.
func (s smuggled) send(t *testing.T, address string) string {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(patience))
	var buf, out bytes.Buffer
	encoder := hpack.NewEncoder(&buf)
	framer := http2.NewFramer(&out, nil)
	framer.AllowIllegalWrites = true
	block := func(end bool, kv []string) {
		buf.Reset()
		for i := 0; i < len(kv); i += 2 {
			_ = encoder.WriteField(hpack.HeaderField{Name: kv[i], Value: kv[i+1]})
		}
		p := buf.Bytes()
		first := p[:min(len(p), 16384)]
		_ = framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: first, EndStream: end, EndHeaders: len(first) == len(p)})
		if rest := p[len(first):]; len(rest) > 0 {
			_ = framer.WriteContinuation(1, true, rest)
		}
	}
	out.WriteString(http2.ClientPreface)
	_ = framer.WriteSettings()
	block(s.data == "" && s.trailers == nil, s.fields)
	if s.data != "" {
		_ = framer.WriteData(1, s.trailers == nil, []byte(s.data))
	}
	if s.trailers != nil {
		block(!s.open, s.trailers)
	}
	if _, err := c.Write(out.Bytes()); err != nil {
		t.Fatal(err)
	}
	return reactionTo(c)
}

// reactionTo returns how a gateway reacts to the request on stream 1.
func reactionTo(c net.Conn) string {
	head := make([]byte, 9)
	decoder := hpack.NewDecoder(4096, nil)
	for {
		if _, err := io.ReadFull(c, head); err != nil {
			return err.Error()
		}
		payload := make([]byte, int(head[0])<<16|int(head[1])<<8|int(head[2]))
		if _, err := io.ReadFull(c, payload); err != nil {
			return err.Error()
		}
		switch http2.FrameType(head[3]) {
		case http2.FrameHeaders:
			fields, err := decoder.DecodeFull(payload)
			if err != nil || len(fields) == 0 {
				return "a broken header block"
			}
			return fields[0].Value
		case http2.FrameRSTStream:
			return "RST_STREAM " + http2.ErrCode(binary.BigEndian.Uint32(payload)).String()
		case http2.FrameGoAway:
			return "GOAWAY " + http2.ErrCode(binary.BigEndian.Uint32(payload[4:])).String()
		}
	}
}
