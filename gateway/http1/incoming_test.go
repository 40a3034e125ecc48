package http1

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/rule"
)

// front is a Server behind a listener.
type front struct {
	*Server
	w       *worker
	address string
}

func testOptions() Options {
	return Options{
		MaxHeaderBytes: 4 << 10, MaxHeaderFields: 32, Window: testWindow,
		ReadHeaderTimeout: patience, IdleTimeout: patience,
	}
}

func newFront(t *testing.T, o Options) *front {
	f := &front{Server: NewServer(o), w: newWorker(t)}
	listener := &event.Listener{Name: "edge"}
	id := uint64(0)
	f.address = listen(t, func(nc net.Conn) {
		// The gateway looks at the first bytes to tell the protocol.
		head := make([]byte, 4)
		n, err := io.ReadFull(nc, head)
		if n == 0 {
			nc.Close()
			return
		}
		_ = err // a shorter request is for the server to answer
		f.w.Post(do{func() {
			id++
			f.Serve(nc, head[:n], f.w, &event.Conn{ID: id, Proto: event.HTTP1, Peer: nc.RemoteAddr().String(), Listener: listener})
		}})
	})
	t.Cleanup(func() { f.Close() })
	return f
}

// dial sends text and returns the connection.
func (f *front) dial(t *testing.T, text string) *wire {
	t.Helper()
	nc, err := net.Dial("tcp", f.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	nc.SetDeadline(time.Now().Add(patience))
	c := &wire{Conn: nc, r: bufio.NewReader(nc), t: t}
	c.send(text)
	return c
}

// wire is a client that writes and reads by hand.
type wire struct {
	net.Conn
	r *bufio.Reader
	t *testing.T
}

func (c *wire) send(text string) {
	c.t.Helper()
	if _, err := io.WriteString(c.Conn, text); err != nil {
		c.t.Fatal(err)
	}
}

func (c *wire) response(method string) *http.Response {
	c.t.Helper()
	r, err := http.ReadResponse(c.r, &http.Request{Method: method})
	if err != nil {
		c.t.Fatal(err)
	}
	return r
}

// want reads a response and its body.
func (c *wire) want(status int, body string) *http.Response {
	c.t.Helper()
	r := c.response("GET")
	b, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != status || string(b) != body {
		c.t.Fatalf("got %d %q %v, want %d %q", r.StatusCode, b, err, status, body)
	}
	return r
}

// closed reads the connection's end.
func (c *wire) closed() {
	c.t.Helper()
	if b, err := io.ReadAll(c.r); err != nil || len(b) > 0 {
		c.t.Fatalf("got %q and %v, want the end", b, err)
	}
}

// request returns the next request that reached the gateway.
func (f *front) request(t *testing.T) *request {
	t.Helper()
	return next(t, f.w.begun)
}

func (f *front) do(t *testing.T, g func()) { t.Helper(); f.w.run(t, g) }

// answer sends a whole response.
func answer(r *request, status, body string) {
	r.down.WriteHeaders(fields(":status", status, "content-length", fmt.Sprint(len(body))), false)
	r.down.WriteData([]byte(body), true)
}

const get = "GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n"

func TestRequestHeadBecomesPseudoFieldsAndLowerCase(t *testing.T) {
	f := newFront(t, testOptions())
	for _, c := range []struct{ in, want string }{
		{
			"GET /a%2Fb/..;x?q=1? HTTP/1.1\r\nHost: Shop.example:80\r\nX-B: 2\r\nx-a: 1\r\nX-B: 3\r\n\r\n",
			":method=GET;:scheme=http;:authority=Shop.example:80;:path=/a%2Fb/..;x?q=1?;x-a=1;x-b=2;x-b=3; end=true",
		},
		{
			"GET http://shop.example/p?q HTTP/1.1\r\nHost: other\r\n\r\n",
			":method=GET;:scheme=http;:authority=shop.example;:path=/p?q; end=true",
		},
		{
			"GET HTTP://shop.example?q HTTP/1.1\r\nHost: other\r\n\r\n",
			":method=GET;:scheme=http;:authority=shop.example;:path=/?q; end=true",
		},
		{"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", ":method=OPTIONS;:scheme=http;:authority=a;:path=*; end=true"},
		{"OPTIONS http://a HTTP/1.1\r\nHost: b\r\n\r\n", ":method=OPTIONS;:scheme=http;:authority=a;:path=*; end=true"},
		{"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", ":method=CONNECT;:authority=a:443; end=true connect"},
		{
			"GET / HTTP/1.1\r\nHost: a\r\nConnection: X-Hop, keep-alive, TE\r\nX-Hop: 1\r\nKeep-Alive: 5\r\n" +
				"Proxy-Connection: x\r\nTE: gzip;q=0.5, Trailers\r\nCookie: a=1\r\nCookie: b=2\r\n\r\n",
			":method=GET;:scheme=http;:authority=a;:path=/;cookie=a=1;cookie=b=2;te=trailers; end=true",
		},
		{
			"GET / HTTP/1.1\r\nHost: a\r\nTE: gzip;q=0.5, Trailers\r\n\r\n",
			":method=GET;:scheme=http;:authority=a;:path=/;te=trailers; end=true",
		},
		{"GET / HTTP/1.1\r\nHost: a\r\nTE: gzip\r\n\r\n", ":method=GET;:scheme=http;:authority=a;:path=/; end=true"},
		{
			"GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n",
			":method=GET;:scheme=http;:authority=a;:path=/chat;sec-websocket-key=x; end=true upgrade",
		},
		{
			"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAA\r\n\r\n",
			":method=GET;:scheme=http;:authority=a;:path=/; end=true",
		},
		{
			"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n",
			":method=GET;:scheme=http;:authority=a;:path=/; end=true",
		},
		{"GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n", ":method=GET;:scheme=http;:path=/; end=true"},
		{
			"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: content-length\r\n\r\n",
			":method=POST;:scheme=http;:authority=a;:path=/;content-length=0; end=true",
		},
		{
			"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum, X-B\r\n\r\n0\r\n\r\n",
			":method=POST;:scheme=http;:authority=a;:path=/;trailer=x-b, x-sum; end=false",
		},
	} {
		nc := f.dial(t, c.in)
		r := f.request(t)
		got := fmt.Sprintf("%s end=%v", text(r.list), r.head.End)
		if r.head.Request.Connect {
			got += " connect"
		}
		if r.head.Upgrade {
			got += " upgrade"
		}
		if got != c.want {
			t.Errorf("%q\n got %s\nwant %s", c.in, got, c.want)
		}
		f.do(t, func() { answer(r, "200", "") })
		nc.want(200, "")
		nc.Close()
	}
}

// A request that is refused is told of, also where net/http answers by itself.
func TestMalformedRequestsAreAnsweredAndClosed(t *testing.T) {
	f := newFront(t, testOptions())
	for _, c := range []struct {
		in   string
		want string // body of the response
		rule rule.Violation
	}{
		{"GET http://user@a/ HTTP/1.1\r\nHost: a\r\n\r\n", "hopscope: the request is malformed: authority\n", rule.BadAuthority},
		{"GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", "hopscope: the request is malformed: path\n", rule.BadPath},
		{"GET http:///p HTTP/1.1\r\nHost: a\r\n\r\n", "hopscope: the request is malformed: authority\n", rule.BadAuthority},
		{"GET * HTTP/1.1\r\nHost: a\r\n\r\n", "hopscope: the request is malformed: path\n", rule.BadPath},
		{"GET / HTTP/1.1\r\nHost: a\r\nX: y\n\r\n", "hopscope: the request is malformed: line_end\n", rule.BadLineEnd},
		{coded[:len(coded)-2] + "Content-Length: 1\r\n\r\n", "hopscope: the request is malformed: transfer_encoding\n", rule.BadTransferEncoding},
		{"GET / HTTP/1.1\r\n\r\n", "400 Bad Request: missing required Host header", rule.BadAuthority},
		{"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "400 Bad Request: malformed Host header", rule.BadAuthority},
		{"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400 Bad Request", rule.BadAuthority},
		{"GET / HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n", "400 Bad Request: invalid header name", rule.BadFieldName},
		{"GET a HTTP/1.1\r\nHost: a\r\n\r\n", "400 Bad Request", rule.BadHeaderBlock},
		{"GET / HTTP/1.1\r\nHost: a\r\nExpect: x\r\n\r\n", "", rule.BadFieldValue},
		{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", "400 Bad Request", rule.BadContentLength},
		{"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", "Unsupported transfer encoding", rule.BadTransferEncoding},
		{"GET / HTTP/1.1\r\nHost: a\r\nX: " + strings.Repeat("x", 64<<10) + "\r\n\r\n", "431 Request Header Fields Too Large", rule.HeaderListTooLarge},
	} {
		nc := f.dial(t, c.in)
		r := nc.response("GET")
		b, _ := io.ReadAll(r.Body)
		if !r.Close || string(b) != c.want {
			t.Errorf("%.60q: got %d %q, close %v", c.in, r.StatusCode, b, r.Close)
		}
		if got := next(t, f.w.broken); got != c.rule {
			t.Errorf("%.60q: told of %s, want %s", c.in, got, c.rule)
		}
		wantClosed(t, f.w, "closed: protocol_error")
	}
	if len(f.w.broken) > 0 {
		t.Errorf("told of %s twice", <-f.w.broken)
	}
}

// What stands behind a good request ends neither it nor its response.
func TestMalformedRequestWaitsForItsTurn(t *testing.T) {
	f := newFront(t, testOptions())
	c := f.dial(t, get+coded[:len(coded)-2]+"Content-Length: 1\r\n\r\n0\r\n\r\n"+get)
	r := f.request(t)
	if len(f.w.broken) > 0 {
		t.Error("the second request is refused before the first was answered")
	}
	f.do(t, func() { answer(r, "200", "ok") })
	if c.want(200, "ok").Close {
		t.Error("the end was announced with the first")
	}
	c.want(400, "hopscope: the request is malformed: transfer_encoding\n")
	c.closed()
	if got := next(t, f.w.broken); got != rule.BadTransferEncoding {
		t.Errorf("told of %s", got)
	}
}

func TestLargeHeadersAreRefusedLikeAnyRequest(t *testing.T) {
	f := newFront(t, testOptions())
	f.dial(t, "GET / HTTP/1.1\r\nHost: a\r\nX: "+strings.Repeat("x", 5000)+"\r\n\r\n")
	if r := f.request(t); r.head.Refused.String() != "header_list_too_large" {
		t.Errorf("refused: %s", r.head.Refused)
	}
	f.dial(t, "GET / HTTP/1.1\r\nHost: a\r\n"+strings.Repeat("X: x\r\n", 30)+"\r\n")
	if r := f.request(t); r.head.Refused.String() != "too_many_fields" {
		t.Errorf("refused: %s", r.head.Refused)
	}
}

func TestResponsesReachTheClient(t *testing.T) {
	f := newFront(t, testOptions())
	c := f.dial(t, "")
	for _, x := range []struct {
		method, proto string
		write         func(*Incoming)
		want          string
	}{
		{"GET", "1.1", func(i *Incoming) {
			i.WriteHeaders(fields(":status", "103", "link", "</a>"), false)
			i.WriteHeaders(fields(":status", "103", "link", "</b>"), false)
			i.WriteHeaders(fields(":status", "200", "date", "x", "content-length", "2", "set-cookie", "a", "set-cookie", "b"), false)
			i.WriteData([]byte("o"), false)
			i.WriteData([]byte("k"), true)
		}, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </b>\r\n\r\n" +
			"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nDate: x\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\r\nok"},
		{"GET", "1.1", func(i *Incoming) { // trailers after a short body, and unannounced
			i.WriteHeaders(fields(":status", "200", "date", "x"), false)
			i.WriteData([]byte("ok"), false)
			i.WriteTrailers(fields("grpc-status", "0", "x-bin", "a\x01b"))
		}, "HTTP/1.1 200 OK\r\nDate: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nGrpc-Status: 0\r\nX-Bin: a b\r\n\r\n"},
		{"GET", "1.1", func(i *Incoming) { // trailers without a body, announced, of a declared length
			i.WriteHeaders(fields(":status", "200", "date", "x", "content-length", "0", "trailer", "x-sum", "x-sum", "not it"), false)
			i.WriteTrailers(fields("x-sum", "7"))
		}, "HTTP/1.1 200 OK\r\nDate: x\r\nTrailer: x-sum\r\nX-Sum: not it\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Sum: 7\r\n\r\n"},
		{"HEAD", "1.1", func(i *Incoming) {
			i.WriteHeaders(fields(":status", "200", "date", "x", "content-length", "7"), true)
		}, "HTTP/1.1 200 OK\r\nContent-Length: 7\r\nDate: x\r\n\r\n"},
		{"GET", "1.1", func(i *Incoming) {
			i.WriteHeaders(fields(":status", "204", "date", "x"), true)
		}, "HTTP/1.1 204 No Content\r\nDate: x\r\n\r\n"},
		{"GET", "1.1", func(i *Incoming) {
			i.WriteHeaders(fields(":status", "304", "date", "x", "etag", "e"), true)
		}, "HTTP/1.1 304 Not Modified\r\nDate: x\r\nEtag: e\r\n\r\n"},
		{"GET", "1.1", func(i *Incoming) {
			i.WriteHeaders(fields(":status", "200", "date", "x"), true)
		}, "HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 0\r\n\r\n"},
		{"GET", "1.0", func(i *Incoming) { // the last: HTTP/1.0 ends the connection
			i.WriteHeaders(fields(":status", "103"), false)
			i.WriteHeaders(fields(":status", "200", "date", "x"), false)
			i.WriteData([]byte("ok"), false)
			i.WriteTrailers(fields("grpc-status", "0"))
		}, "HTTP/1.0 200 OK\r\nDate: x\r\n\r\nok"},
	} {
		c.send(x.method + " / HTTP/" + x.proto + "\r\nHost: a\r\n\r\n")
		r := f.request(t)
		f.do(t, func() { x.write(r.down) })
		got := make([]byte, len(x.want))
		n, err := io.ReadFull(c.r, got)
		if string(got[:n]) != x.want {
			t.Fatalf("got  %q %v\nwant %q", got[:n], err, x.want)
		}
		for e := next(t, r.handler.events); e != "sent"; e = next(t, r.handler.events) {
			t.Errorf("handler was told %q", e)
		}
	}
	c.closed()
	if f.w.held.Load() != 0 {
		t.Errorf("%d bytes are still held", f.w.held.Load())
	}
}
