package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// keptAlive is a client's connection over HTTP/1.1, by hand.
type keptAlive struct {
	t  testing.TB
	nc net.Conn
	in *bufio.Reader
}

func newKeptAlive(t testing.TB, address string) *keptAlive {
	t.Helper()
	nc, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	_ = nc.SetDeadline(time.Now().Add(2 * patience))
	return &keptAlive{t, nc, bufio.NewReader(nc)}
}

func (k *keptAlive) send(path string) {
	k.t.Helper()
	if _, err := fmt.Fprintf(k.nc, "GET %s HTTP/1.1\r\nHost: test\r\n\r\n", path); err != nil {
		k.t.Fatal(err)
	}
}

// receive returns the next response, which has to be good, and its body.
func (k *keptAlive) receive() (*http.Response, string) {
	k.t.Helper()
	resp, err := http.ReadResponse(k.in, nil)
	if err != nil {
		k.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 {
		k.t.Fatalf("%d %q %v", resp.StatusCode, body, err)
	}
	return resp, string(body)
}

// ended waits for the end of the connection.
func (k *keptAlive) ended() {
	k.t.Helper()
	if b, err := k.in.ReadByte(); err != io.EOF {
		k.t.Fatalf("got %q and %v, want the end", b, err)
	}
}

// At max_connections, clients over HTTP/1.1 that only keep their connection make
// room for those who come later.
func TestKeptAliveConnectionsMakeRoom(t *testing.T) {
	t.Parallel()
	o := startOrigin(t, nil)
	g := startGateway(t, plainConfig(o.address, "limits: {max_connections: 40}"))
	busy := newKeptAlive(t, g.address["edge"])
	busy.send("/gate")
	o.waitAtGate(t)
	for range 39 {
		k := newKeptAlive(t, g.address["edge"])
		k.send("/")
		k.receive()
	}
	eventually(t, "room for an honest client", func() (bool, string) {
		status, _, err := get(t.Context(), newClient(t), "http://"+g.address["edge"]+"/")
		return status == 200, fmt.Sprint(status, err)
	})
	if n := g.counter("hopscope_connections_closed_total", `side="downstream"`, `reason="idle"`); n == 0 {
		t.Error("no connection was closed because it was idle")
	}
	close(o.gate)
	if _, body := busy.receive(); body != "before, after" {
		t.Errorf("the one at work got %q", body)
	}
}

// A listener that a reload removes lets its connections over HTTP/1.1 finish what
// they are at, and ends them, those that are idle as well. Others stay.
func TestRemovedListenerDrainsItsKeptAliveConnections(t *testing.T) {
	t.Parallel()
	o := startOrigin(t, nil)
	config := func(listeners string) string {
		return fmt.Sprintf(`
listeners: [{name: stays, address: "127.0.0.1:0"}%s]
upstreams: [{name: origin, endpoints: [%q], protocol: h2c}]
routes: [{name: all, match: {path_prefix: /}, upstream: origin}]
admin: {address: "127.0.0.1:0"}
`, listeners, o.address)
	}
	g := startGateway(t, config(`, {name: goes, address: "127.0.0.1:0"}`))
	stays, idle, busy := newKeptAlive(t, g.address["stays"]), newKeptAlive(t, g.address["goes"]), newKeptAlive(t, g.address["goes"])
	for _, k := range []*keptAlive{stays, idle} {
		k.send("/")
		k.receive()
	}
	busy.send("/gate")
	o.waitAtGate(t)

	g.writeConfig(config(""))
	idle.ended()
	close(o.gate)
	if resp, body := busy.receive(); body != "before, after" {
		t.Errorf("the request that was under way: %v %q", resp.Close, body)
	}
	busy.ended()
	eventually(t, "two connections closed", func() (bool, string) {
		n := g.counter("hopscope_connections_closed_total", `side="downstream"`, `reason="replaced"`)
		return n == 2, fmt.Sprint(n)
	})
	stays.send("/")
	stays.receive()
}
