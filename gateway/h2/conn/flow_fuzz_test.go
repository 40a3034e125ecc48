package conn

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/flow"
	"github.com/hopscope/hopscope/gateway/h2/frame"
	"github.com/hopscope/hopscope/gateway/h2/rule"
	"github.com/hopscope/hopscope/gateway/h2/stream"
)

// windows is a peer that keeps the books of every window, both ways, from
// nothing but the frames that it sees.
type windows struct {
	*rig
	steps script

	connSend int64   // what the peer may send us; what it got with the preface
	connRecv int64   // what we may send the peer
	ours     int64   // initial window of streams, in force at the peer
	theirs   int64   // that we have confirmed
	asked    []int64 // of ours, not acknowledged
	told     []int64 // of the peer's, not acknowledged
	streams  []*windowStream
	empty    int // DATA frames in a row that brought nothing
}

// windowStream is one stream in the peer's books, and its reader on our side.
type windowStream struct {
	*recorder
	id         uint32
	send, recv int64
	readEnd    bool // the peer sent END_STREAM
	wroteEnd   bool // we said that we are done
	over       bool // reset, by either
	held       int  // bytes of body that our reader has and has not given back
	got        int  // bytes of body that our reader got
	sent       int  // and that the peer sent
	accepted   int  // bytes that we were given to write
	arrived    int  // and that reached the peer
	left       int  // and that were reported as written
	waits      bool // a stall lasts
}

func (s *windowStream) Data(p []byte, _ bool) { s.held, s.got = s.held+len(p), s.got+len(p) }
func (s *windowStream) Written(n int)         { s.left += n }

func (s *windowStream) Reset(event.Code, stream.Cause, rule.Violation) {}

func (s *windowStream) Stalled(event.Scope, event.Time) {
	if s.waits {
		panic("a stall begins within a stall")
	}
	s.waits = true
}

func (s *windowStream) Resumed(event.Scope, event.Time, event.Time) {
	if !s.waits {
		panic("a stall ends that has not begun")
	}
	s.waits = false
}

// Request makes the books of a stream that the peer has just opened.
func (w *windows) Request(s *Stream, h Head) {
	b := w.streams[len(w.streams)-1]
	b.recorder = &recorder{s: s}
	s.SetHandler(b)
}

// observe books the frames that we wrote.
func (w *windows) observe() {
	w.t.Helper()
	for _, f := range w.frames() {
		switch f.Type {
		case frame.Data:
			s, n := w.stream(f.Stream), int64(f.Length)
			s.recv, w.connRecv, s.arrived = s.recv-n, w.connRecv-n, s.arrived+int(n)
			if n > 0 && (s.recv < 0 || w.connRecv < 0) {
				w.t.Fatalf("we sent %d bytes on stream %d: %d beyond its window, %d beyond the connection's", n, s.id, max(-s.recv, 0), max(-w.connRecv, 0))
			}
		case frame.WindowUpdate:
			n := int64(binary.BigEndian.Uint32(f.payload))
			if n == 0 {
				w.t.Fatal("an increment of zero")
			}
			if f.Stream == 0 {
				if w.connSend += n; w.connSend > int64(w.c.cfg.ConnWindow) {
					w.t.Fatalf("the connection's window was made %d bytes larger than it is", w.connSend-int64(w.c.cfg.ConnWindow))
				}
				break
			}
			w.stream(f.Stream).send += n
		case frame.Settings:
			if f.Flags.Has(frame.FlagAck) {
				w.acknowledged()
			} else {
				w.asked = append(w.asked, initialIn(f.payload, w.ours))
			}
		case frame.RSTStream:
			if s := w.stream(f.Stream); !s.over || f.code() != Cancel {
				w.t.Fatalf("we reset stream %d with %s", s.id, f.code().Label())
			}
		case frame.GoAway:
			w.t.Fatalf("we end the connection with %s", f.code().Label())
		}
	}
}

func initialIn(p []byte, otherwise int64) int64 {
	frame.EachSetting(p, func(s frame.Setting) bool {
		if s.ID == frame.InitialWindowSize {
			otherwise = int64(s.Value)
		}
		return true
	})
	return otherwise
}

