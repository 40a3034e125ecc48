package e2e

import (
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"golang.org/x/net/http2"
)

// Connections that say nothing, or less than a line, cannot keep an honest client
// out, neither by their number nor for longer than header_timeout; over TLS alike.
func TestSilentConnectionsGiveWay(t *testing.T) {
	o := startOrigin(t, nil)
	ca := newAuthority(t)
	g := startGateway(t, twoListenerConfig(t, ca, o.address, "limits: {max_pending_connections: 50}"))
	for _, c := range []struct {
		listener, says, url string
		client              *http.Client
	}{
		{"edge", "PRI * HT", "http://" + g.address["edge"] + "/", newClient(t)},
		{"tls", "\x16\x03\x01", "https://" + g.address["tls"] + "/", ca.client(t)},
	} {
		for range 300 {
			nc, err := net.Dial("tcp", g.address[c.listener])
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { nc.Close() })
			_, _ = io.WriteString(nc, c.says)
		}
		if status, _, err := get(t.Context(), c.client, c.url); err != nil || status != 200 {
			t.Errorf("%s: the honest client: %d %v", c.listener, status, err)
		}
		refused := func(reason string) float64 {
			page, _ := g.adminGet("/metrics", "")
			n, _ := metric(page, "hopscope_connections_refused_total", fmt.Sprintf("listener=%q", c.listener), fmt.Sprintf("reason=%q", reason))
			return n
		}
		if n := refused("max_pending_connections"); n < 250 {
			t.Errorf("%s: %v connections had to go, want 250", c.listener, n)
		}
		eventually(t, "those who are left ran out of time", func() (bool, string) {
			n := refused("timeout")
			return n >= 49, fmt.Sprint(n)
		})
	}
}

// When all clients of a gateway come back at once, most have connected before the
// first has said anything. Nobody is sent away for that.
func TestClientsThatComeAtOnceAreTaken(t *testing.T) {
	const clients = 1500
	g := startGateway(t, plainConfig(startOrigin(t, nil).address))
	var all []net.Conn
	for range clients {
		nc, err := net.Dial("tcp", g.address["edge"])
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { nc.Close() })
		_ = nc.SetDeadline(time.Now().Add(time.Minute))
		all = append(all, nc)
	}
	for i, nc := range all {
		_, _ = io.WriteString(nc, http2.ClientPreface+"\x00\x00\x00\x04\x00\x00\x00\x00\x00")
		if _, err := io.ReadFull(nc, make([]byte, 9)); err != nil {
			t.Fatalf("client %d of %d waits for SETTINGS: %v", i+1, clients, err)
		}
	}
}

// A connection that says nothing costs no goroutine. One that says less than a line,
// or its ClientHello byte by byte, costs a small stack and no state of TLS.
func TestSilentConnectionsCostLittle(t *testing.T) {
	const conns, slack, most = 300, 10, 3 << 10
	for _, c := range []struct {
		name, listener, says string
		goroutine            bool
	}{
		{"silent", "edge", "", false},
		{"silent over TLS", "tls", "", false},
		{"slow", "edge", "PRI * HT", true},
		{"slow over TLS", "tls", "\x16\x03\x01\x02\x00\x01", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			// Otherwise new stacks are as large as others have grown on average.
			g := startGateway(t, twoListenerConfig(t, newAuthority(t), startOrigin(t, nil).address),
				gatewayOptions{env: []string{"GODEBUG=adaptivestackstart=0"}})
			look := func() (open, goroutines, stacks float64) {
				page, _ := g.adminGet("/metrics", "")
				open, _ = metric(page, "process_open_fds")
				goroutines, _ = metric(page, "go_goroutines")
				stacks, _ = metric(page, "go_memstats_stack_inuse_bytes")
				return open, goroutines, stacks
			}
			look() // the first scrape has stacks to grow
			open, goroutines, before := look()
			for range conns {
				nc, err := net.Dial("tcp", g.address[c.listener])
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { nc.Close() })
				_, _ = io.WriteString(nc, c.says)
			}
			var running, after float64
			eventually(t, "all are waited for", func() (bool, string) {
				var now float64
				now, running, after = look()
				waited := now >= open+conns-slack
				if c.goroutine {
					waited = running >= goroutines+conns-slack
				}
				return waited, fmt.Sprint(now, running)
			})
			if !c.goroutine {
				eventually(t, "none has a goroutine", func() (bool, string) {
					_, running, _ = look()
					return running <= goroutines+slack, fmt.Sprint(running)
				})
				return
			}
			if each := (after - before) / conns; each > most {
				t.Errorf("each takes %.0f bytes of stack, want at most %d", each, most)
			}
		})
	}
}

// A client that says ClientHello and nothing more costs what its handshake takes, a
// goroutine and the state of TLS, and no more of them than may be pending.
func TestUnfinishedHandshakesAreBounded(t *testing.T) {
	const limit, clients, each = 500, 2000, 24 << 10
	const garbage = 32 << 20 // that the collector may leave for a while
	g := startGateway(t, twoListenerConfig(t, newAuthority(t), startOrigin(t, nil).address, fmt.Sprintf("limits: {max_pending_connections: %d}", limit)))
	memory := func() float64 {
		page, _ := g.adminGet("/metrics", "")
		n, found := metric(page, "process_resident_memory_bytes")
		if found != 1 {
			t.Fatalf("%d process_resident_memory_bytes", found)
		}
		return n
	}
	memory() // the first scrape takes some itself
	before := memory()
	hello := clientHello(t)
	for i := range clients {
		nc, err := net.Dial("tcp", g.address["tls"])
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { nc.Close() })
		_ = nc.SetDeadline(time.Now().Add(time.Minute))
		_, _ = nc.Write(hello)
		if _, err := io.ReadFull(nc, make([]byte, 100)); err != nil { // of ServerHello
			t.Fatalf("client %d: %v", i+1, err)
		}
	}
	if took := memory() - before; took > limit*each+garbage {
		t.Errorf("%d handshakes, of which %d may be pending, take %.0f bytes, want at most %d", clients, limit, took, limit*each+garbage)
	}
	page, _ := g.adminGet("/metrics", "")
	if n, _ := metric(page, "hopscope_connections_refused_total", `listener="tls"`, `reason="max_pending_connections"`); n != clients-limit {
		t.Errorf("%v had to go, want %d", n, clients-limit)
	}
}

