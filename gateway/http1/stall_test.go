package http1

import (
	"io"
	"net/http"
	"testing"
)

func TestCancelEndsAStall(t *testing.T) {
	w := newWorker(t)
	address := serve(t, func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
	a := open(t, w, newTransport(t), address, fields(":method", "PUT", ":scheme", "http", ":authority", "a", ":path", "/"), false)
	a.do(func() {
		a.WriteData(make([]byte, testWindow), false)
		a.Cancel(0)
	})
	a.h.want(t, "stalled connection", "resumed connection")
}
