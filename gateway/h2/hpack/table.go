package hpack

import "github.com/hopscope/hopscope/gateway/h2/header"

// entryOverhead is what each entry counts beside its name and value (RFC 7541
// §4.1).
const entryOverhead = 32

// table is a dynamic table (RFC 7541 §2.3.2). It owns the bytes of its entries
// and holds no memory while it has never been used.
//
// Entries are numbered from 0 in the order of their insertion, for as long as the
// table lives; the newest has the number total-1.
type table struct {
	buf   []byte  // names and values, in the order of insertion
	start int     // bytes of buf that belong to evicted entries
	ring  []entry // a power of two; entry n is at n modulo its length
	total uint32
	n     uint32 // entries
	size  uint32 // as RFC 7541 §4.1 counts
	max   uint32
}

type entry struct {
	off, nameLen, valueLen uint32
	meta                   header.Meta
}

func (e *entry) end() uint32 { return e.off + e.nameLen + e.valueLen }

// at returns the entry with an index of the dynamic table, 1 being the newest.
func (t *table) at(index uint32) (*entry, bool) {
	if index == 0 || index > t.n {
		return nil, false
	}
	return t.number(t.total - index), true
}

// number returns the entry with a number, which must be in the table.
func (t *table) number(n uint32) *entry { return &t.ring[n&uint32(len(t.ring)-1)] }

// has reports whether the entry with a number has not been evicted.
func (t *table) has(n uint32) bool { return t.total-n-1 < t.n }

func (t *table) name(e *entry) []byte { return t.buf[e.off : e.off+e.nameLen] }

// raw returns an entry's name with its value behind it.
func (t *table) raw(e *entry) []byte { return t.buf[e.off:e.end()] }

// add inserts a field, which must not be a view of the table. One that is larger
// than the table empties it (RFC 7541 §4.4).
func (t *table) add(name, value []byte, m header.Meta) {
	size := uint32(len(name)+len(value)) + entryOverhead
	if size > t.max {
		t.evict(0)
		return
	}
	t.evict(t.max - size)
	if len(t.buf)+len(name)+len(value) > cap(t.buf) {
		t.makeRoom(len(name) + len(value))
	}
	if t.n == uint32(len(t.ring)) {
		t.growRing()
	}
	off := uint32(len(t.buf))
	t.buf = append(append(t.buf, name...), value...)
	*t.number(t.total) = entry{off, uint32(len(name)), uint32(len(value)), m}
	t.total++
	t.n++
	t.size += size
}

// makeRoom moves the live bytes to the front of a buffer with room for need more,
// and for as much again, so that it is seldom called.
func (t *table) makeRoom(need int) {
	live := t.buf[t.start:]
	room := t.buf[:0]
	if want := 2 * (len(live) + need); want > cap(t.buf) {
		room = make([]byte, 0, max(256, want))
	}
	t.buf = append(room, live...)
	for i := t.total - t.n; i != t.total; i++ {
		t.number(i).off -= uint32(t.start)
	}
	t.start = 0
}

// evict drops the oldest entries until the size is at most limit.
func (t *table) evict(limit uint32) {
	for t.size > limit {
		e := t.number(t.total - t.n)
		t.size -= e.nameLen + e.valueLen + entryOverhead
		t.start = int(e.end())
		t.n--
	}
}

func (t *table) growRing() {
	ring := make([]entry, max(8, 2*len(t.ring)))
	for i := t.total - t.n; i != t.total; i++ {
		ring[i&uint32(len(ring)-1)] = *t.number(i)
	}
	t.ring = ring
}

// resize changes the table's maximum (RFC 7541 §4.3).
func (t *table) resize(limit uint32) {
	t.max = limit
	t.evict(limit)
}
