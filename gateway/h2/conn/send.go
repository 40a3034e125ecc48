package conn

import (
	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/frame"
)

// mayAppend reports whether the connection takes DATA now. Nothing is framed
// ahead of a transport that is full: it stays with its stream, where a reset can
// still discard it and other streams are not held up by it.
func (c *Conn) mayAppend() bool { return !c.out.blocked && c.out.window > 0 }

// WriteData sends p, or as much of it as the windows allow, and keeps a copy of
// the rest. The handler's Written tells when the bytes have left.
func (s *Stream) WriteData(p []byte, end bool) {
	c := s.c
	if !s.state.CanWrite() || s.endQueued {
		return
	}
	if s.waiting() == 0 {
		for len(p) > 0 && s.send > 0 && c.mayAppend() {
			n := min(len(p), frame.MaxPayload, s.send.Available(), c.out.window.Available())
			s.append(p[:n], end && n == len(p))
			p = p[n:]
		}
		if len(p) == 0 {
			if end && s.state.CanWrite() { // an empty DATA frame ends it; no window needed
				s.append(nil, true)
			}
			return
		}
	}
	s.endQueued = end
	if len(p) == 0 {
		return
	}
	s.needBacklog().data.push(c.env, p)
	c.env.Buffered += int64(len(p))
	s.wait()
}

// WriteTrailers sends the trailer section, after the data that waits, and ends
// the stream.
func (s *Stream) WriteTrailers(l *headerList) {
	if !s.state.CanWrite() || s.endQueued {
		return
	}
	if s.waiting() == 0 {
		s.writeBlock(l, true)
		return
	}
	s.endQueued = true
	s.backlog.trailers = new(headerList)
	s.backlog.trailers.CopyFrom(l)
}

// wait puts a stream with data into the queue for the connection, or marks that
// it has no window.
func (s *Stream) wait() {
	if s.send <= 0 {
		s.stall(event.ScopeStream)
		return
	}
	if s.backlog.inReady {
		return
	}
	s.c.out.ready.push(s)
	if s.c.out.stalled {
		s.stall(event.ScopeConnection)
	}
	s.c.touch()
}

// windowOpened is called after the stream's send window grew.
func (s *Stream) windowOpened() {
	if s.send > 0 && s.waiting() > 0 && !s.backlog.inReady {
		s.resume()
		s.wait()
	}
}

// append frames n bytes that the windows allow.
func (s *Stream) append(p []byte, end bool) {
	c := s.c
	c.room(frame.HeaderLen + len(p))
	before := len(c.out.buf)
	c.out.buf = frame.AppendData(c.out.buf, s.id, p, end)
	size := len(c.out.buf) - before
	c.out.total += uint64(size)
	c.env.count(c.Info.Side, event.Written, uint8(frame.Data), size)
	c.touch()
	if len(p) > 0 {
		c.useful(gainWritten + int32(len(p)>>creditShift))
		s.send.Take(len(p))
		c.out.window.Take(len(p))
		c.owe(s, len(p))
	}
	if end {
		s.wroteEnd()
	}
}

// pump moves waiting data into the write buffer, one frame of each stream in
// turn, until a window or the buffer is full.
func (c *Conn) pump() {
	if c.mayAppend() {
		c.out.stalled = false
	}
	for c.out.ready.head != nil && c.mayAppend() {
		s := c.out.ready.head
		c.out.ready.remove(s)
		s.resume()
		b := s.backlog
		p := b.data.peek(min(frame.MaxPayload, s.send.Available(), c.out.window.Available()))
		c.env.Buffered -= int64(len(p))
		b.taken += int64(len(p))
		if b.data.pop(c.env, len(p)); b.data.len() > 0 {
			s.append(p, false)
			s.wait()
			continue
		}
		// All of it fits. Sending END_STREAM may close the stream, which must find
		// no backlog then.
		trailers := b.trailers
		s.backlog = nil
		c.out.backlogs--
		s.append(p, s.endQueued && trailers == nil)
		c.env.giveBacklog(b)
		if trailers != nil {
			s.writeBlock(trailers, true)
		}
	}
	if c.out.window <= 0 {
		c.stallReady()
	}
}

// stallReady tells every waiting stream, once, that the connection is full.
func (c *Conn) stallReady() {
	if c.out.stalled || c.out.ready.head == nil {
		return
	}
	c.out.stalled = true
	// Those in front have been told, and wait since.
	for s := c.out.ready.tail; s != nil && !s.backlog.stalled; s = s.backlog.prev {
		s.stall(event.ScopeConnection)
	}
}

// stall begins a stall of a stream that has a backlog, if none lasts.
func (s *Stream) stall(scope event.Scope) {
	b := s.backlog
	if b.stalled {
		return
	}
	b.stalled, b.stallScope, b.stallSince = true, scope, s.c.env.Now
	if s.handler != nil {
		s.handler.Stalled(scope, s.c.env.Now)
	}
}

// resume ends a stall of a stream that has a backlog, if one lasts.
func (s *Stream) resume() {
	b := s.backlog
	if !b.stalled {
		return
	}
	b.stalled = false
	if s.handler != nil {
		s.handler.Resumed(b.stallScope, b.stallSince, s.c.env.Now)
	}
}
