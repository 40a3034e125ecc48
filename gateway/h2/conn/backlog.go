package conn

import "github.com/hopscope/hopscope/gateway/event"

// backlog is what of a stream waits to be sent. A stream holds one only while
// something waits, so that streams which flow or idle stay small.
type backlog struct {
	data       queue
	trailers   *headerList // wait behind data
	next, prev *Stream     // in the connection's ready ring
	inReady    bool
	stalled    bool
	stallScope event.Scope
	stallSince event.Time
	taken      int64 // bytes that have been framed
	pace       pace
}

// waiting returns the bytes that wait to be sent.
func (s *Stream) waiting() int {
	if s.backlog == nil {
		return 0
	}
	return s.backlog.data.len()
}

// needBacklog returns the stream's backlog, which it makes if there is none.
func (s *Stream) needBacklog() *backlog {
	if s.backlog == nil {
		s.backlog = s.c.env.takeBacklog()
		s.c.out.backlogs++
	}
	return s.backlog
}

// dropBacklog lets go of everything that waits.
func (s *Stream) dropBacklog() {
	if b := s.backlog; b != nil {
		s.c.out.ready.remove(s)
		s.resume()
		s.backlog = nil
		s.c.out.backlogs--
		s.c.env.giveBacklog(b)
	}
}

// ring is a queue of streams that have a backlog, linked through it.
type ring struct{ head, tail *Stream }

func (r *ring) push(s *Stream) {
	b := s.backlog
	b.inReady, b.next, b.prev = true, nil, r.tail
	if r.tail == nil {
		r.head = s
	} else {
		r.tail.backlog.next = s
	}
	r.tail = s
}

func (r *ring) remove(s *Stream) {
	b := s.backlog
	if b == nil || !b.inReady {
		return
	}
	if b.prev == nil {
		r.head = b.next
	} else {
		b.prev.backlog.next = b.next
	}
	if b.next == nil {
		r.tail = b.prev
	} else {
		b.next.backlog.prev = b.prev
	}
	b.inReady, b.next, b.prev = false, nil, nil
}
