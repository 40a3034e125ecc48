package http1

import (
	"net"
	"testing"
	"time"

	"github.com/hopscope/hopscope/gateway/event"
)

func TestConnectionsAreReported(t *testing.T) {
	o := testOptions()
	f := newFront(t, o)
	c := f.dial(t, get)
	r := f.request(t)
	f.do(t, func() { answer(r, "200", "") })
	c.want(200, "")
	c.Close()
	for _, want := range []string{"1 opened", "1 closed: peer"} {
		if got := next(t, f.w.conns); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestSlowHeaderEndsTheConnection(t *testing.T) {
	o := testOptions()
	o.ReadHeaderTimeout = 50 * time.Millisecond
	f := newFront(t, o)
	c := f.dial(t, "GET / HTTP/1.1\r\nHost:")
	wantClosed(t, f.w, "closed: timeout")
	c.closed()
}

// Who closes in the middle of a request has gone, and broken no rule.
func TestClientThatGoesAwayIsNotMalformed(t *testing.T) {
	f := newFront(t, testOptions())
	c := f.dial(t, "GET / HTTP/1.1\r\nHost:")
	if err := c.Conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	wantClosed(t, f.w, "closed: peer")
	if len(f.w.broken) > 0 {
		t.Errorf("counted as malformed: %s", <-f.w.broken)
	}
}

// net/http ends its own read by a deadline that has passed: nobody was too slow.
func TestConnectionThatIsToCloseHasNotTimedOut(t *testing.T) {
	f := newFront(t, testOptions())
	c := f.dial(t, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	r := f.request(t)
	f.do(t, func() { answer(r, "200", "") })
	c.want(200, "")
	c.closed()
	wantClosed(t, f.w, "closed: peer")
}

func TestIdleConnectionIsClosed(t *testing.T) {
	o := testOptions()
	o.IdleTimeout = 50 * time.Millisecond
	f := newFront(t, o)
	c := f.dial(t, get)
	r := f.request(t)
	f.do(t, func() { answer(r, "200", "") })
	c.want(200, "")
	c.closed()
	wantClosed(t, f.w, "closed: timeout")
}

func TestDrainFinishesWhatRunsAndAnnouncesTheEnd(t *testing.T) {
	f := newFront(t, testOptions())
	idle := f.dial(t, get)
	r := f.request(t)
	f.do(t, func() { answer(r, "200", "") })
	idle.want(200, "")
	busy := f.dial(t, get)
	running := f.request(t)
	f.Drain()
	f.do(t, func() { answer(running, "200", "done") })
	if !busy.want(200, "done").Close {
		t.Error("the connection's end is not announced")
	}
	busy.closed()
	// A request that was on its way when the drain began is served.
	idle.send(get)
	late := f.dial(t, get)
	for range 2 { // in whatever order they come
		r = f.request(t)
		f.do(t, func() { answer(r, "200", "late") })
	}
	for _, c := range []*wire{idle, late} {
		if !c.want(200, "late").Close {
			t.Error("the connection's end is not announced")
		}
	}
	for range 3 {
		wantClosed(t, f.w, "closed: drain")
	}
}

func TestIdleConnectionsEndOnceTheyWereGivenTime(t *testing.T) {
	f := newFront(t, testOptions())
	idle := f.dial(t, get)
	r := f.request(t)
	f.do(t, func() { answer(r, "200", "") })
	idle.want(200, "")
	f.Drain()
	f.CloseIdle()
	idle.closed()
	wantClosed(t, f.w, "closed: drain")
}

func TestConnectionAfterCloseIsClosed(t *testing.T) {
	f := newFront(t, testOptions())
	f.Close()
	client, server := net.Pipe()
	f.Serve(server, nil, f.w, &event.Conn{ID: 1})
	client.SetDeadline(time.Now().Add(patience))
	if _, err := client.Read(make([]byte, 1)); err == nil {
		t.Error("the connection was not closed")
	}
	f.do(t, func() {})
	if len(f.w.conns) != 0 {
		t.Error("somebody was told:", <-f.w.conns)
	}
}

func TestCloseEndsRunningRequests(t *testing.T) {
	f := newFront(t, testOptions())
	f.dial(t, get)
	r := f.request(t)
	f.Close()
	r.handler.want(t, "reset CANCEL cause=3 none")
	wantClosed(t, f.w, "closed: drain")
}

func TestEndOfTheLoopEndsConnections(t *testing.T) {
	f := newFront(t, testOptions())
	c := f.dial(t, get)
	r := f.request(t)
	f.do(t, func() { r.down.WriteHeaders(fields(":status", "200"), false) })
	resp := c.response("GET")
	idle := f.dial(t, get)
	r2 := f.request(t)
	f.do(t, func() { answer(r2, "200", "") })
	idle.want(200, "")
	f.w.stop()
	idle.send(get)
	if got := idle.response("GET"); got.StatusCode != 503 || !got.Close {
		t.Errorf("got %d", got.StatusCode)
	}
	f.Close()
	if _, err := resp.Body.Read(make([]byte, 1)); err == nil {
		t.Error("the response goes on")
	}
}
