package conn

import "math/bits"

// queue holds the bytes of a stream that wait for window.
type queue struct {
	buf []byte
	off int
}

func (q *queue) len() int { return len(q.buf) - q.off }

func (q *queue) push(p []byte) {
	if q.off > 0 && len(q.buf)+len(p) > cap(q.buf) {
		n := copy(q.buf, q.buf[q.off:])
		q.buf, q.off = q.buf[:n], 0
	}
	if need := len(q.buf) + len(p); need > cap(q.buf) {
		grown := make([]byte, len(q.buf), max(512, 1<<bits.Len(uint(need-1))))
		copy(grown, q.buf)
		q.buf = grown
	}
	q.buf = append(q.buf, p...)
}

// peek returns the next n bytes, which stay valid until the next push.
func (q *queue) peek(n int) []byte { return q.buf[q.off : q.off+n] }

func (q *queue) pop(n int) { q.off += n }

// emptied returns an empty queue with the memory of q, unless that is large.
func (q *queue) emptied() queue {
	if cap(q.buf) > maxFreeQueue {
		return queue{}
	}
	return queue{buf: q.buf[:0]}
}