func (w *windows) stream(id uint32) *windowStream { return w.streams[id/2] }

// pick returns a stream, if there is one.
func (w *windows) pick() *windowStream {
	if len(w.streams) == 0 {
		return nil
	}
	return w.streams[w.steps.below(len(w.streams))]
}

func (w *windows) step() {
	op := w.steps.byte()
	s := w.pick()
	if s == nil || op%16 == 0 && op < 0xd0 {
		w.openStream(op&0x10 != 0)
		return
	}
	switch op % 16 {
	case 0:
		w.reset(s, op&0x20 != 0)
	case 1, 2, 3:
		w.peerSends(s, op&0x10 != 0, op&0x20 != 0)
	case 4, 5:
		n := w.steps.below(s.held + 1)
		s.held -= n
		s.s.Credit(n, 0)
	case 6, 7, 8:
		n := w.steps.below(100_000)
		if !s.wroteEnd && !s.over {
			s.accepted += n
			s.wroteEnd = op&0x10 != 0
			s.s.WriteData(make([]byte, n), s.wroteEnd)
		}
	case 9, 10:
		if n := w.steps.below(80_000); n > 0 && s.recv+int64(n) <= flow.MaxWindow {
			s.recv += int64(n)
			w.send(windowUpdate(s.id, uint32(n)))
		}
	case 11:
		if n := w.steps.below(200_000); n > 0 && w.connRecv+int64(n) <= flow.MaxWindow {
			w.connRecv += int64(n)
			w.send(windowUpdate(0, uint32(n)))
		}
	case 12:
		w.peerSettings(int64(w.steps.below(120_000)))
	case 13:
		w.env.StreamWindowCap = []uint32{0, 1, 100, 4096, 20_000, 65_534}[w.steps.below(6)]
		w.c.FollowWindow()
	case 14:
		w.acknowledge()
	case 15:
		if op&0x10 != 0 {
			w.tr.room = w.steps.below(60_000)
		} else {
			w.tr.room = -1
		}
		w.c.Writable()
	}
}

func (w *windows) openStream(end bool) {
	if w.c.Streams() >= int(w.c.cfg.MaxConcurrentStreams) || len(w.streams) >= 50 {
		return
	}
	id := uint32(2*len(w.streams) + 1)
	w.streams = append(w.streams, &windowStream{id: id, send: w.ours, recv: w.theirs, readEnd: end})
	if end {
		w.send(w.get(id))
	} else {
		w.send(w.post(id))
	}
	w.stream(id).s.WriteHeaders(fields(":status", "200"), false)
}

// reset ends a stream. Where we do, the peer may go on for a while.
func (w *windows) reset(s *windowStream, byPeer bool) {
	if s.over || w.c.streams.get(s.id) == nil {
		return
	}
	s.over, s.held = true, 0
	if byPeer {
		s.readEnd = true
		w.send(frame.AppendRSTStream(nil, s.id, uint32(Cancel)))
	} else {
		s.s.Cancel(Cancel)
	}
}

// peerSends sends as much as the peer's books allow, or less, now and then padded.
func (w *windows) peerSends(s *windowStream, end, padded bool) {
	if s.readEnd {
		return
	}
	room := int(min(s.send, w.connSend, frame.MaxPayload))
	pad := 0
	if padded {
		if pad = 1 + w.steps.below(256); pad > room {
			return
		}
	}
	n := max(w.steps.below(room-pad+1), 0)
	if room < 0 && !end || room < 0 && padded {
		return
	}
	if room < 0 {
		n = 0 // END_STREAM needs no window
	}
	if n > 0 || end {
		w.empty = 0
	} else if w.empty++; w.empty > maxEmptyFrames {
		return // more is abuse, and no matter of windows
	}
	f := data(s.id, n, end)
	if padded {
		h := frame.Header{Length: uint32(n + pad), Type: frame.Data, Flags: frame.FlagPadded, Stream: s.id}
		if end {
			h.Flags |= frame.FlagEndStream
		}
		f = append(append(frame.AppendHeader(nil, h), byte(pad-1)), make([]byte, n+pad-1)...)
	}
	s.send, w.connSend, s.sent, s.readEnd = s.send-int64(n+pad), w.connSend-int64(n+pad), s.sent+n, end
	w.send(f)
	if s.got != s.sent && !s.over {
		w.t.Fatalf("of %d bytes on stream %d %d arrived", s.sent, s.id, s.got)
	}
}

