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
	r.streams[0].s.Credit(16000)
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
	r.streams[0].s.Credit(10000)
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
