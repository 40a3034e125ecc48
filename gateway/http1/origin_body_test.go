package http1

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/hopscope/hopscope/gateway/event"
)

func TestResponseBodyIsReadAWindowAhead(t *testing.T) {
	w := newWorker(t)
	body := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	address := serve(t, func(w http.ResponseWriter, r *http.Request) { w.Write(body) })
	h := newRecorder()
	h.hold = true
	a := openWith(t, w, newTransport(t), address, request1(), true, h)
	next(t, a.h.events)
	given := 0
	for given < len(body) {
		a.h.until(t, w, func() bool { return len(a.h.data)-given == min(testWindow, len(body)-given) })
		a.do(func() { a.Credit(len(a.h.data)-given, 0); given = len(a.h.data) })
	}
	a.h.want(t, "end")
	if a.text() != string(body) {
		t.Error("the body arrived changed")
	}
}

func TestRequestBodyCountsAsWrittenWhenTheEndpointTakesIt(t *testing.T) {
	w := newWorker(t)
	release := make(chan struct{})
	sums := make(chan int64, 1)
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		<-release
		n, _ := io.Copy(io.Discard, r.Body)
		sums <- n
	})
	a := open(t, w, newTransport(t), address, fields(":method", "PUT", ":scheme", "http", ":authority", "a", ":path", "/"), false)
	// As the client's window allows: no more than a window waits.
	chunk := make([]byte, 16<<10)
	total, stalled := 0, false
	for !stalled {
		a.do(func() {
			for a.Buffered()+len(chunk) <= testWindow {
				a.WriteData(chunk, false)
				total += len(chunk)
			}
			if total > 64<<20 {
				t.Fatal("the endpoint takes bytes without reading")
			}
		})
		select {
		case <-a.h.moved:
		case e := <-a.h.events:
			// The queue empties and fills at first; it stays full once the
			// sockets are.
			if e == "stalled connection" {
				select {
				case e := <-a.h.events:
					if e != "resumed connection" {
						t.Fatal(e)
					}
				case <-quiet():
					a.do(func() {
						if _, _, stalled = a.Stall(); !stalled {
							return // it was only slow
						}
						if a.Buffered() < testWindow/2 || a.h.written+a.Buffered() != total || w.held.Load() != int64(a.Buffered()) {
							t.Errorf("%d waiting, %d written of %d, %d held", a.Buffered(), a.h.written, total, w.held.Load())
						}
						a.WriteData(nil, true)
					})
				}
			}
		}
	}
	close(release)
	if got := next(t, sums); got != int64(total) {
		t.Errorf("%d bytes arrived of %d", got, total)
	}
	a.h.want(t, "resumed connection", "sent")
	a.do(func() {
		if a.h.written != total || a.Buffered() != 0 {
			t.Errorf("%d written, %d waiting", a.h.written, a.Buffered())
		}
	})
}

func TestRequestAndResponseRunAtTheSameTime(t *testing.T) {
	w := newWorker(t)
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		c := http.NewResponseController(w)
		c.EnableFullDuplex()
		w.WriteHeader(200)
		c.Flush()
		b := make([]byte, 1)
		for {
			n, err := r.Body.Read(b)
			w.Write(b[:n])
			c.Flush()
			if err != nil {
				return
			}
		}
	})
	a := open(t, w, newTransport(t), address, fields(":method", "POST", ":scheme", "http", ":authority", "a", ":path", "/"), false)
	next(t, a.h.events)
	for i := range 3 {
		a.do(func() { a.WriteData([]byte("x"), i == 2) })
		a.h.until(t, w, func() bool { return len(a.h.data) == i+1 })
	}
	a.h.want(t, "sent", "end")
}

func TestConnectionIsKeptForTheNextRequest(t *testing.T) {
	w := newWorker(t)
	tr := newTransport(t)
	var mu sync.Mutex
	opened := 0
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) }))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			mu.Lock()
			opened++
			mu.Unlock()
		}
	}
	s.Start()
	defer s.Close()
	for range 5 {
		a := open(t, w, tr, s.Listener.Addr().String(), fields(":method", "POST", ":scheme", "http", ":authority", "a", ":path", "/", "content-length", "5"), false)
		a.do(func() { a.WriteData([]byte("hello"), true) })
		for e := next(t, a.h.events); e != "end"; e = next(t, a.h.events) {
		}
		a.do(func() { a.Cancel(event.Code(0)) }) // as the relay does when the client has it all
	}
	mu.Lock()
	defer mu.Unlock()
	if opened != 1 {
		t.Errorf("%d connections for five requests in a row", opened)
	}
}
