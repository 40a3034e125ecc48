package loop

import "math/bits"

// Wheel is a hierarchical timing wheel (Varghese and Lauck, 1987): setting and
// stopping a timer costs a few pointers, however many there are. Its resolution
// is one tick, 2^23 ns or about 8 ms; a timer never fires early.
type Wheel struct {
	now    int64 // tick up to which timers have fired
	levels [wheelLevels]level
	count  int
}

const (
	tickShift   = 23
	slotBits    = 6
	slotsMask   = 1<<slotBits - 1
	wheelLevels = 5 // 64^5 ticks are about 100 days
)

type level struct {
	used  uint64 // bit per slot that holds timers
	slots [1 << slotBits]*Timer
}

// Timer calls its owner at a set time. The zero value with an Owner is ready; it
// is part of what it times, so setting it allocates nothing.
type Timer struct {
	Owner      Firer
	at         int64 // tick
	level      int8
	set        bool
	next, prev *Timer
}

// Firer is called when its timer's time has come.
type Firer interface{ Fire() }

// Set arms t for the time at, in nanoseconds of the loop's clock, replacing what
// it was armed for.
func (w *Wheel) Set(t *Timer, at int64) {
	w.Stop(t)
	t.at = max((at+1<<tickShift-1)>>tickShift, w.now+1)
	t.set = true
	w.count++
	w.link(t)
}

// Stop disarms t if it is armed.
func (w *Wheel) Stop(t *Timer) {
	if t.set {
		t.set = false
		w.count--
		w.unlink(t)
	}
}

func (w *Wheel) link(t *Timer) {
	at := t.at
	lv := 0
	for ; lv < wheelLevels-1; lv++ {
		if (at>>(lv*slotBits))-(w.now>>(lv*slotBits)) < 1<<slotBits {
			break
		}
	}
	if limit := (w.now>>(lv*slotBits) + slotsMask) << (lv * slotBits); lv == wheelLevels-1 && at > limit {
		at = limit // farther than the wheel reaches: looked at again there
	}
	l := &w.levels[lv]
	i := at >> (lv * slotBits) & slotsMask
	t.level = int8(lv)
	t.prev, t.next = nil, l.slots[i]
	if t.next != nil {
		t.next.prev = t
	}
	l.slots[i] = t
	l.used |= 1 << i
}

func (w *Wheel) unlink(t *Timer) {
	if t.prev != nil {
		t.prev.next = t.next
		if t.next != nil {
			t.next.prev = t.prev
		}
		t.prev, t.next = nil, nil
		return
	}
	l := &w.levels[t.level]
	// The head of its slot: find which.
	i := t.at >> (int(t.level) * slotBits) & slotsMask
	if l.slots[i] != t {
		for i = 0; l.slots[i] != t; i++ {
		}
	}
	l.slots[i] = t.next
	if t.next != nil {
		t.next.prev = nil
		t.next = nil
	} else {
		l.used &^= 1 << i
	}
}

// Advance fires every timer that is due at now, in nanoseconds. A timer may be
// set and stopped while others fire.
func (w *Wheel) Advance(now int64) {
	target := now >> tickShift
	for w.now < target {
		if w.count == 0 {
			w.now = target
			return
		}
		w.now = min(w.next(), target)
		for lv := wheelLevels - 1; lv > 0; lv-- {
			if w.now&(1<<(lv*slotBits)-1) == 0 {
				w.cascade(lv)
			}
		}
		i := w.now & slotsMask
		for t := w.levels[0].slots[i]; t != nil; t = w.levels[0].slots[i] {
			w.Stop(t)
			t.Owner.Fire()
		}
	}
}

// cascade moves the timers of the level's current slot to where they belong now.
func (w *Wheel) cascade(lv int) {
	l := &w.levels[lv]
	i := w.now >> (lv * slotBits) & slotsMask
	t := l.slots[i]
	l.slots[i] = nil
	l.used &^= 1 << i
	for t != nil {
		next := t.next
		w.link(t)
		t = next
	}
}

// next returns the next tick at which something may be due.
func (w *Wheel) next() int64 {
	best := int64(1<<63 - 1)
	for lv := range wheelLevels {
		l := &w.levels[lv]
		if l.used == 0 {
			continue
		}
		cur := w.now >> (lv * slotBits)
		// Rotate so that bit 0 is the slot after the current one.
		ahead := bits.TrailingZeros64(bits.RotateLeft64(l.used, -int((cur+1)&slotsMask)))
		best = min(best, (cur+1+int64(ahead))<<(lv*slotBits))
	}
	return best
}

// Next returns the time in nanoseconds at which Advance should be called, or
// false if no timer is set.
func (w *Wheel) Next() (int64, bool) {
	if w.count == 0 {
		return 0, false
	}
	return w.next() << tickShift, true
}
