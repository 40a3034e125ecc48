package conn

import (
	"testing"
	"time"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/frame"
)

const (
	testPingAfter   = 20 * time.Second
	testPingTimeout = 10 * time.Second
)

// aliveRig is a connection whose silent peer is asked, with one stream open.
func aliveRig(t *testing.T, side event.Side) *rig {
	r := newRig(t, side, Config{
		MaxConcurrentStreams: 10, StreamWindow: 65535, ConnWindow: 1 << 20, MaxHeaderBytes: 4096, MaxHeaderFields: 50,
		PingAfter: testPingAfter, PingTimeout: testPingTimeout,
	})
	r.env.Flush()
	if side == event.Downstream {
		r.raw([]byte(frame.Preface))
		r.send(settings(), r.post(1))
	} else {
		r.tr.out = r.tr.out[len(frame.Preface):]
		r.send(settings(), frame.AppendSettingsAck(nil))
		r.open(true)
	}
	r.read()
	return r
}

// after lets seconds pass, with the sweep in each.
func (r *rig) after(seconds int) {
	for range seconds {
		r.env.Now = r.env.Now.Add(time.Second)
		r.c.Sweep(r.env.Now)
		r.env.Flush()
	}
}

func pingAck() []byte { return frame.AppendPing(nil, alivePing, true) }

func TestSilentPeerIsAskedAndGivenUp(t *testing.T) {
	for _, side := range []event.Side{event.Downstream, event.Upstream} {
		t.Run(side.String(), func(t *testing.T) {
			r := aliveRig(t, side)
			r.after(19)
			r.want()
			r.after(1)
			r.want("PING 0")
			r.after(10) // the first sweep sees that the PING has arrived
			r.want()
			if r.closed != nil {
				t.Fatal("given up before the answer was due")
			}
			r.after(1)
			if r.closed == nil || *r.closed != event.CloseTimeout || r.sink.timeouts != 1 {
				t.Fatalf("still open, or closed for another reason: %v, %d timeouts", r.closed, r.sink.timeouts)
			}
			log := r.streams[0].take()
			if last := log[len(log)-1]; last != "reset NO_ERROR cause 3 none" {
				t.Errorf("the stream was told %q", log)
			}
		})
	}
}

func TestPeerThatAnswersIsKeptAndSeldomAsked(t *testing.T) {
	r := aliveRig(t, event.Upstream)
	r.after(20)
	r.want("PING 0")
	r.send(pingAck())
	r.after(299)
	r.want() // gRPC's servers would take offence
	r.after(1)
	r.want("PING 0")
	r.send(pingAck())
	r.send(r.headers(1, false, ":status", "200")) // from here it may be asked anew
	r.after(19)
	r.want()
	r.after(1)
	r.want("PING 0")
	r.send(pingAck())
	if r.after(200); r.closed != nil {
		t.Fatal("a peer that answers was given up")
	}
}

func TestAnyByteIsAnAnswer(t *testing.T) {
	r := aliveRig(t, event.Downstream)
	r.after(20)
	r.want("PING 0")
	r.after(9)
	r.send(windowUpdate(0, 1))
	if r.after(19); r.closed != nil {
		t.Fatal("given up although it spoke")
	}
}

func TestPeerWithoutStreamsIsNotAsked(t *testing.T) {
	r := aliveRig(t, event.Upstream)
	r.send(r.headers(1, true, ":status", "200"))
	r.read()
	if r.after(3600); r.closed != nil {
		t.Fatal("closed")
	}
	r.want()
	r.open(true) // after so long it is asked at once
	r.read()
	r.after(1)
	r.want("PING 0")
}

func TestPeerThatOwesAnAnswerGetsNoNewStreams(t *testing.T) {
	r := aliveRig(t, event.Upstream)
	if r.after(20); r.c.Slots() == 0 {
		t.Fatal("not one moment to answer")
	}
	if r.after(1); r.c.Slots() != 0 {
		t.Fatal("a request may go to a peer that is probably gone")
	}
	r.changed = 0
	r.send(pingAck())
	if r.after(1); r.c.Slots() == 0 || r.changed == 0 {
		t.Fatal("it answered, and nobody was told")
	}
}

// What lies before a PING on a slow way has to arrive first.
func TestSlowWayIsNotTakenForADeadPeer(t *testing.T) {
	r := aliveRig(t, event.Downstream)
	r.send(settings(frame.Setting{ID: frame.InitialWindowSize, Value: 1 << 30}), windowUpdate(0, 1<<30))
	r.streams[0].s.WriteData(make([]byte, 1<<20), false)
	r.env.Flush()
	r.tr.unread = 1 << 20
	for range 200 {
		r.tr.unread -= 5000
		if r.after(1); r.closed != nil {
			t.Fatalf("given up with %d bytes on their way", r.tr.unread)
		}
	}
	r.tr.unread = 0
	if r.after(1 + int(testPingTimeout/time.Second)); r.closed == nil {
		t.Fatal("its system has everything, it says nothing, and it is kept")
	}
}

// A client that is there but does not read has an idle timeout; one that is gone
// does not acknowledge what its system is sent.
func TestClientThatDoesNotReadIsNotTakenForGone(t *testing.T) {
	r := aliveRig(t, event.Downstream)
	r.tr.room = 0
	r.streams[0].s.WriteData(make([]byte, 1000), false)
	if r.after(200); r.closed != nil {
		t.Fatal("given up")
	}
	r.tr.unanswered = true
	if r.after(int(testPingTimeout / time.Second)); r.closed == nil {
		t.Fatal("a client whose system does not answer is kept")
	}
}

// An origin that does not even take the PING in is of no use to anybody.
func TestOriginThatDoesNotReadIsGivenUp(t *testing.T) {
	r := aliveRig(t, event.Upstream)
	r.tr.room = 0
	r.open(true)
	if r.after(30); r.closed == nil {
		t.Fatal("kept")
	}
}

// Between two PINGs, what the peer does not acknowledge tells that it is gone.
func TestPeerThatAcknowledgesNothingIsGivenUpWithoutAPing(t *testing.T) {
	r := aliveRig(t, event.Upstream)
	r.after(20)
	r.send(pingAck())
	r.after(30)
	r.want("PING 0")
	before := len(r.tr.out)
	r.open(true)
	r.tr.unread = len(r.tr.out) - before
	if r.after(int(testPingTimeout/time.Second) + 1); r.closed == nil || *r.closed != event.CloseTimeout {
		t.Fatal("kept")
	}
}
