package http1

import (
	"io"
	"testing"
	"time"
)

// A client that does not take its response is given up, one that takes it at the
// rate is not.
func TestSlowReaderIsGivenUp(t *testing.T) {
	o := testOptions()
	o.SlowPeerRate, o.SlowPeerTimeout = 1<<16, 2*time.Second
	f := newFront(t, o)
	const size = 16 << 20 // more than the sockets take
	begin := func(c *wire) *request {
		r := f.request(t)
		f.do(t, func() {
			r.down.WriteHeaders(fields(":status", "200"), false)
			r.down.WriteData(make([]byte, size), true)
		})
		return r
	}
	reader := f.dial(t, get)
	r := begin(reader)
	resp := reader.response("GET")
	if n, err := io.Copy(io.Discard, resp.Body); n != size || err != nil {
		t.Fatalf("read %d bytes, %v", n, err)
	}
	r.handler.want(t, "stalled connection", "resumed connection", "sent")
	reader.Close()
	wantClosed(t, f.w, "1 closed: peer")

	stopped := f.dial(t, get)
	r = begin(stopped)
	r.handler.want(t, "stalled connection", "resumed connection", "reset ENHANCE_YOUR_CALM cause=1 slow_peer")
	wantClosed(t, f.w, "2 closed: timeout")
	f.do(t, func() {})
	if n := f.w.held.Load(); n != 0 {
		t.Errorf("%d bytes are still held", n)
	}
}
