package conn

import (
	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/header"
	"github.com/hopscope/hopscope/gateway/h2/hpack"
)

// Env is what the connections of one worker share. It belongs to the worker's
// goroutine.
type Env struct {
	// Now is the time of the current batch; the clock is read once for each.
	Now  event.Time
	Sink event.Sink
	// Counts is what the frames of this batch add up to.
	Counts event.FrameCounts
	// Buffered is the number of bytes that the worker's connections hold for
	// peers that do not take them. Who uses the connections adds what it holds.
	Buffered int64
	// StreamWindowCap bounds the receive window of streams, in bytes; 0: it does
	// not. Open connections take a change with Conn.FollowWindow.
	StreamWindowCap uint32

	// Pressed is set while the gateway runs short of memory or processors: abusive
	// and slow peers then meet less patience.
	Pressed bool

	counted bool
	touched []*Conn
	list    header.List // scratch for decoding
	scratch hpack.Scratch
	dead    []*Conn // to be closed at the end of the batch

	free     [][]byte // write buffers, see getBuffer
	streams  []*Stream
	resting  []*Stream // to be used again after this batch
	backlogs []*backlog
	ledgers  [][]credit

	blocks     [blockSizes]spares // see queue
	spareBytes int                // in blocks
}

// writeBufferSize is the capacity of a pooled write buffer. Connections hold one
// only while they have something to write.
const writeBufferSize = 64 << 10

// maxFreeBuffers bounds the pool: bursts beyond it are left to the collector.
const maxFreeBuffers = 64

func (e *Env) getBuffer() []byte {
	if n := len(e.free); n > 0 {
		b := e.free[n-1]
		e.free = e.free[:n-1]
		return b
	}
	return make([]byte, 0, writeBufferSize)
}

func (e *Env) putBuffer(b []byte) {
	if cap(b) == writeBufferSize && len(e.free) < maxFreeBuffers {
		e.free = append(e.free, b[:0])
	}
}

// Flush ends a batch: it flushes every connection that was written to, closes
// those that are over, and reports the counts. Closing and crediting can write
// to further connections, which are flushed as well.
func (e *Env) Flush() {
	for len(e.touched) > 0 || len(e.dead) > 0 {
		for i := 0; i < len(e.touched); i++ {
			c := e.touched[i]
			e.touched[i] = nil
			c.touched = false
			c.flush()
		}
		e.touched = e.touched[:0]
		dead := e.dead
		e.dead = nil
		for _, c := range dead {
			c.teardown()
		}
	}
	e.recycle()
	if e.counted {
		e.Sink.Frames(&e.Counts)
		e.Counts = event.FrameCounts{}
		e.counted = false
	}
}

func (e *Env) count(s event.Side, d event.Dir, t uint8, bytes int) {
	if t >= event.NumFrameTypes {
		t = event.NumFrameTypes - 1
	}
	e.Counts.Frames[s][d][t]++
	e.Counts.Bytes[s][d][t] += uint64(bytes)
	e.counted = true
}
