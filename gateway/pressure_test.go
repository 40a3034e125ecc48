package gateway_test

import (
	"context"
	"maps"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"github.com/hopscope/hopscope/gateway"
	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/conn"
)

// flood answers each request with as much as the windows allow, for ever. sent is
// how much that was, in bytes.
type flood struct{ sent atomic.Int64 }

func (o *flood) serve(_ int, p *peer) {
	_ = p.nc.SetDeadline(time.Time{}) // it lasts as long as the test
	initial := 65535
	windows := map[uint32]int{}
	connection := 65535
	for {
		f, err := p.ReadFrame()
		if err != nil {
			return
		}
		switch f := f.(type) {
		case *http2.SettingsFrame:
			if v, ok := f.Value(http2.SettingInitialWindowSize); ok {
				for id := range windows {
					windows[id] += int(v) - initial
				}
				initial = int(v)
			}
			p.message(f)
		case *http2.WindowUpdateFrame:
			if f.StreamID == 0 {
				connection += int(f.Increment)
			} else if _, ok := windows[f.StreamID]; ok {
				windows[f.StreamID] += int(f.Increment)
			}
		case *http2.RSTStreamFrame:
			delete(windows, f.StreamID)
		case *http2.MetaHeadersFrame:
			windows[f.StreamID] = initial
			p.headers(f.StreamID, false, ":status", "200")
		default:
			p.message(f)
		}
		for id := range windows {
			for n := 1; n > 0; {
				if n = min(16384, windows[id], connection); n > 0 {
					_ = p.WriteData(id, false, make([]byte, n))
					o.sent.Add(int64(n))
					windows[id] -= n
					connection -= n
				}
			}
		}
	}
}

// Two thousand streams that stop reading, half of them by their window and half by their
// socket, make the gateway hold what they begin with, and fetch little more, while
// ARCHITECTURE.md would allow more; at max_buffered_bytes it refuses, asks for less,
// and resets the longest-stalled.
func TestStoppedReadersStayWithinTheBounds(t *testing.T) {
	stop := func(t *testing.T, address string, conns, streams int) {
		for n := range conns {
			var s []http2.Setting
			if n%2 == 0 {
				s = append(s, http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0})
			}
			p := dial(t, address, s...)
			_ = p.nc.(*net.TCPConn).SetReadBuffer(1)
			_ = p.WriteWindowUpdate(0, 1<<30)
			for i := range uint32(streams) {
				if n%2 == 1 {
					_ = p.WriteWindowUpdate(0, 1) // it goes on to give credit, and does not read
				}
				p.get(2*i + 1)
			}
		}
	}

	t.Run("windows", func(t *testing.T) {
		const conns, streams = 20, 100
		// Sockets take some, which counts for who does not read them: that is why a
		// stream may hold a little more. Frame headers and header blocks come on top.
		const each, rest = streams * 2 * conn.FirstWindow, streams*1024 + 64<<10
		const sockets = conns / 2 * 1 << 20
		o := &flood{}
		g, address := start(t, listen(t, o.serve), "", "{max_buffered_bytes: 1073741824}")
		stop(t, address, conns, streams)
		waitForStreams(t, g, conns*streams)
		for _, s := range stalled(t, g, conns) {
			if s.Buffered > 2*conn.FirstWindow || s.Stall != nil && s.Stall.Scope == "stream" && s.Buffered > conn.FirstWindow {
				t.Errorf("stream %d holds %d bytes, %+v", s.ID, s.Buffered, s.Stall)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		stats, err := g.Stats(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range stats.Conns {
			if c.BufferedBytes > each+rest {
				t.Errorf("connection %d holds %d bytes for %d streams", c.Conn.ID, c.BufferedBytes, streams)
			}
		}
		if got := buffered(t, g); got > conns*(each+rest) {
			t.Errorf("%d bytes are held for %d streams", got, conns*streams)
		}
		if got := o.sent.Load(); got > conns*(each+rest)+sockets {
			t.Errorf("%d bytes were fetched from the origin for %d streams that take none", got, conns*streams)
		}
	})

	t.Run("cap", func(t *testing.T) {
		const limit = 1 << 20
		const workers = 2
		o := &flood{}
		cfg := parse(t, listen(t, o.serve), "", "{max_buffered_bytes: 1048576, max_glitches: 0}")
		g := startOn(t, cfg, gateway.Options{Workers: workers})
		address := g.Addresses()["edge"]
		stop(t, address, 8, 80)
		p := dial(t, address)
		for id, refused, tight := uint32(1), false, false; !refused || !tight; id += 2 {
			p.get(id)
			for answered := false; !answered; {
				f, err := p.ReadFrame()
				if err != nil {
					t.Fatal(err)
				}
				switch f := f.(type) {
				case *http2.SettingsFrame:
					v, ok := f.Value(http2.SettingInitialWindowSize)
					tight = ok && v < 65536 || tight
				case *http2.MetaHeadersFrame:
					answered = true
				case *http2.RSTStreamFrame: // it may be sent again
					answered, refused = true, refused || f.ErrCode == http2.ErrCodeRefusedStream
				}
				p.message(f)
			}
			_ = p.WriteRSTStream(id, http2.ErrCodeCancel)
		}
		// A quarter above the limit streams are reset; what one batch of each
		// worker brings comes on top.
		for range 100 {
			if got := buffered(t, g); got > limit+limit/4+2*workers*(64<<10) {
				t.Fatalf("%d bytes are held, the limit is %d", got, limit)
			}
		}
	})
}

// stalled returns the streams of a gateway once most of each of its n clients' wait;
// bytes of others may wait in the connection's write buffer.
func stalled(t *testing.T, g *gateway.Gateway, n int) []event.StreamInfo {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		all, err := g.Streams(ctx)
		if err != nil {
			t.Fatal(err)
		}
		waiting := map[uint64]int{} // less those that do not
		for _, s := range all {
			if s.Stall != nil {
				waiting[s.Connection]++
			} else {
				waiting[s.Connection]--
			}
		}
		maps.DeleteFunc(waiting, func(_ uint64, n int) bool { return n <= 0 })
		if len(waiting) == n {
			return all
		}
	}
}

// buffered returns the bytes that a gateway holds for its peers.
func buffered(t *testing.T, g *gateway.Gateway) int64 {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	s, err := g.Stats(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return s.BufferedBytes
}
