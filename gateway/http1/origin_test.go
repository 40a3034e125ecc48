package http1

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/hopscope/hopscope/gateway/h2/conn"
	"github.com/hopscope/hopscope/gateway/h2/header"
)

// attempt is an Origin in a test.
type attempt struct {
	*Origin
	w *worker
	h *recorder
	t *testing.T
}

func newTransport(t *testing.T) *http.Transport {
	tr := &http.Transport{DisableCompression: true}
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

func open(t *testing.T, w *worker, tr *http.Transport, address string, head *header.List, end bool) *attempt {
	return openWith(t, w, tr, address, head, end, newRecorder())
}

func openWith(t *testing.T, w *worker, tr *http.Transport, address string, head *header.List, end bool, h *recorder) *attempt {
	a := &attempt{w: w, h: h, t: t}
	w.run(t, func() {
		a.Origin = Open(w, tr, "http", address, head, end, testWindow, Patience{}, a.h)
		a.h.peer = a.Origin
	})
	return a
}

func (a *attempt) do(f func()) { a.t.Helper(); a.w.run(a.t, f) }

func (a *attempt) text() (s string) {
	a.do(func() { s = string(a.h.data) })
	return s
}

func request1(pairs ...string) *header.List {
	return fields(append([]string{":method", "GET", ":scheme", "http", ":authority", "shop.example:8080", ":path", "/"}, pairs...)...)
}

func serve(t *testing.T, h http.HandlerFunc) (address string) {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// raw serves one response, as it stands, to every request.
func raw(t *testing.T, response string) (address string) {
	return listen(t, func(nc net.Conn) {
		defer nc.Close()
		if _, err := http.ReadRequest(bufio.NewReader(nc)); err == nil {
			io.WriteString(nc, response)
		}
	})
}

func TestRequestReachesTheEndpointUnchanged(t *testing.T) {
	w := newWorker(t)
	tr := newTransport(t)
	var got *http.Request
	address := serve(t, func(w http.ResponseWriter, r *http.Request) { got = r })
	for _, path := range []string{"/", "/a%2Fb/./%7ec;x=1?q=%20&r=a+b?", "/?", "//twice//slashed?x", "/umlaut\xc3\xa4\"<|"} {
		a := open(t, w, tr, address, fields(":method", "GET", ":scheme", "https", ":authority", "shop.example:8080",
			":path", path, "cookie", "a=1", "x-two", "1", "cookie", "b=2", "te", "trailers", "x-two", "2",
			"x-control", "a\x01b"), true)
		want := "headers :status=200;content-length=0;date="
		if e := next(t, a.h.events); !strings.HasPrefix(e, want) {
			t.Fatalf("got %q, want %q…", e, want)
		}
		if got.RequestURI != path {
			t.Errorf("target %q, want %q", got.RequestURI, path)
		}
		wantHeader := http.Header{
			"Cookie": {"a=1; b=2"}, "Te": {"trailers"}, "Connection": {"TE"}, "X-Two": {"1", "2"}, "X-Control": {"a b"},
		}
		if got.Host != "shop.example:8080" || fmt.Sprint(got.Header) != fmt.Sprint(wantHeader) {
			t.Errorf("host %q and header %v, want %v", got.Host, got.Header, wantHeader)
		}
	}
}

func TestAsteriskForm(t *testing.T) {
	w := newWorker(t)
	lines := make(chan string, 1)
	address := listen(t, func(nc net.Conn) {
		defer nc.Close()
		line, _ := bufio.NewReader(nc).ReadString('\n')
		lines <- line
	})
	a := open(t, w, newTransport(t), address, fields(":method", "OPTIONS", ":scheme", "http", ":path", "*"), true)
	if got := next(t, lines); got != "OPTIONS * HTTP/1.1\r\n" {
		t.Errorf("request line %q", got)
	}
	a.h.want(t, "reset INTERNAL_ERROR cause=3 none")
}

func TestBodyIsFramedAsItWasDeclared(t *testing.T) {
	w := newWorker(t)
	tr := newTransport(t)
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%d %q %q %v %v", r.ContentLength, r.TransferEncoding, b, r.Trailer, err)
	})
	for name, c := range map[string]struct {
		head []string
		send func(*Origin)
		want string
	}{
		"length": {
			[]string{"content-length", "5"},
			func(o *Origin) { o.WriteData([]byte("he"), false); o.WriteData([]byte("llo"), true) },
			`5 [] "hello" map[] <nil>`,
		},
		"unknown": {
			nil,
			func(o *Origin) { o.WriteData([]byte("hello"), false); o.WriteData(nil, true) },
			`-1 ["chunked"] "hello" map[] <nil>`,
		},
		"zero": {
			[]string{"content-length", "0"},
			func(o *Origin) { o.WriteData(nil, true) },
			`0 [] "" map[] <nil>`,
		},
		"trailers": {
			nil,
			func(o *Origin) { o.WriteData([]byte("x"), false); o.WriteTrailers(fields("x-sum", "7")) },
			`-1 ["chunked"] "x" map[X-Sum:[7]] <nil>`,
		},
		"announced trailers": {
			[]string{"content-length", "1", "trailer", "x-sum, content-length"},
			func(o *Origin) { o.WriteData([]byte("x"), false); o.WriteTrailers(fields("x-sum", "7")) },
			`-1 ["chunked"] "x" map[X-Sum:[7]] <nil>`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := open(t, w, tr, address, fields(append([]string{":method", "POST", ":scheme", "http", ":authority", "a", ":path", "/"}, c.head...)...), false)
			a.do(func() { c.send(a.Origin) })
			for e := next(t, a.h.events); e != "end"; e = next(t, a.h.events) {
				if strings.HasPrefix(e, "reset") {
					t.Fatal(e, a.Err())
				}
			}
			if got := a.text(); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
	if n := w.held.Load(); n != 0 {
		t.Errorf("%d bytes are still held", n)
	}
}

func TestInterimResponsesAndTrailersArrive(t *testing.T) {
	w := newWorker(t)
	a := open(t, w, newTransport(t), raw(t, "HTTP/1.1 100 Continue\r\n\r\n"+
		"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nLink: </b>\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n"+
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\nConnection: X-Hop, keep-alive\r\nX-Hop: 1\r\n"+
		"Keep-Alive: timeout=5\r\nProxy-Connection: x\r\nUpgrade: h2c\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\r\n"+
		"2\r\nok\r\n0\r\nX-Sum: 7\r\n\r\n"), request1(), true)
	a.h.want(t, "headers :status=100; end=false", "headers :status=103;link=</a>;link=</b>; end=false",
		"headers :status=103; end=false", "headers :status=200;set-cookie=a;set-cookie=b;trailer=x-sum; end=false",
		"trailers x-sum=7;")
	if got := a.text(); got != "ok" {
		t.Errorf("body %q", got)
	}
}

func TestResponsesWithoutABodyEndWithTheirHead(t *testing.T) {
	w := newWorker(t)
	for _, c := range [][3]string{
		{"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", "headers :status=200;content-length=7; end=true"},
		{"GET", "HTTP/1.1 204 No Content\r\n\r\n", "headers :status=204; end=true"},
		{"GET", "HTTP/1.1 304 Not Modified\r\nEtag: \"x\"\r\nContent-Length: 9\r\n\r\n", "headers :status=304;content-length=9;etag=\"x\"; end=true"},
		{"GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "headers :status=200;content-length=0; end=true"},
	} {
		a := open(t, w, newTransport(t), raw(t, c[1]), fields(":method", c[0], ":scheme", "http", ":authority", "a", ":path", "/"), true)
		a.h.want(t, c[2])
	}
}

func TestHostileEndpoints(t *testing.T) {
	w := newWorker(t)
	const violation = "reset PROTOCOL_ERROR cause=1 "
	const lost = "reset INTERNAL_ERROR cause=3 none"
	for name, c := range map[string]struct{ response, want string }{
		"cut length":       {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", lost},
		"cut chunks":       {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", lost},
		"no last chunk":    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", lost},
		"cut head":         {"HTTP/1.1 200 OK\r\nServer: x\r\n", lost},
		"nothing":          {"", lost},
		"cut after 1xx":    {"HTTP/1.1 103 Early Hints\r\n\r\n", lost},
		"bad chunk":        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n", violation + "header_block"},
		"not HTTP":         {"SSH-2.0-OpenSSH_9.2\r\n\r\n", violation + "header_block"},
		"two lengths":      {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", violation + "header_block"},
		"bad trailer":      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX Y: 1\r\n\r\n", violation + "field_name"},
		"forbidden switch": {"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n", violation + "informational"},
		"impossible code":  {"HTTP/1.1 000 None\r\n\r\n", violation + "informational"},
		"endless 1xx":      {strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", maxInformational+1), violation + "informational"},
		"bad 1xx":          {"HTTP/1.1 103 Early Hints\r\nX(: 1\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", violation},
	} {
		t.Run(name, func(t *testing.T) {
			a := open(t, w, newTransport(t), raw(t, c.response), request1(), true)
			for {
				e := next(t, a.h.events)
				if e == "end" || strings.HasPrefix(e, "trailers") {
					t.Fatalf("the response looks complete: %s", e)
				}
				if strings.HasPrefix(e, "reset") {
					if !strings.HasPrefix(e, c.want) {
						t.Errorf("got %q, want %q (%v)", e, c.want, a.Err())
					}
					if a.Err() == nil {
						t.Error("no error is given")
					}
					return
				}
			}
		})
	}
}

func TestHeaderOfAResponseIsBounded(t *testing.T) {
	w := newWorker(t)
	tr := newTransport(t)
	tr.MaxResponseHeaderBytes = 1 << 10
	a := open(t, w, tr, raw(t, "HTTP/1.1 200 OK\r\nX: "+strings.Repeat("x", 1<<14)+"\r\n\r\n"), request1(), true)
	a.h.want(t, "reset PROTOCOL_ERROR cause=1 header_block")
}

func TestUnreachableEndpointWasSentNothing(t *testing.T) {
	w := newWorker(t)
	const nobody = "127.0.0.1:1" // below the ports that the system hands out
	a := open(t, w, newTransport(t), nobody, request1(), true)
	a.h.want(t, "reset INTERNAL_ERROR cause=4 none")
	if a.Err() == nil || !strings.Contains(a.Err().Error(), "connection refused") {
		t.Errorf("error %v", a.Err())
	}

	// An endpoint that does not speak TLS never gets the request either.
	plain := raw(t, "HTTP/1.1 200 OK\r\n\r\n")
	h := newRecorder()
	w.run(t, func() { h.peer = Open(w, newTransport(t), "https", plain, request1(), true, testWindow, Patience{}, h) })
	h.want(t, "reset INTERNAL_ERROR cause=4 none")
}

func TestCancelReachesTheEndpointAndSilencesTheHandler(t *testing.T) {
	w := newWorker(t)
	arrived, gone := make(chan struct{}), make(chan struct{})
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/late" {
			w.Write(make([]byte, 1<<20))
		}
		arrived <- struct{}{}
		<-r.Context().Done()
		gone <- struct{}{}
	})
	for _, path := range []string{"/early", "/late"} {
		a := open(t, w, newTransport(t), address, fields(":method", "GET", ":scheme", "http", ":authority", "a", ":path", path), true)
		next(t, arrived)
		told := 0
		a.do(func() {
			a.Cancel(conn.Cancel)
			a.Cancel(conn.Cancel)
			a.WriteData([]byte("x"), true)
			a.Credit(1, 0)
			told = len(a.h.data) + len(a.h.events)
		})
		next(t, gone)
		a.do(func() {
			if len(a.h.data)+len(a.h.events) != told {
				t.Error("the handler was called after Cancel")
			}
		})
	}
	if w.held.Load() != 0 {
		t.Errorf("%d bytes are still held", w.held.Load())
	}
}

func TestEndOfTheLoopEndsTheRequest(t *testing.T) {
	w := newWorker(t)
	arrived, gone := make(chan struct{}), make(chan struct{})
	release := make(chan struct{})
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-release
		w.Write(make([]byte, 8<<20))
		<-r.Context().Done()
		close(gone)
	})
	open(t, w, newTransport(t), address, request1(), true)
	next(t, arrived)
	w.stop()
	close(release)
	next(t, gone)
}
