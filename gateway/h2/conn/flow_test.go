package conn

import (
	"testing"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/frame"
)

func TestDataStopsAtTheStreamWindowAndStalls(t *testing.T) {
	r := server(t)
	r.send(settings(frame.Setting{ID: frame.InitialWindowSize, Value: 10}), r.get(1))
	r.want("SETTINGS 0 ack")
	s := r.streams[0]
	s.s.WriteHeaders(fields(":status", "200"), false)
	s.s.WriteData(make([]byte, 25), true)
	r.env.Flush()
	r.want("HEADERS 1 :status=200", "DATA 1 10")
	s.want(t, "request / end", "stalled stream")
	if s.written != 10 {
		t.Fatalf("%d bytes are reported as written, want the 10 that left", s.written)
	}
	r.send(windowUpdate(1, 100))
	r.want("DATA 1 15 end")
	s.want(t, "resumed stream", "sent")
	if r.env.Buffered != 0 {
		t.Fatalf("%d bytes are still counted as buffered", r.env.Buffered)
	}
}

func TestDataStopsAtTheConnectionWindowAndStreamsTakeTurns(t *testing.T) {
	r := server(t)
	r.send(settings(frame.Setting{ID: frame.InitialWindowSize, Value: 1 << 20}), r.get(1), r.get(3))
	r.want("SETTINGS 0 ack")
	r.streams[0].s.WriteData(make([]byte, 65535+20000), false)
	r.streams[1].s.WriteData(make([]byte, 20000), false)
	r.env.Flush()
	r.want("DATA 1 16384", "DATA 1 16384", "DATA 1 16384", "DATA 1 16383")
	r.streams[0].want(t, "request / end", "stalled connection")
	r.streams[1].want(t, "request / end", "stalled connection")
	r.send(windowUpdate(0, 40000))
	r.want("DATA 1 16384", "DATA 3 16384", "DATA 1 3616", "DATA 3 3616")
	r.streams[0].want(t, "resumed connection")
	r.streams[1].want(t, "resumed connection")
}

func TestShrunkInitialWindowHoldsDataUntilUpdate(t *testing.T) {
	r := server(t)
	r.send(r.get(1))
	s := r.streams[0]
	s.s.WriteData(make([]byte, 60000), false)
	r.env.Flush()
	r.read()
	r.send(settings(frame.Setting{ID: frame.InitialWindowSize, Value: 100}))
	r.want("SETTINGS 0 ack")
	// RFC 9113 §6.9.2: the window is now 65535 - 60000 - 65435 = -59900.
	s.s.WriteData(make([]byte, 50), true)
	r.send(windowUpdate(1, 59900))
	r.want()
	r.send(windowUpdate(1, 1))
	r.want("DATA 1 1")
	r.send(windowUpdate(1, 1000))
	r.want("DATA 1 49 end")
}

func TestConnectionCreditReturnsOnReceiptAndStreamCreditOnlyWhenGivenBack(t *testing.T) {
	r := server(t)
	r.send(r.post(1))
	for range 4 {
		r.send(data(1, 16000, false))
	}
	// 64000 of 65535 bytes of the stream are used and held; the connection's
	// window is a megabyte, so no step of a quarter is full yet.
	r.want()
	r.streams[0].s.Credit(64000, 0)
	r.env.Flush()
	r.want("WINDOW_UPDATE 1 +64000")
	for range 13 {
		r.send(data(1, 16000, false))
		r.streams[0].s.Credit(16000, 0)
	}
	got := r.read()
	connection := 0
	for _, l := range got {
		if l == "WINDOW_UPDATE 0 +272000" {
			connection++
		}
	}
	if connection != 1 {
		t.Fatalf("no connection credit after a quarter of its window: %v", got)
	}
}

