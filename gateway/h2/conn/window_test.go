package conn

import (
	"testing"

	"github.com/hopscope/hopscope/gateway/h2/frame"
)

// tighten caps the windows as a worker under pressure does.
func (r *rig) tighten(limit uint32) {
	r.env.StreamWindowCap = limit
	r.c.FollowWindow()
	r.env.Flush()
}

func ack() []byte { return frame.AppendSettingsAck(nil) }

func TestPeerIsHeldToASmallerWindowOnlyAfterItsAck(t *testing.T) {
	r := server(t)
	r.send(ack(), r.post(1))
	r.tighten(1000)
	r.want("SETTINGS 0")
	r.send(data(1, 16000, false), r.post(3), data(3, 16000, false)) // it has not read that yet
	r.want()
	r.send(ack(), data(3, 1, false))
	r.want("RST_STREAM 3 FLOW_CONTROL_ERROR")
	// What was taken is given back, but no more than the window that is left.
	r.streams[0].s.Credit(16000, 0)
	r.env.Flush()
	r.want("WINDOW_UPDATE 1 +16000")
	r.send(data(1, 1000, false))
	r.want()
	r.send(data(1, 1, false))
	r.want("RST_STREAM 1 FLOW_CONTROL_ERROR")
}

func TestRestoredWindowMayBeUsedAtOnce(t *testing.T) {
	r := server(t)
	r.send(ack(), r.post(1))
	r.tighten(1000)
	r.send(ack())
	r.tighten(0)
	r.want("SETTINGS 0", "SETTINGS 0")
	r.send(data(1, 16000, false)) // its acknowledgement may come later
	r.want()
}

// Credit that was not yet worth announcing is all that a peer has left when the
// window shrinks: without it the stream would hang.
func TestSmallerWindowAnnouncesWhatWasSavedUp(t *testing.T) {
	r := server(t)
	r.send(ack(), r.post(1), data(1, 10000, false))
	r.streams[0].s.Credit(10000, 0)
	r.env.Flush()
	r.want()
	r.tighten(1000)
	r.want("SETTINGS 0", "WINDOW_UPDATE 1 +10000")
}

func TestOneChangeOfTheWindowIsOnItsWayAtATime(t *testing.T) {
	r := server(t)
	r.tighten(1000) // the first SETTINGS are not acknowledged
	r.tighten(0)
	r.tighten(2000)
	r.want()
	r.send(ack())
	r.want("SETTINGS 0")
	r.send(r.post(1))
	if got := r.streams[0].s.recv.Left(); got != 2000 {
		t.Fatalf("the window is %d", got)
	}
}

// response returns a stream in the client role whose response has begun.
func response(t *testing.T) (*rig, *Stream) {
	r := clientRole(t)
	s := r.open(true).s
	r.read()
	r.send(ack(), r.headers(1, false, ":status", "200"))
	return r, s
}

// The window of a response begins small, and is larger once its client has taken
// something worth telling: credit by a byte at a time does not open it.
func TestWindowOfAResponseGrowsAsItIsTaken(t *testing.T) {
	r, s := response(t)
	r.send(data(1, FirstWindow, false))
	for range FirstWindow/4 - 1 {
		s.Credit(1, 65535)
	}
	r.env.Flush()
	r.want()
	s.Credit(1, 65535)
	r.env.Flush()
	r.want("WINDOW_UPDATE 1 +63999") // what came back, and 65535 - 2048 more
	if got := s.recv.Left(); got != 63999 {
		t.Errorf("the window is %d", got)
	}
}

func TestWindowOfAResponseStaysAsItIsWhereThereIsNoRoom(t *testing.T) {
	r, s := response(t)
	r.send(data(1, FirstWindow, false))
	s.Credit(FirstWindow, 0)
	r.env.Flush()
	r.want("WINDOW_UPDATE 1 +2048")
	r.send(data(1, FirstWindow, false), data(1, 1, false))
	r.want("RST_STREAM 1 FLOW_CONTROL_ERROR")
}

func TestResponseThatFitsIntoItsFirstWindowCostsNoFrame(t *testing.T) {
	r, s := response(t)
	r.send(data(1, FirstWindow, true))
	s.Credit(FirstWindow, 65535)
	s.Widen(65535)
	r.env.Flush()
	r.want()
}

// Where a large response is expected its origin is told at once, up to what the
// configuration allows.
func TestWindowIsWidenedBeforeTheResponse(t *testing.T) {
	r := clientRole(t)
	s := r.open(true).s
	r.read()
	s.Widen(1 << 20)
	s.Widen(1000)
	r.env.Flush()
	r.want("WINDOW_UPDATE 1 +63487")
	if got := s.recv.Left(); got != 65535 {
		t.Errorf("the window is %d", got)
	}
}

// Under pressure a window that has grown shrinks as it is used, and grows again
// afterwards. The origin's SETTINGS stay.
func TestGrownWindowFollowsACap(t *testing.T) {
	r, s := response(t)
	s.Widen(65535)
	r.send(data(1, 16000, false), data(1, 16000, false))
	r.tighten(FirstWindow)
	s.Credit(16000, 65535)
	r.env.Flush()
	r.want("WINDOW_UPDATE 1 +63487")
	r.send(data(1, 16000, false), data(1, 16000, false), data(1, 1535, false)) // it may still do so
	s.Credit(49535-FirstWindow, 65535)
	r.env.Flush()
	r.want()
	s.Credit(FirstWindow, 65535)
	r.env.Flush()
	r.want("WINDOW_UPDATE 1 +2048")
	r.tighten(0)
	r.send(data(1, FirstWindow, false))
	s.Credit(FirstWindow, 65535)
	r.env.Flush()
	r.want("WINDOW_UPDATE 1 +65535")
}
