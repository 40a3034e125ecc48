package http1

import (
	"bytes"
	"fmt"
	"io"
	"testing"
	"time"
)

func TestRequestBodyAndTrailersReachTheGateway(t *testing.T) {
	f := newFront(t, testOptions())
	c := f.dial(t, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
	r := f.request(t)
	r.handler.want(t, "end")
	f.do(t, func() { answer(r, "200", string(r.handler.data)) })
	c.want(200, "hello")

	c.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\nhe\r\n")
	r = f.request(t)
	r.handler.until(t, f.w, func() bool { return string(r.handler.data) == "he" })
	c.send("3\r\nllo\r\n0\r\nX-Sum: 7\r\nX-More: 8\r\n\r\n")
	r.handler.want(t, "trailers x-more=8;x-sum=7;")
	f.do(t, func() { answer(r, "200", string(r.handler.data)) })
	if c.want(200, "hello").Close {
		t.Error("the connection is closed although everything was read")
	}
}

func TestRequestBodyIsReadAWindowAhead(t *testing.T) {
	f := newFront(t, testOptions())
	f.w.onBeg = func(r *request) {
		r.handler.hold = true
		f.w.begun <- r
	}
	body := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	c := f.dial(t, "")
	go fmt.Fprintf(c.Conn, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	r := f.request(t)
	given := 0
	for given < len(body) {
		r.handler.until(t, f.w, func() bool { return len(r.handler.data)-given == min(testWindow, len(body)-given) })
		f.do(t, func() { r.down.Credit(len(r.handler.data)-given, 0); given = len(r.handler.data) })
	}
	r.handler.want(t, "end")
	if !bytes.Equal(r.handler.data, body) {
		t.Error("the body arrived changed")
	}
}

func TestResponseBodyCountsAsWrittenWhenTheClientTakesIt(t *testing.T) {
	f := newFront(t, testOptions())
	c := f.dial(t, get)
	r := f.request(t)
	h := r.handler
	chunk := make([]byte, 16<<10)
	total, stalled := 0, false
	f.do(t, func() { r.down.WriteHeaders(fields(":status", "200"), false) })
	for !stalled {
		f.do(t, func() {
			for r.down.Buffered()+len(chunk) <= testWindow {
				r.down.WriteData(chunk, false)
				total += len(chunk)
			}
			if total > 64<<20 {
				t.Fatal("the client takes bytes without reading")
			}
		})
		select {
		case <-h.moved:
		case e := <-h.events:
			if e == "stalled connection" {
				select {
				case <-h.events:
				case <-quiet():
					f.do(t, func() {
						if _, _, stalled = r.down.Stall(); !stalled {
							return // it was only slow
						}
						if h.written+r.down.Buffered() != total || f.w.held.Load() != int64(r.down.Buffered()) {
							t.Errorf("%d waiting, %d written of %d, %d held", r.down.Buffered(), h.written, total, f.w.held.Load())
						}
						r.down.WriteData(nil, true)
					})
				}
			}
		}
	}
	resp := c.response("GET")
	if n, err := io.Copy(io.Discard, resp.Body); n != int64(total) || err != nil {
		t.Errorf("%d bytes of %d, %v", n, total, err)
	}
	h.want(t, "resumed connection", "sent")
}

func TestResponseStreamsWithoutWaitingForMore(t *testing.T) {
	f := newFront(t, testOptions())
	c := f.dial(t, get)
	r := f.request(t)
	f.do(t, func() { r.down.WriteHeaders(fields(":status", "200"), false) })
	resp := c.response("GET")
	for range 3 {
		f.do(t, func() { r.down.WriteData([]byte("x"), false) })
		if _, err := io.ReadFull(resp.Body, make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
	}
	f.do(t, func() { r.down.WriteData(nil, true) })
	if _, err := resp.Body.Read(make([]byte, 1)); err != io.EOF {
		t.Fatal(err)
	}
}

const upload = "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"

func TestExpectationIsTheOriginsToMeet(t *testing.T) {
	f := newFront(t, testOptions())
	begin := time.Now()
	c := f.dial(t, upload)
	r := f.request(t)
	if v, _ := r.list.Find("expect"); string(v) != "100-continue" {
		t.Errorf("expect is %q", v)
	}
	f.do(t, func() { r.down.WriteHeaders(fields(":status", "100", "x-a", "b"), false) })
	// On a machine that takes so long, the gateway's own came first.
	if resp := c.response("PUT"); resp.StatusCode != 100 || resp.Header.Get("X-A") != "b" && time.Since(begin) < continueAfter {
		t.Fatalf("got %d", resp.StatusCode)
	}
	c.send("hello")
	r.handler.want(t, "end")
	f.do(t, func() { answer(r, "200", "ok") })
	if c.want(200, "ok").Close {
		t.Error("the connection is closed without need")
	}

	// An origin that refuses the upload is spared the body.
	c = f.dial(t, upload)
	r = f.request(t)
	f.do(t, func() { answer(r, "401", "no") })
	if !c.want(401, "no").Close {
		t.Error("the connection's end is not announced")
	}
}

func TestExpectationIsMetIfTheOriginSaysNothing(t *testing.T) {
	f := newFront(t, testOptions())
	c := f.dial(t, upload)
	r := f.request(t)
	if resp := c.response("PUT"); resp.StatusCode != 100 {
		t.Fatalf("got %d", resp.StatusCode)
	}
	f.do(t, func() { r.down.WriteHeaders(fields(":status", "100"), false) }) // too late, and not repeated
	c.send("hello")
	r.handler.want(t, "end")
	f.do(t, func() { answer(r, "200", "ok") })
	c.want(200, "ok")
}
