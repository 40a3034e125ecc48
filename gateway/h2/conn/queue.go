package conn

import "math/bits"

// queue holds the bytes of a stream that wait for window. It owns its memory,
// which it lets go of when it becomes empty.
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

func (q *queue) pop(n int) {
	q.off += n
	if q.off == len(q.buf) {
		*q = queue{}
	}
}
