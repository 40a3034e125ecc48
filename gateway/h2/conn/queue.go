package conn

import "math/bits"

// queue holds the bytes of a stream that wait for window, in a ring: what is
// taken at one end makes room for what comes at the other without a move.
type queue struct {
	buf   []byte // its length is zero or a power of two
	first int    // where the oldest byte is
	n     int    // bytes
}

const minQueue = 512 // bytes

func (q *queue) len() int { return q.n }

func (q *queue) push(p []byte) {
	if need := q.n + len(p); need > len(q.buf) {
		q.grow(max(minQueue, 1<<bits.Len(uint(need-1))))
	}
	at := (q.first + q.n) & (len(q.buf) - 1)
	copy(q.buf, p[copy(q.buf[at:], p):])
	q.n += len(p)
}

func (q *queue) grow(size int) {
	buf := make([]byte, size)
	head := q.peek(q.n)
	copy(buf[copy(buf, head):], q.buf[:q.n-len(head)])
	q.buf, q.first = buf, 0
}

// peek returns the oldest bytes, at most n and only as far as they lie in one
// piece. They stay valid until the next push.
func (q *queue) peek(n int) []byte {
	return q.buf[q.first:min(q.first+min(n, q.n), len(q.buf))]
}

func (q *queue) pop(n int) {
	q.first = (q.first + n) & (len(q.buf) - 1)
	q.n -= n
}