// peerSettings changes the window that the peer grants our streams. What we send
// before our acknowledgement still falls under the old one.
func (w *windows) peerSettings(initial int64) {
	for _, s := range w.streams {
		if s.recv+initial-w.theirs > flow.MaxWindow {
			return
		}
	}
	w.told = append(w.told, initial)
	w.send(settings(frame.Setting{ID: frame.InitialWindowSize, Value: uint32(initial)}))
}

func (w *windows) acknowledged() {
	delta := w.told[0] - w.theirs
	w.theirs, w.told = w.told[0], w.told[1:]
	for _, s := range w.streams {
		s.recv += delta
	}
}

// acknowledge applies the oldest SETTINGS of ours at the peer.
func (w *windows) acknowledge() {
	if len(w.asked) == 0 {
		return
	}
	delta := w.asked[0] - w.ours
	w.ours, w.asked = w.asked[0], w.asked[1:]
	for _, s := range w.streams {
		s.send += delta
	}
	w.send(frame.AppendSettingsAck(nil))
}

// check compares the books with the connection. What the transport holds back is
// not in the books yet, so it only compares when nothing is.
func (w *windows) check() {
	w.t.Helper()
	c := w.c
	if c.over() {
		w.t.Fatalf("the connection ended: %v", w.sink.violations)
	}
	waiting := int64(c.Unsent())
	c.streams.each(func(s *Stream) { waiting += int64(s.waiting()) })
	if w.env.Buffered != waiting {
		w.t.Fatalf("%d bytes are counted as buffered, %d are", w.env.Buffered, waiting)
	}
	if c.Unsent() > 0 {
		return
	}
	if int64(c.in.window.Left()) != w.connSend {
		w.t.Fatalf("we think the peer may send %d bytes, it thinks %d", c.in.window.Left(), w.connSend)
	}
	if int64(c.out.window) != w.connRecv {
		w.t.Fatalf("we think we may send %d bytes, the peer thinks %d", c.out.window, w.connRecv)
	}
	pending := int64(c.in.initial.sent) - w.ours // of SETTINGS on their way
	for _, s := range w.streams {
		if s.left != s.arrived && !s.over {
			w.t.Fatalf("stream %d: %d bytes are reported as written, %d arrived", s.id, s.left, s.arrived)
		}
		st := c.streams.get(s.id)
		if st == nil {
			if s.waits {
				w.t.Fatalf("stream %d has gone and still stalls", s.id)
			}
			continue
		}
		w.checkStream(s, st, pending)
	}
}

func (w *windows) checkStream(s *windowStream, st *Stream, pending int64) {
	if int64(st.send) != s.recv {
		w.t.Fatalf("stream %d: we think we may send %d bytes, the peer thinks %d", s.id, st.send, s.recv)
	}
	if st.state.CanRead() && int64(st.recv.Left()) != s.send+pending {
		w.t.Fatalf("stream %d: we think the peer may send %d bytes, it thinks %d", s.id, st.recv.Left(), s.send+pending)
	}
	if s.accepted-s.arrived != st.waiting() {
		w.t.Fatalf("stream %d: of %d bytes %d arrived and %d wait", s.id, s.accepted, s.arrived, st.waiting())
	}
	if can := min(s.recv, w.connRecv); st.waiting() > 0 && can > 0 && !w.c.out.blocked {
		w.t.Fatalf("stream %d: %d bytes wait although %d may be sent", s.id, st.waiting(), can)
	}
	if s.waits != (st.waiting() > 0) && !w.c.out.blocked {
		w.t.Fatalf("stream %d: stalled %v with %d bytes waiting", s.id, s.waits, st.waiting())
	}
	// Credit that we owe is below a step; the rest is the peer's or our reader's.
	owed := int64(w.c.in.initial.sent) - int64(st.recv.Left()) - int64(s.held)
	if st.state.CanRead() && (owed < 0 || owed > max(int64(w.c.in.initial.sent)/4, 0)) {
		w.t.Fatalf("stream %d: window %d, peer %d, held %d: %d bytes are lost or made", s.id, w.c.in.initial.sent, st.recv.Left(), s.held, owed)
	}
}

