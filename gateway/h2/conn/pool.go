package conn

// A stream is used again once nothing refers to it: it is gone from its
// connection's table, its handler's owner has called Release, and no entry of
// the ledger waits for its bytes to leave. Until the end of the batch it rests,
// because callers further up the stack may still look at it.

// Bounds of what is kept for use again: bursts beyond them are left to the
// collector.
const (
	maxFreeStreams  = 4096
	slabStreams     = 93 // are made at once: 8 KiB, so that little is lost to size classes
	maxFreeBacklogs = 1024
	maxFreeLedgers  = 64
	maxFreeLedger   = 4096     // entries
	maxSpareBytes   = 64 << 20 // in blocks
)

func (e *Env) takeStream() *Stream {
	if len(e.streams) == 0 {
		slab := make([]Stream, slabStreams)
		for i := range slab {
			e.streams = append(e.streams, &slab[i])
		}
	}
	n := len(e.streams) - 1
	s := e.streams[n]
	e.streams = e.streams[:n]
	return s
}

// Release says that the owner of the stream's handler will not use the stream
// again. It cancels a stream that is still open and does not linger.
func (s *Stream) Release() {
	if !s.held {
		return
	}
	s.held = false
	if !s.lingers {
		s.Cancel(codeCancel)
		s.handler = nil
	}
	s.retire()
}

// retire puts the stream aside, once, if nothing refers to it any more.
func (s *Stream) retire() {
	if s.gone && !s.held && s.owed == 0 && !s.lingers && !s.retired {
		s.retired = true
		s.c.env.resting = append(s.c.env.resting, s)
	}
}

// settled notes that the ledger has one entry less of the stream.
func (s *Stream) settled() {
	if s.owed--; s.owed == 0 {
		s.retire()
	}
}

// letGo notes that the list of those that linger does not refer to the stream any more.
func (s *Stream) letGo() {
	s.lingers = false
	s.retire()
}

// recycle makes the streams that rest available. It is called at the end of a
// batch, when no stack refers to them.
func (e *Env) recycle() {
	for i, s := range e.resting {
		e.resting[i] = nil
		*s = Stream{} // whoever still uses it crashes, and does no harm to another
		if len(e.streams) < maxFreeStreams {
			e.streams = append(e.streams, s)
		}
	}
	e.resting = e.resting[:0]
}

func (e *Env) takeBacklog() *backlog {
	if n := len(e.backlogs); n > 0 {
		b := e.backlogs[n-1]
		e.backlogs = e.backlogs[:n-1]
		return b
	}
	return new(backlog)
}

func (e *Env) giveBacklog(b *backlog) {
	b.data.drop(e)
	if len(e.backlogs) < maxFreeBacklogs {
		*b = backlog{}
		e.backlogs = append(e.backlogs, b)
	}
}

// getLedger returns an empty ledger. Connections hold one only while bytes of
// theirs are on their way.
func (e *Env) getLedger() []credit {
	if n := len(e.ledgers); n > 0 {
		l := e.ledgers[n-1]
		e.ledgers = e.ledgers[:n-1]
		return l
	}
	return make([]credit, 0, 64)
}

func (e *Env) putLedger(l []credit) {
	if cap(l) <= maxFreeLedger && len(e.ledgers) < maxFreeLedgers {
		e.ledgers = append(e.ledgers, l[:0])
	}
}
