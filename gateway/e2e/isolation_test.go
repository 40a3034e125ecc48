package e2e

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// memoryBound is the most the gateway's memory may grow by while 51 streams run,
// one of them stopped: 51 × two 64 KiB stream windows are 6.4 MiB, and the rest
// is for socket and frame buffers and what the collector has not freed yet.
const memoryBound = 32 << 20

// TestStoppedClientSlowsNobody holds 100 MB at a client that stopped, on the one
// upstream connection that 50 other clients use.
func TestStoppedClientSlowsNobody(t *testing.T) {
	for name, stop := range map[string]func(*stopper, *testing.T){
		"it grants no more credit":    (*stopper).readWithoutCredit,
		"it no longer reads a socket": (*stopper).readNothing,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := startOrigin(t, nil)
			// One worker, so that all share one upstream connection.
			g := startGateway(t, plainConfig(o.address), gatewayOptions{env: []string{"GOMAXPROCS=1"}})
			base := "http://" + g.address["edge"]
			if status, _, err := get(t.Context(), newClient(t), base+"/"); err != nil || status != 200 {
				t.Fatalf("%d %v", status, err)
			}
			before := g.peakMemory()
			s := &stopper{address: g.address["edge"]}
			stop(s, t)

			var others sync.WaitGroup
			for range 50 {
				client := newClient(t)
				others.Go(func() {
					for range 20 {
						status, body, err := get(t.Context(), client, base+"/large?bytes=100000")
						if err != nil || status != 200 || len(body) != 100_000 {
							t.Errorf("another client: %d, %d bytes, %v", status, len(body), err)
							return
						}
					}
				})
			}
			done := make(chan struct{})
			go func() { others.Wait(); close(done) }()
			select {
			case <-done:
			case <-time.After(2 * patience):
				t.Fatalf("the others hang behind a stopped client: %d of 1000 requests begun", o.served.Load()-2)
			}
			if got := o.connections.Load(); got != 1 {
				t.Errorf("%d upstream connections: the clients did not share one", got)
			}
			if grown := g.peakMemory() - before; grown > memoryBound {
				t.Errorf("memory grew by %d bytes, bound %d", grown, memoryBound)
			}
			// The stall shows while it lasts; a socket becomes full, and for moments less
			// so, when the system likes.
			eventually(t, "a stalled stream while one client has stopped", func() (bool, string) {
				page, _ := g.adminGet("/metrics", "text/plain")
				stalled, _ := metric(page, "hopscope_stalled_streams", `side="downstream"`)
				return stalled == 1, fmt.Sprint(stalled)
			})
		})
	}
}

// stopper is a client at frame level, because well-made clients never stop.
type stopper struct {
	address string
	conn    *net.TCPConn
	framer  *http2.Framer
}

// open asks for 100 MB, with the given windows.
func (s *stopper) open(t *testing.T, streamWindow, connectionCredit uint32) {
	t.Helper()
	c, err := net.Dial("tcp", s.address)
	if err != nil {
		t.Fatal(err)
	}
	s.conn = c.(*net.TCPConn)
	t.Cleanup(func() { _ = c.Close() })
	if _, err := c.Write([]byte(http2.ClientPreface)); err != nil {
		t.Fatal(err)
	}
	s.framer = http2.NewFramer(c, c)
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	for _, f := range [][2]string{
		{":method", http.MethodGet},
		{":scheme", "http"},
		{":authority", s.address},
		{":path", fmt.Sprintf("/large?bytes=%d", 100<<20)},
	} {
		if err := encoder.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]}); err != nil {
			t.Fatal(err)
		}
	}
	for _, err := range []error{
		s.framer.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: streamWindow}),
		s.framer.WriteWindowUpdate(0, connectionCredit),
		s.framer.WriteHeaders(http2.HeadersFrameParam{
			StreamID: 1, BlockFragment: block.Bytes(), EndStream: true, EndHeaders: true,
		}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// readWithoutCredit reads what the windows allow and no more comes. It goes on to
// answer PINGs: on a machine that takes long, it would be given up for its silence.
func (s *stopper) readWithoutCredit(t *testing.T) {
	t.Helper()
	const window = 1 << 20
	s.open(t, window, window)
	for read := 0; read < window; {
		if err := s.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		frame, err := s.framer.ReadFrame()
		if err != nil {
			t.Fatalf("after %d bytes: %v", read, err)
		}
		if settings, ok := frame.(*http2.SettingsFrame); ok && !settings.IsAck() {
			if err := s.framer.WriteSettingsAck(); err != nil {
				t.Fatal(err)
			}
		}
		if data, ok := frame.(*http2.DataFrame); ok {
			read += len(data.Data())
		}
	}
	_ = s.conn.SetReadDeadline(time.Time{})
	var answering sync.WaitGroup
	answering.Go(func() {
		for {
			frame, err := s.framer.ReadFrame()
			if err != nil {
				return // the test has ended
			}
			if ping, ok := frame.(*http2.PingFrame); ok && !ping.IsAck() {
				_ = s.framer.WritePing(true, ping.Data)
			}
		}
	})
	t.Cleanup(func() {
		_ = s.conn.Close()
		answering.Wait()
	})
}

// readNothing grants all the credit there is and then leaves the socket alone,
// so that the gateway's writes to it would block.
func (s *stopper) readNothing(t *testing.T) {
	t.Helper()
	s.open(t, 1<<30, 1<<30)
	if err := s.conn.SetReadBuffer(16 << 10); err != nil {
		t.Fatal(err)
	}
	// The response has begun when the socket has something to read.
	if _, err := s.framer.ReadFrame(); err != nil {
		t.Fatal(err)
	}
}

// Four hundred responses of 1 MiB that their clients may not be sent hold 2 KiB each,
// and cost whoever shares their upstream connection nothing more.
func TestStoppedStreamsHoldWhatTheyBeginWith(t *testing.T) {
	const conns, streams, first = 4, 100, 2048
	o := startOrigin(t, nil)
	g := startGateway(t, plainConfig(o.address), gatewayOptions{env: []string{"GOMAXPROCS=1"}})
	base := "http://" + g.address["edge"]
	client := newClient(t)
	if status, _, err := get(t.Context(), client, base+"/"); err != nil || status != 200 {
		t.Fatalf("%d %v", status, err)
	}
	before := g.peakMemory()
	for range conns {
		a := dialAttacker(t, g.address["edge"], http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0})
		go a.read()
		for i := range streams {
			a.headers(a.id(i), true, a.block(":method", "GET", ":scheme", "http", ":path", "/large?bytes=1048576", ":authority", "victim.test"))
		}
		if a.failed != nil {
			t.Fatal(a.failed)
		}
	}
	eventually(t, "what all streams hold", func() (bool, string) {
		page, _ := g.adminGet("/metrics", "text/plain")
		held, _ := metric(page, "hopscope_buffered_bytes")
		return held == conns*streams*first, fmt.Sprint(held)
	})
	if status, body, err := get(t.Context(), client, base+"/large?bytes=100000"); err != nil || status != 200 || len(body) != 100_000 {
		t.Errorf("another client: %d, %d bytes, %v", status, len(body), err)
	}
	// The heap may swing by as much again; whole windows would be 26 MB.
	if grown := g.peakMemory() - before; grown > 16<<20 {
		t.Errorf("memory grew by %d bytes", grown)
	}
}
