package http1

import (
	"sync"

	"github.com/hopscope/hopscope/gateway/h2/header"
)

// outbox holds what the worker wants written until the goroutine that writes
// takes it. The worker puts, one goroutine takes, and any may halt.
type outbox struct {
	mu     sync.Mutex
	change sync.Cond
	next   parcel // guarded by mu
	halted bool   // guarded by mu: take returns nothing more
	cutoff bool   // guarded by mu: the message will not be whole
	done   bool   // guarded by mu: everything up to the end was written
}

// parcel is what is written together, in the order of its fields.
type parcel struct {
	heads    []*header.List
	data     []byte
	trailers *header.List
	end      bool
	cut      bool // the message is to be broken off here
}

func (p *parcel) empty() bool { return len(p.heads) == 0 && len(p.data) == 0 && !p.end && !p.cut }

func (o *outbox) init() { o.change.L = &o.mu }

// put adds to what waits; the data is copied. Header blocks come before data.
func (o *outbox) put(p parcel) {
	o.mu.Lock()
	o.next.heads = append(o.next.heads, p.heads...)
	o.next.data = append(o.next.data, p.data...)
	o.next.trailers = p.trailers
	o.next.end = p.end
	o.mu.Unlock()
	o.change.Signal()
}

// putInterim adds a 1xx response of the gateway's own. It may be called from any
// goroutine, also after the final one was put.
func (o *outbox) putInterim(l *header.List) {
	o.mu.Lock()
	o.next.heads = append(o.next.heads, l)
	o.mu.Unlock()
	o.change.Signal()
}

// take waits for something to write; spare is memory for data to come. It
// returns false when nothing more is to be written.
func (o *outbox) take(spare []byte) (parcel, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for !o.halted && o.next.empty() {
		o.change.Wait()
	}
	if o.halted {
		return parcel{}, false
	}
	p := o.next
	o.next = parcel{data: spare[:0]}
	p.end = p.end && !p.cut
	return p, true
}

// idle reports whether nothing waits.
func (o *outbox) idle() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.next.empty()
}

// cut ends the writing after what waits and reports whether something is missing
// then.
func (o *outbox) cut() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.done {
		return false
	}
	o.cutoff, o.next.cut = true, true
	o.change.Signal()
	return true
}

// finish notes that everything was written, unless the outbox was halted or cut
// before.
func (o *outbox) finish() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.done = !o.halted && !o.cutoff
	return o.done
}

// halt ends the writing and reports whether something was cut by it.
func (o *outbox) halt() (cut bool) {
	o.mu.Lock()
	o.halted = true
	cut = !o.done
	o.mu.Unlock()
	o.change.Signal()
	return cut
}
