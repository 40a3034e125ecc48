package conn

// table finds streams by id. Ids are sequential, so a power-of-two array indexed
// by the id's low bits holds nearly all of them; a long-lived stream whose slot
// is wanted again moves to the overflow map.
type table struct {
	slots    []*Stream
	overflow map[uint32]*Stream
	n        int
}

const (
	minSlots = 8
	maxSlots = 1 << 16
)

func (t *table) init() { t.slots = make([]*Stream, minSlots) }

func (t *table) len() int { return t.n }

func (t *table) slot(id uint32) *(*Stream) { return &t.slots[int(id>>1)&(len(t.slots)-1)] }

func (t *table) get(id uint32) *Stream {
	if s := *t.slot(id); s != nil && s.id == id {
		return s
	}
	if len(t.overflow) == 0 {
		return nil
	}
	return t.overflow[id]
}

func (t *table) add(s *Stream) {
	if t.n >= len(t.slots) && len(t.slots) < maxSlots {
		t.grow()
	}
	p := t.slot(s.id)
	if *p != nil {
		if t.overflow == nil {
			t.overflow = make(map[uint32]*Stream)
		}
		t.overflow[(*p).id] = *p
	}
	*p = s
	t.n++
}

func (t *table) remove(s *Stream) {
	if p := t.slot(s.id); *p == s {
		*p = nil
	} else if t.overflow[s.id] == s {
		delete(t.overflow, s.id)
	} else {
		return
	}
	t.n--
}

func (t *table) grow() {
	old, overflow := t.slots, t.overflow
	t.slots, t.overflow, t.n = make([]*Stream, len(old)*4), nil, 0
	for _, s := range old {
		if s != nil {
			t.add(s)
		}
	}
	for _, s := range overflow {
		t.add(s)
	}
}

// each calls f for every stream; f may remove the stream it is given and others.
func (t *table) each(f func(*Stream)) {
	for _, s := range t.slots {
		if s != nil {
			f(s)
		}
	}
	for _, s := range t.overflow {
		f(s)
	}
}

// lateFrames remembers the streams that we reset last: the peer may have sent
// frames for them before it knew (RFC 9113 §5.1, closed).
type lateFrames struct {
	ids  []uint32
	next int
	lost bool // more were reset than are remembered
}

const maxLate = 256

func (l *lateFrames) add(id uint32) {
	if len(l.ids) < maxLate {
		l.ids = append(l.ids, id)
		return
	}
	l.ids[l.next] = id
	l.next = (l.next + 1) % maxLate
	l.lost = true
}

// may reports whether a frame for a stream that is gone can be explained by a
// reset of ours.
func (l *lateFrames) may(id uint32) bool {
	if l.lost {
		return true
	}
	for _, v := range l.ids {
		if v == id {
			return true
		}
	}
	return false
}

// skippedIDs remembers which stream ids below the highest the client has passed
// over last: they are closed without ever having been open (RFC 9113 §5.1.1).
type skippedIDs struct {
	spans [maxSkipped]idSpan
	next  int
}

// idSpan are the ids above and below, without those two.
type idSpan struct{ above, below uint32 }

const maxSkipped = 4

// note takes down what lies between the highest id so far and the next one.
func (k *skippedIDs) note(last, id uint32) {
	if id-last > 2 {
		k.spans[k.next] = idSpan{last, id}
		k.next = (k.next + 1) % maxSkipped
	}
}

func (k *skippedIDs) has(id uint32) bool {
	for _, s := range k.spans {
		if s.above < id && id < s.below {
			return true
		}
	}
	return false
}
