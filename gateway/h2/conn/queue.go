package conn

import "math/bits"

// queue holds the bytes of a stream that wait for window, in blocks: what is taken
// at one end and what comes at the other move nothing, and what a queue lets go of
// is used again by the next one. The zero value is empty.
type queue struct {
	head, tail *block
	n          int // bytes
}

// block is a piece of a queue: the bytes of buf from first on wait.
type block struct {
	next  *block
	buf   []byte
	first int
}

// Sizes of blocks, in bytes, are powers of two: a stream with little to wait for
// takes little, one with much has blocks that make whole frames.
const (
	minBlock   = 512
	maxBlock   = 16 << 10
	blockSizes = 6
)

// spares are blocks of one size that are kept for use again.
type spares struct {
	first    *block
	n        int
	unneeded int // the fewest there were since the last Trim
}

func (q *queue) len() int { return q.n }

// push appends p.
func (q *queue) push(e *Env, p []byte) {
	q.n += len(p)
	for len(p) > 0 {
		b := q.tail
		switch {
		case b == nil:
			b = e.takeBlock(len(p))
			q.head, q.tail = b, b
		case len(b.buf) < cap(b.buf):
		case b == q.head && cap(b.buf) < maxBlock:
			b = b.grown(e, len(p))
			q.head, q.tail = b, b
		default:
			b = e.takeBlock(maxBlock)
			q.tail.next, q.tail = b, b
		}
		n := min(len(p), cap(b.buf)-len(b.buf))
		b.buf = append(b.buf, p[:n]...)
		p = p[n:]
	}
}

// grown returns a larger block with what waits in b and room for some of n bytes
// more.
func (b *block) grown(e *Env, n int) *block {
	larger := e.takeBlock(max(2*cap(b.buf), len(b.buf)-b.first+n))
	larger.buf = append(larger.buf, b.buf[b.first:]...)
	e.giveBlock(b)
	return larger
}

// peek returns the oldest bytes, at most n and only as far as they lie in one
// piece. They stay valid until the next push to any queue.
func (q *queue) peek(n int) []byte {
	if q.head == nil {
		return nil
	}
	b := q.head
	return b.buf[b.first:min(b.first+n, len(b.buf))]
}

// pop lets go of the n oldest bytes, which lie in one piece.
func (q *queue) pop(e *Env, n int) {
	if n == 0 {
		return
	}
	b := q.head
	b.first += n
	q.n -= n
	if b.first < len(b.buf) {
		return
	}
	if q.head = b.next; q.head == nil {
		q.tail = nil
	}
	e.giveBlock(b)
}

// drop lets go of everything.
func (q *queue) drop(e *Env) {
	for b := q.head; b != nil; {
		next := b.next
		e.giveBlock(b)
		b = next
	}
	*q = queue{}
}

// takeBlock returns an empty block for n bytes, or for as many of them as the
// largest takes.
func (e *Env) takeBlock(n int) *block {
	size := blockSize(min(n, maxBlock))
	s := &e.blocks[size]
	b := s.first
	if b == nil {
		return &block{buf: make([]byte, 0, minBlock<<size)}
	}
	s.first, b.next = b.next, nil
	s.n--
	s.unneeded = min(s.unneeded, s.n)
	e.spareBytes -= cap(b.buf)
	return b
}

// giveBlock keeps a block for use again.
func (e *Env) giveBlock(b *block) {
	if e.spareBytes+cap(b.buf) > maxSpareBytes {
		return
	}
	s := &e.blocks[blockSize(cap(b.buf))]
	b.next, b.buf, b.first = s.first, b.buf[:0], 0
	s.first = b
	s.n++
	e.spareBytes += cap(b.buf)
}

// blockSize returns the index of the smallest size that holds n bytes.
func blockSize(n int) int { return bits.Len(uint(max(n, 1)-1) / minBlock) }

// Trim lets go of an eighth of the blocks that were kept for use again and that
// nobody has needed since the last Trim. Called now and then, it gives back what
// a peak has left; peaks that come again and again find theirs. It reports whether
// any are left.
func (e *Env) Trim() (left bool) {
	for i := range e.blocks {
		s := &e.blocks[i]
		for n := (s.unneeded + 7) / 8; n > 0; n-- {
			e.spareBytes -= cap(s.first.buf)
			s.first = s.first.next
			s.n--
		}
		s.unneeded = s.n
	}
	return e.spareBytes > 0
}
