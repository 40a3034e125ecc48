package conn

import (
	"testing"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/frame"
)

// reused reports whether the next stream of the connection is s again.
func (r *rig) reused(id uint32, s *Stream) bool {
	r.send(r.get(id))
	return r.streams[len(r.streams)-1].s == s
}

func TestStreamIsUsedAgainOnlyAfterItsRelease(t *testing.T) {
	r := server(t)
	r.send(r.get(1))
	s := r.streams[0].s
	s.WriteHeaders(fields(":status", "204"), true)
	if r.reused(3, s) {
		t.Fatal("its owner still has it")
	}
	s.Release()
	if r.send(); s.c != nil {
		t.Fatal("it rests although the batch is over")
	}
	if !r.reused(5, s) {
		t.Fatal("it was not used again")
	}
	if s.ID() != 5 || s.Buffered() != 0 || !s.held || s.state.CanRead() {
		t.Errorf("something is left of its first life: %+v", s)
	}
	r.read()
	s.WriteHeaders(fields(":status", "200"), true)
	r.env.Flush()
	r.want("HEADERS 5 :status=200 end")
}

func TestStreamIsNotUsedAgainWithinTheBatchThatEndedIt(t *testing.T) {
	r := server(t)
	r.send(r.get(1))
	s := r.streams[0].s
	s.WriteHeaders(fields(":status", "204"), true)
	s.Release()
	// Callers up the stack may still look at it: what they do is nothing.
	s.Credit(1, 0)
	s.WriteData([]byte("late"), true)
	s.Cancel(codeCancel)
	if other := r.env.takeStream(); other == s {
		t.Fatal("it was used again")
	}
	r.env.Flush()
	r.want("HEADERS 1 :status=204 end")
}

func TestStreamIsNotUsedAgainBeforeItsBytesHaveLeft(t *testing.T) {
	r := server(t)
	r.send(r.get(1))
	s := r.streams[0].s
	r.tr.room = 0
	s.WriteHeaders(fields(":status", "200"), false)
	s.WriteData(make([]byte, 100), true)
	s.Release()
	r.env.Flush()
	if r.reused(3, s) {
		t.Fatal("the ledger still refers to it")
	}
	r.tr.room = -1
	r.c.Writable()
	r.env.Flush()
	if !r.reused(5, s) {
		t.Fatal("it was not used again")
	}
}

// lingers returns a connection with a stream that lingers and that nobody has.
func lingers(t *testing.T) (*rig, *Stream) {
	r := server(t)
	r.send(r.post(1))
	s := r.streams[0].s
	s.WriteHeaders(fields(":status", "200"), true)
	s.Linger()
	s.Linger() // once is enough
	s.Release()
	return r, s
}

func TestStreamThatLingersIsNotUsedAgain(t *testing.T) {
	r, s := lingers(t)
	r.send(data(1, 10, true))
	if r.reused(3, s) {
		t.Fatal("the list of those that linger still refers to it")
	}
	r.env.Now += 1 << 40
	r.c.Sweep(r.env.Now)
	r.env.Flush()
	for _, line := range r.read() {
		if line == "RST_STREAM 3 NO_ERROR" {
			t.Error("another stream was reset in its place")
		}
	}
}

// A stream that is never used again keeps its connection alive for as long as any
// other of its slab is in use.
func TestStreamsAreUsedAgainAfterTheirConnection(t *testing.T) {
	for name, begin := range map[string]func(t *testing.T) (*rig, *Stream){
		"bytes that have not left": func(t *testing.T) (*rig, *Stream) {
			r := server(t)
			r.send(r.get(1))
			s := r.streams[0].s
			r.tr.room = 0
			s.WriteHeaders(fields(":status", "200"), false)
			s.WriteData(make([]byte, 100), true)
			s.Release()
			return r, s
		},
		"a request that lingers": lingers,
	} {
		r, s := begin(t)
		r.env.Flush()
		if s.c == nil {
			t.Fatalf("%s: it is used again while it is referred to", name)
		}
		r.c.Lost(event.ClosePeer, nil)
		r.env.Flush()
		if s.c != nil {
			t.Errorf("%s: it keeps the connection", name)
		}
	}
}

func TestStreamThatLingeredIsUsedAgain(t *testing.T) {
	for name, end := range map[string]func(r *rig){
		"whole":     func(r *rig) { r.send(data(1, 10, true)) },
		"not whole": func(*rig) {},
	} {
		r, s := lingers(t)
		end(r)
		r.env.Now += 1 << 40
		r.c.Sweep(r.env.Now)
		r.env.Flush()
		if s.c != nil {
			t.Errorf("%s: it keeps the connection", name)
		}
	}
}

func TestReleaseCancelsAnOpenStream(t *testing.T) {
	r := clientRole(t, frame.Setting{ID: frame.MaxConcurrentStreams, Value: 1})
	rec := r.open(false)
	r.read()
	rec.s.Release()
	r.env.Flush()
	r.want("RST_STREAM 1 CANCEL")
	if r.c.Streams() != 0 || r.c.Slots() != 1 {
		t.Errorf("%d streams, %d slots", r.c.Streams(), r.c.Slots())
	}
	rec.want(t)
}

func TestBacklogIsUsedAgainWithoutWhatWasInIt(t *testing.T) {
	r := server(t)
	r.send(settings(frame.Setting{ID: frame.InitialWindowSize, Value: 0}), r.get(1))
	first := r.streams[0].s
	first.WriteHeaders(fields(":status", "200"), false)
	first.WriteData([]byte("secret"), false)
	first.WriteTrailers(fields("a", "b"))
	first.Cancel(codeCancel)
	r.send(r.get(3))
	r.read()
	second := r.streams[1].s
	second.WriteHeaders(fields(":status", "200"), false)
	second.WriteData([]byte("mine"), true)
	r.send(windowUpdate(3, 100))
	r.want("HEADERS 3 :status=200", "DATA 3 4 end")
	if r.env.Buffered != 0 {
		t.Errorf("%d bytes are left", r.env.Buffered)
	}
}