func TestDataBeyondTheWindowIsAFlowControlError(t *testing.T) {
	r := server(t)
	r.send(r.post(1))
	for range 4 {
		r.send(data(1, 16000, false))
	}
	r.send(data(1, 16000, false))
	r.want("RST_STREAM 1 FLOW_CONTROL_ERROR")
	if got := r.streams[0].take(); got[len(got)-1] != "reset FLOW_CONTROL_ERROR cause 1 window_exceeded" {
		t.Fatalf("the reader was told %v", got)
	}
}

func TestPaddingIsChargedAndGivenBack(t *testing.T) {
	r := server(t)
	r.send(r.post(1))
	padded := frame.AppendHeader(nil, frame.Header{Length: 4 + 1 + 255, Type: frame.Data, Flags: frame.FlagPadded, Stream: 1})
	padded = append(padded, 255)
	padded = append(padded, make([]byte, 4+255)...)
	left := r.streams[0].s.recv.Left()
	for range 100 {
		r.send(padded)
		r.streams[0].s.Credit(4, 0)
	}
	r.env.Flush()
	if got := r.streams[0].s.recv.Left(); got < left-65535/4-260 {
		t.Fatalf("padding is never given back: %d of %d left", got, left)
	}
}

func TestFullTransportStallsAndResumes(t *testing.T) {
	r := server(t)
	r.send(r.get(1), r.get(3), windowUpdate(0, 1<<20))
	r.tr.room = 100
	r.streams[0].s.WriteData(make([]byte, 1000), false)
	r.env.Flush()
	r.streams[1].s.WriteData(make([]byte, 1000), true)
	r.env.Flush()
	r.streams[1].want(t, "request / end", "stalled connection")
	if r.streams[0].written != 0 {
		t.Fatal("bytes that the transport did not take are reported as written")
	}
	if r.env.Buffered == 0 {
		t.Fatal("what the transport did not take is not counted")
	}
	r.tr.room = -1
	r.c.Writable()
	r.env.Flush()
	r.want("DATA 1 1000", "DATA 3 1000 end")
	r.streams[1].want(t, "resumed connection", "sent")
	if r.streams[0].written != 1000 || r.env.Buffered != 0 {
		t.Fatalf("written %d, buffered %d", r.streams[0].written, r.env.Buffered)
	}
}

func TestResetDiscardsWhatWaits(t *testing.T) {
	r := server(t)
	r.send(settings(frame.Setting{ID: frame.InitialWindowSize, Value: 0}), r.get(1))
	r.streams[0].s.WriteData(make([]byte, 5000), true)
	r.env.Flush()
	r.read()
	r.send(frame.AppendRSTStream(nil, 1, 8))
	r.streams[0].want(t, "request / end", "stalled stream", "resumed stream", "reset CANCEL cause 0 none")
	if r.env.Buffered != 0 || r.c.Streams() != 0 {
		t.Fatalf("buffered %d, streams %d", r.env.Buffered, r.c.Streams())
	}
	if r.streams[0].s.Buffered() != 5000 {
		t.Fatal("the bytes that never left are forgotten")
	}
}

func TestTrailersWaitBehindData(t *testing.T) {
	r := server(t)
	r.send(settings(frame.Setting{ID: frame.InitialWindowSize, Value: 10}), r.get(1))
	r.read()
	s := r.streams[0].s
	s.WriteHeaders(fields(":status", "200"), false)
	s.WriteData(make([]byte, 20), false)
	s.WriteTrailers(fields("grpc-status", "0"))
	r.env.Flush()
	r.want("HEADERS 1 :status=200", "DATA 1 10")
	r.send(windowUpdate(1, 10))
	r.want("DATA 1 10", "HEADERS 1 grpc-status=0 end")
	if r.c.Streams() != 0 {
		t.Fatal("the stream is still open")
	}
}

func TestUnreadControlFramesEndTheConnection(t *testing.T) {
	r := server(t)
	r.tr.room = 0
	for range maxControl + 2 {
		r.send(frame.AppendPing(nil, [8]byte{}, false))
	}
	if r.closed == nil || *r.closed != event.CloseProtocol {
		t.Fatal("a peer that makes us answer and does not read is kept")
	}
}