// clientHello returns a ClientHello for HTTP/2.
func clientHello(t *testing.T) []byte {
	t.Helper()
	ours, theirs := net.Pipe()
	defer theirs.Close()
	go func() {
		_ = tls.Client(ours, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}}).Handshake() // ends with theirs
	}()
	head := make([]byte, 5) // of a record
	if _, err := io.ReadFull(theirs, head); err != nil {
		t.Fatal(err)
	}
	body := make([]byte, binary.BigEndian.Uint16(head[3:]))
	if _, err := io.ReadFull(theirs, body); err != nil {
		t.Fatal(err)
	}
	return append(head, body...)
}

// At max_connections new ones are turned away, and those without a stream make
// room for those who come later.
func TestConnectionFloodMakesRoom(t *testing.T) {
	o := startOrigin(t, nil)
	g := startGateway(t, plainConfig(o.address, "limits: {max_connections: 40}"))
	// One of them is at work from the start, and stays.
	busy := newAttacker(t, g.address["edge"])
	busy.headers(1, true, busy.block(":method", "GET", ":scheme", "http", ":path", "/hang", ":authority", "test"))
	for range 39 {
		newAttacker(t, g.address["edge"])
	}
	eventually(t, "a connection is turned away", func() (bool, string) {
		nc, err := net.Dial("tcp", g.address["edge"])
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		page, _ := g.adminGet("/metrics", "")
		n, _ := metric(page, "hopscope_connections_refused_total", `reason="max_connections"`)
		return n > 0, fmt.Sprint(n)
	})
	eventually(t, "room for an honest client", func() (bool, string) {
		status, _, err := get(t.Context(), newClient(t), "http://"+g.address["edge"]+"/")
		return status == 200, fmt.Sprint(status, err)
	})
	if busy.over() {
		t.Error("a connection with a stream had to go")
	}
}

// While the gateway is short of memory, new streams are refused so that their
// clients may repeat them elsewhere; afterwards it goes on as before.
func TestShortOfMemoryNewStreamsAreRefused(t *testing.T) {
	o := startOrigin(t, nil)
	config := plainConfig(o.address, "limits: {max_memory: 1000000}") // less than it has
	g := startGateway(t, config)
	client := &http.Client{Transport: &http.Transport{}}
	eventually(t, "HTTP/1.1 gets 503", func() (bool, string) {
		status, body, err := get(t.Context(), client, "http://"+g.address["edge"]+"/")
		return status == 503, fmt.Sprint(status, body, err)
	})
	a := newAttacker(t, g.address["edge"])
	a.headers(1, true, a.request("GET"))
	eventually(t, "REFUSED_STREAM", func() (bool, string) {
		code := http2.ErrCode(a.reset.Load())
		return code == http2.ErrCodeRefusedStream, code.String()
	})
	page, _ := g.adminGet("/metrics", "")
	if n, _ := metric(page, "hopscope_overload", `cause="memory"`); n != 1 {
		t.Errorf("hopscope_overload is %v", n)
	}
	if n, _ := metric(page, "hopscope_stream_end_total", `reason="overload"`, `origin="gateway"`); n < 2 {
		t.Errorf("%v streams ended for overload, want 2", n)
	}
	g.writeConfig(plainConfig(o.address))
	eventually(t, "with the limit raised", func() (bool, string) {
		status, body, err := get(t.Context(), client, "http://"+g.address["edge"]+"/")
		return status == 200, fmt.Sprint(status, body, err)
	})
}

// A worker that gets less done than comes in refuses what is new, finishes what it
// has, and recovers by itself.
func TestShortOfProcessorsNewStreamsAreRefused(t *testing.T) {
	o := startOrigin(t, nil)
	g := startGateway(t, plainConfig(o.address, "limits: {max_queue_time: 1ns}"), gatewayOptions{env: []string{"GOMAXPROCS=1"}})
	// Every batch takes longer than a nanosecond: after a second of them it is
	// overloaded, until a batch is short again, which none is.
	client := &http.Client{Transport: &http.Transport{}, Timeout: patience}
	eventually(t, "503", func() (bool, string) {
		status, body, err := get(t.Context(), client, "http://"+g.address["edge"]+"/")
		return status == 503, fmt.Sprint(status, body, err)
	})
	page, _ := g.adminGet("/metrics", "")
	if n, _ := metric(page, "hopscope_overload", `cause="cpu"`); n != 1 {
		t.Errorf("hopscope_overload is %v", n)
	}
	g.writeConfig(plainConfig(o.address))
	eventually(t, "with the limit raised", func() (bool, string) {
		status, body, err := get(t.Context(), client, "http://"+g.address["edge"]+"/")
		return status == 200, fmt.Sprint(status, body, err)
	})
}