// FuzzFlow plays random traffic, credit and settings on a few streams and keeps
// the peer's books beside it: we never send beyond a window, negative ones
// included, and credit is neither lost nor made.
func FuzzFlow(f *testing.F) {
	f.Add([]byte{0, 1, 0, 0xff, 0xff, 6, 0, 0xff, 0xff, 9, 0, 0xff, 4, 0, 0xff, 11, 0, 1, 0xff, 0xff})
	f.Add([]byte{0, 6, 0, 0, 0xf0, 0, 12, 0, 0, 0, 1, 9, 0, 0xf0, 0, 9, 0, 0xff, 0xff, 6, 0, 0, 1, 1})
	f.Add([]byte{0, 13, 0, 3, 1, 0, 0x40, 0, 14, 0, 1, 0, 0x40, 0, 13, 0, 0, 14, 0, 14, 0, 5, 0, 0xff, 0xff})
	f.Add([]byte{0, 0x1f, 0, 0, 0x64, 6, 0, 0, 0xff, 0xff, 6, 0, 0, 1, 1, 15, 0, 0x16, 0, 0, 1, 0})
	f.Add([]byte{0, 6, 0, 0, 0xff, 0xff, 0xd0, 0, 1, 0, 0xff, 0xff, 0, 1, 6, 1, 0, 0xff, 0xff, 0xf0, 1})
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0x31, 0, 9, 0x40, 0, 0x21, 1, 0xff, 0x40, 0, 4, 1, 0xff, 0xff})
	f.Add([]byte{0, 14, 0, 13, 0, 1, 14, 0, 0, 0, 0x21, 1, 0, 0})     // padding alone fills a window
	f.Add([]byte("A00a0000.0\x8d01.0\xd1"))                           // END_STREAM alone, into a negative window
	f.Add(append([]byte("$\x00"), bytes.Repeat([]byte("C"), 600)...)) // nothing, and again
	f.Fuzz(func(t *testing.T, steps []byte) {
		w := &windows{rig: newRig(t, event.Downstream, Config{}), steps: script{steps[:min(len(steps), 2000)]}}
		w.connSend, w.connRecv, w.ours, w.theirs = flow.InitialWindow, flow.InitialWindow, flow.InitialWindow, flow.InitialWindow
		w.c.owner = w
		w.told = append(w.told, flow.InitialWindow)
		w.raw([]byte(frame.Preface))
		w.send(settings())
		w.observe()
		for !w.steps.done() {
			w.step()
			w.env.Flush()
			w.observe()
			w.check()
		}
		w.finish()
	})
}

// finish gives everything back; then nothing may be left anywhere.
func (w *windows) finish() {
	w.t.Helper()
	w.tr.room = -1
	w.c.Writable()
	w.env.Flush()
	w.observe()
	w.env.StreamWindowCap = 0
	w.c.FollowWindow()
	w.env.Flush()
	for w.observe(); len(w.asked) > 0; w.observe() {
		w.acknowledge()
	}
	w.connRecv += 1 << 30
	w.send(windowUpdate(0, 1<<30))
	for _, s := range w.streams {
		s.s.Credit(s.held, 0)
		s.held = 0
		if s.recv < 1<<30 && w.c.streams.get(s.id) != nil {
			s.recv += 1 << 30
			w.send(windowUpdate(s.id, 1<<30))
		}
	}
	w.env.Flush()
	w.observe()
	w.check()
	for _, s := range w.streams {
		if !s.over && (s.accepted != s.arrived || s.sent != s.got) {
			w.t.Fatalf("stream %d: %d of %d and %d of %d bytes arrived", s.id, s.arrived, s.accepted, s.got, s.sent)
		}
	}
	if w.env.Buffered != 0 {
		w.t.Fatalf("%d bytes are left over", w.env.Buffered)
	}
}
