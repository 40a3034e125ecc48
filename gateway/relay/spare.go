package relay

// spare keeps what exchanges are made of for use again. An exchange that is over
// rests until the end of the batch, because callers further up the stack may
// still look at it. A bridge to HTTP/1.1 lasts longer but is over by then, and
// tells its handler nothing more. None is left to the collector: it would keep
// what it refers to for as long as any other of its slab is in use.
type spare struct {
	exchanges []*Exchange
	resting   []*Exchange
	held      []*held
}

// Bounds of what is kept.
const (
	maxSpareExchanges = 4096
	maxSpareHeld      = 1024
	// slabExchanges are made at once: 32 KiB, so that little is lost to the
	// allocator's size classes.
	slabExchanges = 63
)

func (w *Worker) takeExchange() *Exchange {
	s := &w.spare
	if len(s.exchanges) == 0 {
		slab := make([]Exchange, slabExchanges)
		for i := range slab {
			s.exchanges = append(s.exchanges, &slab[i])
		}
	}
	n := len(s.exchanges) - 1
	x := s.exchanges[n]
	s.exchanges = s.exchanges[:n]
	return x
}

// retire puts an exchange aside that is over.
func (w *Worker) retire(x *Exchange) {
	w.spare.resting = append(w.spare.resting, x)
}

// recycle makes the exchanges that rest available. It is called at the end of a
// batch.
func (s *spare) recycle() {
	for i, x := range s.resting {
		s.resting[i] = nil
		*x = Exchange{} // whoever still uses it crashes, and does no harm to another
		if len(s.exchanges) < maxSpareExchanges {
			s.exchanges = append(s.exchanges, x)
		}
	}
	s.resting = s.resting[:0]
}

func (w *Worker) takeHeld() *held {
	if n := len(w.spare.held); n > 0 {
		h := w.spare.held[n-1]
		w.spare.held = w.spare.held[:n-1]
		return h
	}
	return new(held)
}

func (w *Worker) giveHeld(h *held) {
	*h = held{}
	if len(w.spare.held) < maxSpareHeld {
		w.spare.held = append(w.spare.held, h)
	}
}
