package conn

import (
	"testing"

	"github.com/hopscope/hopscope/gateway/h2/frame"
)

// wide returns a connection in the server role to whose streams nothing is denied
// by windows.
func wide(t *testing.T) *rig {
	r := server(t)
	r.send(settings(frame.Setting{ID: frame.InitialWindowSize, Value: 1 << 20}), windowUpdate(0, 1<<30))
	return r
}

func (r *rig) wantRoom(id uint32, want int) {
	r.t.Helper()
	if got := r.c.streams.get(id).Room(); got != want {
		r.t.Fatalf("there is room for %d bytes, want %d", got, want)
	}
}

// write answers a stream with n bytes.
func (r *rig) write(id uint32, n int) {
	r.c.streams.get(id).WriteData(make([]byte, n), false)
	r.env.Flush()
}

func TestStreamsShareWhatTheirPeerIsGoodFor(t *testing.T) {
	r := wide(t)
	r.send(r.get(1))
	r.wantRoom(1, advance)
	r.send(r.get(3), r.get(5), r.get(7))
	r.wantRoom(7, FirstWindow)
	r.write(1, 40000)
	if got := r.c.streams.get(7).Room(); got < (advance+leverage*40000)/4 || got > (advance+leverage*41000)/4 {
		t.Fatalf("there is room for %d bytes after 40000 were taken", got)
	}
	r.write(3, 100000)
	r.wantRoom(7, 65535)
}

// What waits in our socket the peer has not taken.
func TestBytesInTheSocketMakeNoRoom(t *testing.T) {
	r := wide(t)
	r.send(r.get(1), r.get(3), r.get(5), r.get(7))
	r.tr.unread = 1 << 20 // as records of TLS they may be more than those we know of
	for id := uint32(1); id < 9; id += 2 {
		r.write(id, 50000)
		r.wantRoom(id, FirstWindow)
	}
	r.tr.unread = 0
	r.write(1, 10000)
	r.wantRoom(1, 65535)
}

func TestThereIsNoMoreRoomThanTheWindowTakes(t *testing.T) {
	r := server(t)
	r.send(settings(frame.Setting{ID: frame.InitialWindowSize, Value: 100}), r.get(1))
	r.wantRoom(1, 100)
	r.write(1, 101)
	r.wantRoom(1, 0)
	r.send(settings(frame.Setting{ID: frame.InitialWindowSize, Value: 0}))
	r.wantRoom(1, 0)
}
