package conn

import (
	"testing"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/frame"
)

// A client that takes a long download slowly never empties the write buffer.
func TestWriteBufferDoesNotGrowWithWhatWasSent(t *testing.T) {
	r := server(t)
	r.send(settings(frame.Setting{ID: frame.InitialWindowSize, Value: 1 << 30}), windowUpdate(0, 1<<30), r.get(1))
	s := r.streams[0].s
	const step = 16 << 10
	for range 8 {
		s.WriteData(make([]byte, step), false)
	}
	for range 2000 {
		r.tr.room, r.tr.out = step, nil
		r.c.Writable()
		s.WriteData(make([]byte, step-frame.HeaderLen), false)
		r.env.Flush()
	}
	if r.streams[0].written < 1000*step {
		t.Fatalf("only %d bytes left", r.streams[0].written)
	}
	if got := cap(r.c.out.buf); got > 1<<20 {
		t.Fatalf("the buffer of a connection that holds %d bytes has grown to %d", len(r.c.out.buf)-r.c.out.sent, got)
	}
}

// Answers are counted while they wait, not for as long as the buffer is in use.
func TestAnswersThatLeftAreNotHeldAgainstASlowPeer(t *testing.T) {
	r := server(t)
	r.send(settings(frame.Setting{ID: frame.InitialWindowSize, Value: 1 << 30}), windowUpdate(0, 1<<30), r.get(1))
	s := r.streams[0].s
	s.WriteData(make([]byte, 100_000), false)
	for range 3 * maxControl {
		r.tr.room, r.tr.out = 2000, nil
		r.c.Writable()
		s.WriteData(make([]byte, 2000), false)
		r.env.Flush()
		r.send(frame.AppendPing(nil, [8]byte{}, false))
	}
	if r.c.over() {
		t.Fatal("a peer that reads all the time was taken for one that does not")
	}
}

// RFC 9113 §6.8: what a client sent before it saw our GOAWAY is ignored.
func TestFramesOnStreamsAboveOurGoAwayAreIgnored(t *testing.T) {
	r := server(t)
	r.send(r.post(1))
	r.c.DrainNow(event.CloseDrain)
	r.env.Flush()
	r.want("GOAWAY 0 last 1 NO_ERROR")
	r.send(r.post(3), data(3, 10, false), windowUpdate(3, 10), r.headers(3, true, "a", "b"))
	r.send(r.post(5), data(5, 10, false), frame.AppendRSTStream(nil, 5, 8))
	r.want()
	r.send(data(1, 10, true))
	if got := r.streams[0].take(); got[len(got)-1] != "data 10 end" {
		t.Fatalf("the open stream was told %v", got)
	}
	// RFC 9113 §6.8: the last id must not grow.
	r.send(frame.AppendPing(nil, [8]byte{}, false)[:frame.HeaderLen-1])
	r.send([]byte{1}, []byte{0, 0, 0, 0, 0, 0, 0, 0})
	r.want("GOAWAY 0 last 1 PROTOCOL_ERROR stream_id")
}

func TestCancelEndsAStall(t *testing.T) {
	r := server(t)
	r.send(settings(frame.Setting{ID: frame.InitialWindowSize, Value: 0}), r.get(1))
	r.streams[0].s.WriteData(make([]byte, 10), true)
	r.streams[0].s.Cancel(Cancel)
	r.streams[0].want(t, "request / end", "stalled stream", "resumed stream")
}

func TestStallChangesItsScopeWithTheWindows(t *testing.T) {
	r := server(t)
	r.send(r.get(1))
	s := r.streams[0]
	s.s.WriteData(make([]byte, 65535), false)
	r.env.Flush()
	r.send(windowUpdate(1, 10))
	s.s.WriteData(make([]byte, 20), false)
	r.env.Flush()
	r.send(settings(frame.Setting{ID: frame.InitialWindowSize, Value: 0}))
	s.want(t, "request / end", "stalled connection", "resumed connection", "stalled stream")
}

func TestBodyOfARequestWithATooLargeHeaderIsDropped(t *testing.T) {
	r := server(t)
	big := make([]byte, 5000)
	for i := range big {
		big[i] = 'x'
	}
	r.send(r.headers(1, false, ":method", "POST", ":scheme", "http", ":path", "/", "a", string(big)))
	s := r.streams[0].s
	s.WriteHeaders(fields(":status", "431"), true)
	s.Linger()
	r.send(data(1, 100, true))
	r.want("HEADERS 1 :status=431 end")
}

func TestConnectionWithoutFurtherIdsGivesWayToAnother(t *testing.T) {
	r := clientRole(t)
	r.c.out.nextID = 1<<31 - 1
	s := r.open(true)
	if r.c.Slots() != 0 || r.c.Usable() {
		t.Fatal("a connection that has used its last id looks as if it had more")
	}
	r.send(r.headers(1<<31-1, true, ":status", "200"))
	s.want(t, "sent", "headers 200 end")
	if r.closed == nil {
		t.Fatal("not closed after its last stream")
	}
}

// What never left can be sent elsewhere, whatever the method.
func TestStreamWhoseRequestNeverLeftIsUnprocessed(t *testing.T) {
	r := clientRole(t)
	a := r.open(true)
	r.tr.room = 5
	b := r.open(true) // a part of it left
	c := r.open(true)
	r.c.Lost(event.CloseIO, nil)
	r.env.Flush()
	a.want(t, "sent", "reset NO_ERROR cause 3 none")
	b.want(t, "sent", "reset NO_ERROR cause 3 none")
	c.want(t, "sent", "reset NO_ERROR cause 2 none")
}

func TestClosingConnectionMayTakeItsTimeWhileItIsRead(t *testing.T) {
	r := server(t)
	r.send(r.get(1))
	r.tr.room = 100
	r.streams[0].s.WriteData(make([]byte, 60000), true)
	r.c.DrainNow(event.CloseDrain)
	r.env.Flush()
	second := func() {
		r.env.Now += 1e9
		r.c.Sweep(r.env.Now)
		r.env.Flush()
	}
	for range 10 {
		r.tr.room = 5000
		r.c.Writable()
		second()
		if r.closed != nil {
			t.Fatal("a response was cut although its client takes it")
		}
	}
	for range 4 {
		second()
	}
	if r.closed == nil {
		t.Fatal("a peer that takes nothing is kept")
	}
}

// An origin whose kernel accepts for it while it hangs.
func TestPeerWithoutSettingsIsGivenUp(t *testing.T) {
	r := newRig(t, event.Upstream, Config{})
	s := r.open(true)
	r.c.Sweep(event.Time(settleTimeout) - 1)
	r.env.Flush()
	if r.closed != nil {
		t.Fatal("given up too early")
	}
	r.c.Sweep(event.Time(settleTimeout))
	r.env.Flush()
	if r.closed == nil || *r.closed != event.CloseTimeout {
		t.Fatal("still waiting")
	}
	s.want(t, "sent", "reset NO_ERROR cause 4 none")
}
