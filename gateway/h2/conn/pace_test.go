package conn

import (
	"testing"
	"time"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/frame"
	"github.com/hopscope/hopscope/gateway/h2/rule"
)

// paced returns a connection in the server role that has to take 64 bytes a
// second over two minutes, with a response of 60,000 bytes on stream 1 under way
// for which the stream has a window of initial bytes.
func paced(t *testing.T, initial uint32) *rig {
	r := newRig(t, event.Downstream, Config{
		MaxConcurrentStreams: 1000, StreamWindow: 65535, ConnWindow: 1 << 20, MaxHeaderBytes: 4096, MaxHeaderFields: 50,
		MaxGlitches: 1000, GlitchRecovery: 100, SlowPeerRate: 64, SlowPeerTimeout: 2 * time.Minute,
	})
	r.env.Now = event.Time(time.Hour)
	r.raw([]byte(frame.Preface))
	r.send(settings(frame.Setting{ID: frame.InitialWindowSize, Value: initial}), r.get(1))
	r.streams[0].s.WriteHeaders(fields(":status", "200"), false)
	r.streams[0].s.WriteData(make([]byte, 60000), true)
	r.env.Flush()
	r.read()
	return r
}

// seconds lets n seconds pass, in each of which the peer does something.
func (r *rig) seconds(n int, do func()) {
	for range n {
		r.env.Now = r.env.Now.Add(time.Second)
		if do != nil {
			do()
		}
		r.c.Sweep(r.env.Now)
		r.env.Flush()
	}
}

func TestStreamWhoseWindowStaysShutIsReset(t *testing.T) {
	r := paced(t, 0)
	r.seconds(120, nil)
	r.want()
	r.seconds(1, nil)
	r.want("RST_STREAM 1 ENHANCE_YOUR_CALM")
	if got := r.sink.violations; len(got) != 1 || got[0] != rule.SlowPeer {
		t.Errorf("counted %v", got)
	}
	if r.env.Buffered != 0 {
		t.Errorf("%d bytes are still held", r.env.Buffered)
	}
	r.send(r.get(3))
	if r.c.over() || len(r.streams) != 2 {
		t.Error("one slow stream took the connection with it")
	}
}

func TestStreamThatIsTakenAtTheRateGoesOn(t *testing.T) {
	r := paced(t, 0)
	r.seconds(600, func() { r.send(windowUpdate(1, 64)) })
	if len(r.sink.violations) > 0 {
		t.Fatalf("ended: %v", r.sink.violations)
	}
	r.seconds(242, func() { r.send(windowUpdate(1, 32)) })
	if got := r.sink.violations; len(got) != 1 || got[0] != rule.SlowPeer {
		t.Errorf("at half the rate: %v", got)
	}
}

func TestConnectionWhoseWindowStaysShutIsEnded(t *testing.T) {
	r := paced(t, 1<<20)
	r.send(r.get(3))
	r.streams[1].s.WriteData(make([]byte, 30000), false) // the connection's window has 65,535
	r.env.Flush()
	r.read()
	r.seconds(121, func() { r.send(windowUpdate(3, 1000)) })
	r.want("GOAWAY 0 last 3 ENHANCE_YOUR_CALM slow_peer")
	r.streams[1].want(t, "request / end", "stalled connection", "resumed connection", "reset ENHANCE_YOUR_CALM cause 1 slow_peer")
}

func TestConnectionWhoseSocketIsNotReadIsEnded(t *testing.T) {
	r := newRig(t, event.Downstream, Config{
		MaxConcurrentStreams: 10, StreamWindow: 65535, ConnWindow: 1 << 20, MaxHeaderBytes: 4096, MaxHeaderFields: 50,
		SlowPeerRate: 64, SlowPeerTimeout: 2 * time.Minute,
	})
	r.env.Now = event.Time(time.Hour)
	r.raw([]byte(frame.Preface))
	r.send(settings(), r.get(1))
	r.tr.room = 0
	r.streams[0].s.WriteData(make([]byte, 30000), true)
	r.env.Flush()
	// The socket is full of what the peer's system takes little by little: that
	// counts, though no room has come of it yet.
	r.tr.unread = 1 << 20
	r.seconds(600, func() { r.tr.unread -= 64 })
	if len(r.sink.violations) > 0 {
		t.Fatalf("ended: %v", r.sink.violations)
	}
	r.seconds(242, nil)
	if got := r.sink.violations; len(got) != 1 || got[0] != rule.SlowPeer || r.closed == nil {
		t.Errorf("nothing is taken any more: %v, closed: %v", got, r.closed != nil)
	}
}

func TestSlowPeersMeetLessPatienceUnderPressure(t *testing.T) {
	r := paced(t, 0)
	r.env.Pressed = true
	r.seconds(15, nil)
	r.want()
	r.seconds(1, nil)
	r.want("RST_STREAM 1 ENHANCE_YOUR_CALM")
}

// The window is opened a byte at a time, on one stream or for the connection.
func TestDribbledCreditEndsTheConnection(t *testing.T) {
	for _, stream := range []uint32{0, 1} {
		r := paced(t, 0)
		if stream == 0 {
			r = paced(t, 1<<20)
			r.send(r.get(3))
			r.streams[1].s.WriteData(make([]byte, 30000), false)
			r.env.Flush()
			r.read()
		}
		for i := 0; !r.c.over(); i++ {
			if i == 100 {
				t.Fatalf("stream %d: the connection goes on", stream)
			}
			r.send(windowUpdate(stream, 1), windowUpdate(stream, 1))
		}
	}
}

// gRPC clients give small credit for small messages: as long as their window is
// open that is no dribble.
func TestSmallCreditForSmallMessagesGoesOn(t *testing.T) {
	r := guarded(t)
	r.send(r.get(1))
	for range 10000 {
		r.streams[0].s.WriteData(make([]byte, 10), false)
		r.env.Flush()
		r.send(windowUpdate(1, 10), windowUpdate(0, 10))
	}
	if r.c.over() {
		t.Fatalf("ended: %v", r.sink.violations)
	}
}

// A HEADERS frame, or a frame of which not even the type is known, that comes
// byte by byte; a DATA frame may take its time.
func TestHeaderFrameInPiecesHasTenSeconds(t *testing.T) {
	r := guarded(t)
	post := r.post(1)
	for name, f := range map[string][]byte{"HEADERS": post, "header of a frame": data(1, 5, false)[:8]} {
		r := guarded(t)
		r.seconds(8, func() { r.raw(f[:1]); f = f[1:] })
		if r.c.over() {
			t.Errorf("%s: ended too early", name)
		}
		r.seconds(4, nil)
		if !r.c.over() {
			t.Errorf("%s: still waiting", name)
		}
	}
	r.send(post)
	r.raw(data(1, 100, true)[:20])
	r.seconds(60, nil)
	if r.c.over() {
		t.Errorf("DATA: ended: %v", r.sink.violations)
	}
}
