package http1

import (
	"errors"
	"io"
	"sync"

	"github.com/hopscope/hopscope/gateway/h2/header"
)

const (
	chunkSize = 16 << 10 // bytes that are read at once at most
	maxChunks = 4        // chunks that wait for the worker at most
)

// errHalted ends a goroutine of a bridge that is over.
var errHalted = errors.New("http1: the exchange is over")

// intake is the window and the buffers of a body that is read. One goroutine
// reads; the worker gives credit and buffers back.
type intake struct {
	mu     sync.Mutex
	change sync.Cond
	room   int // bytes that may be read now; guarded by mu
	chunks int // buffers that were made; guarded by mu
	free   [][]byte
	closed bool // guarded by mu
}

func (i *intake) init(window int) {
	i.change.L = &i.mu
	i.room = window
}

// give allows n more bytes.
func (i *intake) give(n int) {
	i.mu.Lock()
	i.room += n
	i.mu.Unlock()
	i.change.Signal()
}

// recycle takes back a buffer whose bytes the worker has dealt with.
func (i *intake) recycle(buf []byte) {
	i.mu.Lock()
	i.free = append(i.free, buf)
	i.mu.Unlock()
	i.change.Signal()
}

// close ends the reading for good.
func (i *intake) close() {
	i.mu.Lock()
	i.closed = true
	i.mu.Unlock()
	i.change.Signal()
}

// reserve waits until something may be read. It returns a buffer of up to size
// bytes and how much of it to fill.
func (i *intake) reserve(size int) (buf []byte, n int, ok bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for !i.closed && (i.room <= 0 || len(i.free) == 0 && i.chunks == maxChunks) {
		i.change.Wait()
	}
	if i.closed {
		return nil, 0, false
	}
	if last := len(i.free) - 1; last >= 0 {
		buf, i.free = i.free[last], i.free[:last]
	} else {
		buf = make([]byte, size)
		i.chunks++
	}
	return buf, min(len(buf), i.room), true
}

// take charges n bytes that were read.
func (i *intake) take(n int) {
	i.mu.Lock()
	i.room -= n
	i.mu.Unlock()
}

// readBody passes a body of length bytes (-1: unknown) to the bridge's handler.
// trailers is called at its end and returns the trailer section or nil. It
// returns nil if the end was reached, errHalted if the bridge is over.
func (b *bridge) readBody(body io.Reader, length int64, trailers func() (*header.List, error)) error {
	size := chunkSize
	if length >= 0 {
		size = int(max(min(length, chunkSize), 1))
	}
	for {
		buf, limit, ok := b.in.reserve(size)
		if !ok {
			return errHalted
		}
		n, err := body.Read(buf[:limit])
		b.in.take(n)
		if err == io.EOF {
			return b.readEnd(buf, n, trailers)
		}
		if n > 0 {
			b.post(dataRead{to{b}, buf, n, false})
		} else {
			b.in.recycle(buf)
		}
		if err != nil {
			return err
		}
	}
}

func (b *bridge) readEnd(buf []byte, n int, trailers func() (*header.List, error)) error {
	l, err := trailers()
	if n > 0 || l == nil && err == nil {
		b.post(dataRead{to{b}, buf, n, l == nil && err == nil})
	}
	if err != nil {
		return err
	}
	if l != nil {
		b.post(trailersRead{to{b}, l})
	}
	return nil
}
