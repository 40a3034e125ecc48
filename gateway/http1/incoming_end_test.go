package http1

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/hopscope/hopscope/gateway/h2/conn"
)

func TestCutResponseNeverLooksComplete(t *testing.T) {
	f := newFront(t, testOptions())
	for name, head := range map[string][]string{
		"length": {":status", "200", "content-length", "10"},
		"chunks": {":status", "200"},
	} {
		t.Run(name, func(t *testing.T) {
			c := f.dial(t, get)
			r := f.request(t)
			f.do(t, func() {
				r.down.WriteHeaders(fields(head...), false)
				r.down.WriteData([]byte("hello"), false)
			})
			resp := c.response("GET")
			if _, err := io.ReadFull(resp.Body, make([]byte, 5)); err != nil {
				t.Fatal(err)
			}
			f.do(t, func() { r.down.Cancel(conn.InternalError) })
			if _, err := io.ReadAll(resp.Body); err == nil {
				t.Error("the response looks complete")
			}
		})
	}
	t.Run("at once", func(t *testing.T) {
		c := f.dial(t, get)
		r := f.request(t)
		f.do(t, func() {
			r.down.WriteHeaders(fields(":status", "200"), false)
			r.down.WriteData([]byte("hello"), false)
			r.down.Cancel(conn.InternalError)
		})
		if b, err := io.ReadAll(c.response("GET").Body); string(b) != "hello" || err == nil {
			t.Errorf("got %q and %v, want what there was", b, err)
		}
	})
	t.Run("with its end still waiting", func(t *testing.T) {
		c := f.dial(t, get)
		r := f.request(t)
		f.do(t, func() {
			r.down.WriteHeaders(fields(":status", "200"), false)
			// More than sockets buffer: the end waits until the client reads.
			r.down.WriteData(make([]byte, 16<<20), false)
			r.down.WriteTrailers(fields("grpc-status", "0"))
			r.down.Cancel(conn.Cancel)
		})
		if _, err := io.ReadAll(c.response("GET").Body); err == nil {
			t.Error("the response looks complete")
		}
	})
	t.Run("nothing sent", func(t *testing.T) {
		c := f.dial(t, get)
		r := f.request(t)
		f.do(t, func() { r.down.Cancel(conn.Cancel) })
		c.closed()
	})
	t.Run("half a response, not ended", func(t *testing.T) {
		c := f.dial(t, get)
		r := f.request(t)
		f.do(t, func() {
			r.down.WriteHeaders(fields(":status", "200"), false)
			r.down.Cancel(conn.NoError)
		})
		if b, _ := io.ReadAll(c.r); bytes.Contains(b, []byte("\r\n0\r\n")) {
			t.Errorf("the response looks complete: %q", b)
		}
	})
	t.Run("the client does not read", func(t *testing.T) {
		f.dial(t, get)
		r := f.request(t)
		f.do(t, func() {
			r.down.WriteHeaders(fields(":status", "200"), false)
			r.down.WriteData(make([]byte, 32<<20), false)
		})
		<-quiet() // the writing goroutine is in the middle of a write
		f.do(t, func() { r.down.Cancel(conn.InternalError) })
		wantClosed(t, f.w, "closed: io_error")
	})
	if f.w.held.Load() != 0 {
		t.Errorf("%d bytes are still held", f.w.held.Load())
	}
}

// wantClosed waits until a connection is closed for a reason, and checks that
// each one is opened before.
func wantClosed(t *testing.T, w *worker, reason string) {
	t.Helper()
	for {
		e := next(t, w.conns)
		if strings.HasSuffix(e, reason) {
			return
		}
		if strings.Contains(e, "without") {
			t.Fatal(e)
		}
	}
}

func TestClientThatLeavesIsNoticed(t *testing.T) {
	f := newFront(t, testOptions())
	const gone = "reset CANCEL cause=3 none"
	t.Run("while it waits", func(t *testing.T) {
		c := f.dial(t, get)
		r := f.request(t)
		c.Close()
		r.handler.want(t, gone)
	})
	t.Run("while it sends", func(t *testing.T) {
		c := f.dial(t, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello")
		r := f.request(t)
		r.handler.until(t, f.w, func() bool { return len(r.handler.data) == 5 })
		c.Close()
		r.handler.want(t, gone)
	})
	t.Run("while it sends chunks", func(t *testing.T) {
		c := f.dial(t, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
		r := f.request(t)
		r.handler.until(t, f.w, func() bool { return len(r.handler.data) == 5 })
		c.Close()
		r.handler.want(t, gone)
	})
	t.Run("while it is sent to", func(t *testing.T) {
		c := f.dial(t, get)
		r := f.request(t)
		f.do(t, func() {
			r.down.WriteHeaders(fields(":status", "200"), false)
			r.down.WriteData(make([]byte, 32<<20), false)
		})
		c.response("GET")
		c.Close()
		r.handler.want(t, "stalled connection", "resumed connection", gone)
	})
	f.do(t, func() {})
	if f.w.held.Load() != 0 {
		t.Errorf("%d bytes are still held", f.w.held.Load())
	}
}

func TestNothingFollowsAnEnd(t *testing.T) {
	f := newFront(t, testOptions())
	c := f.dial(t, get)
	r := f.request(t)
	f.do(t, func() {
		answer(r, "200", "ok")
		r.down.WriteHeaders(fields(":status", "500"), true)
		r.down.WriteData([]byte("more"), false)
		r.down.WriteTrailers(fields("x", "y"))
		r.down.Cancel(conn.NoError) // the end is on its way and is not cut
	})
	c.want(200, "ok")
	c.send(get)
	r = f.request(t)
	f.do(t, func() { answer(r, "200", "next") })
	c.want(200, "next")
	r.handler.want(t, "sent")
	f.do(t, func() { r.down.Cancel(conn.InternalError) }) // over: the connection is left alone
	c.send(get)
	r = f.request(t)
	f.do(t, func() { answer(r, "200", "last") })
	c.want(200, "last")
}

func TestResponseBeforeTheEndOfTheRequestClosesTheConnection(t *testing.T) {
	f := newFront(t, testOptions())
	c := f.dial(t, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nhello")
	r := f.request(t)
	f.do(t, func() { answer(r, "413", "too large") })
	if !c.want(413, "too large").Close {
		t.Error("the connection's end is not announced")
	}
	r.handler.want(t, "sent")
	// What follows is the rest of the body, whatever it looks like.
	c.send(get)
	select {
	case <-f.w.begun:
		t.Fatal("a part of a body was taken for a request")
	case <-quiet():
	}
	wantClosed(t, f.w, "closed: timeout")
}

func TestMalformedBodyIsAnsweredIfNothingWasSent(t *testing.T) {
	f := newFront(t, testOptions())
	c := f.dial(t, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"+get)
	r := f.request(t)
	r.handler.want(t, "reset PROTOCOL_ERROR cause=1 frame_size")
	c.want(400, "hopscope: the request body is malformed\n")
	c.closed()

	c = f.dial(t, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
	r = f.request(t)
	f.do(t, func() { r.down.WriteHeaders(fields(":status", "200"), false) })
	resp := c.response("GET")
	c.send("zz\r\n" + get)
	if _, err := io.ReadAll(resp.Body); err == nil {
		t.Error("the response looks complete")
	}
	r.handler.want(t, "reset PROTOCOL_ERROR cause=1 frame_size")
	select {
	case <-f.w.begun:
		t.Fatal("a part of a body was taken for a request")
	case <-quiet():
	}
}
