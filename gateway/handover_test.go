package gateway_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"github.com/hopscope/hopscope/gateway"
	"github.com/hopscope/hopscope/gateway/config"
)

// unspoken connects and says nothing. When it returns, the gateway has accepted the
// connection: one that came later has had its answer.
func unspoken(t *testing.T, address string) net.Conn {
	t.Helper()
	nc, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	p := dial(t, address)
	p.get(1)
	p.want("headers 1 :status=200", "data 1 end hello")
	p.nc.Close()
	return nc
}

// greet makes a connection speak HTTP/2.
func greet(t *testing.T, nc net.Conn) *peer {
	t.Helper()
	p := newPeer(t, nc)
	_, _ = io.WriteString(nc, http2.ClientPreface)
	_ = p.WriteSettings()
	return p
}

func refused(t *testing.T, address string) {
	t.Helper()
	for until := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		nc, err := net.Dial("tcp", address)
		if errors.Is(err, syscall.ECONNREFUSED) {
			return
		}
		if err == nil {
			nc.Close()
		}
		if time.Now().After(until) {
			t.Fatal("the gateway still listens")
		}
	}
}

// A client whose connection was accepted may not have said anything when a drain
// begins. Its request must be answered before it is told to go.
func TestDrainServesWhatItAccepted(t *testing.T) {
	for name, speak := range map[string]func(t *testing.T, nc net.Conn){
		"HTTP/2": func(t *testing.T, nc net.Conn) {
			p := greet(t, nc)
			p.get(1)
			var got []string
			for m := p.next(); m != "closed"; m = p.next() {
				got = append(got, m)
			}
			all := strings.Join(got, "; ")
			for _, want := range []string{"headers 1 :status=200", "data 1 end hello", "goaway 1 NO_ERROR"} {
				if !strings.Contains(all, want) {
					t.Errorf("no %q in %s", want, all)
				}
			}
		},
		"HTTP/1.1": func(t *testing.T, nc net.Conn) {
			_ = nc.SetDeadline(time.Now().Add(patience))
			_, _ = io.WriteString(nc, "GET / HTTP/1.1\r\nHost: test\r\n\r\n")
			r, err := http.ReadResponse(bufio.NewReader(nc), nil)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(r.Body)
			if err != nil || r.StatusCode != http.StatusOK || !r.Close || string(body) != "hello" {
				t.Errorf("got %s, close %v, %q, %v", r.Status, r.Close, body, err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			g, address := start(t, listen(t, serveOK), "", "")
			nc := unspoken(t, address)
			done := make(chan struct{})
			go func() {
				defer close(done)
				g.Drain(make(chan struct{}))
			}()
			refused(t, address)
			speak(t, nc)
			<-done
		})
	}
}

// What a peer that stays silent may cost a drain is bounded by its grace.
func TestDrainDoesNotWaitForTheSilentBeyondItsGrace(t *testing.T) {
	g, address := start(t, listen(t, serveOK), "", "{drain_grace: 50ms}")
	nc := unspoken(t, address)
	g.Drain(make(chan struct{}))
	_ = nc.SetDeadline(time.Now().Add(patience))
	if _, err := nc.Read(make([]byte, 1)); err == nil || errors.Is(err, syscall.ETIMEDOUT) {
		t.Errorf("the connection is not closed: %v", err)
	}
}

// A reload that changes what a listener is keeps its port and refuses nobody,
// whether its client has spoken or not.
func TestReloadReplacesAListenerOnItsSocket(t *testing.T) {
	origin := listen(t, serveOK)
	g, address := start(t, origin, "", "")
	open, nc := dial(t, address), unspoken(t, address)
	open.get(1)
	open.want("headers 1 :status=200", "data 1 end hello")

	cfg := parse(t, origin, "", "")
	cfg.Listeners[0].TraceTrust = config.TraceNew
	if err := g.Reload(cfg); err != nil {
		t.Fatal(err)
	}
	if now := g.Addresses()["edge"]; now != address {
		t.Errorf("the listener moved from %s to %s", address, now)
	}
	open.want("goaway") // of the listener that was
	for i, p := range []*peer{greet(t, nc), dial(t, address)} {
		if !p.served() {
			t.Errorf("connection %d got no answer", i)
		}
	}
}

// served reports whether a request is answered, whatever else is said.
func (p *peer) served() bool {
	p.get(1)
	for {
		switch p.next() {
		case "data 1 end hello":
			return true
		case "closed":
			return false
		}
	}
}

// Two gateways listen on one socket while one hands over to the other: clients
// that connect all the time, and those that stay, notice nothing.
func TestHandOverLosesNoConnection(t *testing.T) {
	origin := listen(t, serveOK)
	g, address := start(t, origin, "", "{drain_delay: 1h}")
	stop := make(chan struct{})
	begun := make(chan struct{}, 4)
	var clients sync.WaitGroup
	for range cap(begun) {
		clients.Go(func() {
			for n := 0; ; n++ {
				p := dial(t, address)
				ok := p.served()
				p.nc.Close()
				if !ok {
					t.Errorf("connection %d was lost", n)
					return
				}
				if n == 0 {
					begun <- struct{}{}
				}
				select {
				case <-stop:
					return
				default:
				}
			}
		})
	}
	for range cap(begun) {
		<-begun
	}
	for range 5 {
		sockets, err := g.Sockets()
		if err != nil {
			t.Fatal(err)
		}
		next := startOn(t, parse(t, origin, "", ""), gateway.Options{Listen: func(name, _ string) (net.Listener, error) {
			for _, s := range sockets {
				if s.Name == name {
					defer s.File.Close()
					return net.FileListener(s.File)
				}
			}
			return nil, errors.New("no socket for " + name)
		}})
		g.HandOver(make(chan struct{}))
		g = next
	}
	close(stop)
	clients.Wait()
	if now := g.Addresses()["edge"]; now != address {
		t.Errorf("the listener moved from %s to %s", address, now)
	}
}

func TestSocketKey(t *testing.T) {
	for _, c := range []struct {
		a, b [2]string
		same bool
	}{
		{[2]string{"edge", ":8080"}, [2]string{"front", ":8080"}, true},
		{[2]string{"edge", ":8080"}, [2]string{"edge", ":8081"}, false},
		{[2]string{"edge", "127.0.0.1:0"}, [2]string{"front", "127.0.0.1:0"}, false},
		{[2]string{"edge", "127.0.0.1:0"}, [2]string{"edge", "127.0.0.1:0"}, true},
	} {
		if got := gateway.SocketKey(c.a[0], c.a[1]) == gateway.SocketKey(c.b[0], c.b[1]); got != c.same {
			t.Errorf("%v takes over %v: %v, want %v", c.b, c.a, got, c.same)
		}
	}
}

// A client that has not read everything when the gateway ends, and that says
// something meanwhile, loses nothing: a socket that is closed under what it sends
// would be reset, and what is on its way with it.
func TestDrainLetsClientsTakeTheLastBytes(t *testing.T) {
	const size = 1 << 20
	g, address := start(t, serving(t, size), "", "{stream_window: 4194304}")
	dialer := net.Dialer{Control: func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) { _ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 32<<10) })
	}}
	nc, err := dialer.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	p := newPeer(t, nc)
	_, _ = io.WriteString(nc, http2.ClientPreface)
	_ = p.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: size})
	_ = p.WriteWindowUpdate(0, size)
	p.get(1)
	p.want("headers 1 :status=200")

	done := make(chan struct{})
	go func() {
		defer close(done)
		g.Drain(make(chan struct{}))
	}()
	stop := make(chan struct{})
	var talker sync.WaitGroup
	talker.Go(func() {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				_ = p.WritePing(true, [8]byte{}) // an answer that nobody asked for, so that there is none to it
			case <-stop:
				return
			}
		}
	})
	got, tick := 0, time.NewTicker(40*time.Millisecond)
	defer tick.Stop()
	for got < size {
		f, err := p.ReadFrame()
		if err != nil {
			t.Errorf("%d of %d bytes, then %v", got, size, err)
			break
		}
		if d, ok := f.(*http2.DataFrame); ok {
			got += len(d.Data())
			<-tick.C
		}
	}
	close(stop)
	talker.Wait()
	nc.Close()
	<-done
}

// serving returns the address of an origin that answers with size bytes.
func serving(t *testing.T, size int) string {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(make([]byte, size))
	}))
	server.Config.Protocols = new(http.Protocols)
	server.Config.Protocols.SetUnencryptedHTTP2(true)
	server.Start()
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}
