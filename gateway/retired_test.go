package gateway_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/hopscope/hopscope/gateway"
	"github.com/hopscope/hopscope/gateway/config"
)

// A request that began before a reload may connect to the old upstream after it.
// Over HTTP/1.1 that connection is closed with the request and not kept.
func TestRetiredHTTP1UpstreamKeepsNoConnection(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	cfg := parse(t, ln.Addr().String(), "[{name: all, upstream: web, retry: safe_methods}]", "")
	cfg.Upstreams[0].Protocol = config.HTTP1
	g := startOn(t, cfg, gateway.Options{})
	next := *cfg
	next.Upstreams = []config.Upstream{cfg.Upstreams[0]}
	next.Limits.ConnectTimeout++ // another cluster

	result := make(chan error, 1)
	go func() {
		r, err := newHTTP1Client(t).Get("http://" + g.Addresses()["edge"] + "/")
		if err == nil {
			_, err = io.Copy(io.Discard, r.Body)
			r.Body.Close()
		}
		result <- err
	}()
	first, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := http.ReadRequest(bufio.NewReader(first)); err != nil {
		t.Fatal(err)
	}
	if err := g.Reload(&next); err != nil {
		t.Fatal(err)
	}
	first.Close() // the request is sent again, over a connection that is new
	second, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	_ = second.SetDeadline(time.Now().Add(patience))
	in := bufio.NewReader(second)
	if _, err := http.ReadRequest(in); err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(second, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
	if err := <-result; err != nil {
		t.Fatal(err)
	}
	if _, err := in.ReadByte(); err != io.EOF {
		t.Errorf("the connection is kept: %v", err)
	}
}

func newHTTP1Client(t *testing.T) *http.Client {
	client := &http.Client{Transport: new(http.Transport)}
	t.Cleanup(client.CloseIdleConnections)
	return client
}
