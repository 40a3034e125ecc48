// Package link joins a connection of HTTP/2 and a socket of the event loop: it
// reads into the worker's buffer, feeds the connection, and takes what it writes.
package link

import (
	"io"
	"net"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/conn"
	"github.com/hopscope/hopscope/gateway/loop"
)

// readBufferSize is how much is read at once. The buffer belongs to the worker,
// so an idle connection holds none.
const readBufferSize = 64<<10 + conn.MinReadBuffer

// maxReads is how often a connection is read in a batch, if each time the buffer is
// full, of no more than maxBulk frames. Whoever is written to is woken up once for all
// of it, and so is the peer by the credit; of bodies that costs more than the reading.
// Small frames are more work than bytes: of those a buffer is enough for a batch, in
// which others wait.
const (
	maxReads = 4
	maxBulk  = 16
)

// Worker is what the links of one worker share; it belongs to its goroutine.
type Worker struct {
	Loop *loop.Loop
	Env  conn.Env
	buf  []byte
}

// NewWorker returns a worker's shared part.
func NewWorker(l *loop.Loop, sink event.Sink) *Worker {
	return &Worker{Loop: l, Env: conn.Env{Sink: sink, Now: l.Now()}, buf: make([]byte, readBufferSize)}
}

type link struct {
	w    *Worker
	sock loop.Socket
	c    *conn.Conn
}

// New makes a connection over nc, which it owns from then on. head are bytes
// that were read from nc before.
func New(w *Worker, cfg conn.Config, info *event.Conn, owner conn.Owner, nc net.Conn, head []byte) *conn.Conn {
	k := &link{w: w}
	k.sock = w.Loop.Add(nc, k)
	k.c = conn.New(&w.Env, cfg, info, owner, k)
	if len(head) > 0 {
		k.c.Consume(head)
	}
	return k.c
}

// Readable implements loop.Handler.
func (k *link) Readable() {
	for range maxReads {
		if bulk := k.read(); !bulk || k.c.Closed() {
			return
		}
	}
}

// read feeds the connection once, and reports whether there may be more to read of
// large frames.
func (k *link) read() bool {
	buf := k.w.buf
	kept := k.c.Fill(buf)
	n, err := k.sock.Read(buf[kept:])
	frames := k.c.Consume(buf[:kept+n])
	switch {
	case err == nil || err == loop.ErrWouldBlock:
	case err == io.EOF:
		k.c.Lost(event.ClosePeer, nil)
	default:
		k.c.Lost(event.CloseIO, err)
	}
	return err == nil && kept+n == len(buf) && frames <= maxBulk
}

// Writable implements loop.Handler.
func (k *link) Writable() { k.c.Writable() }

// Write implements conn.Transport.
func (k *link) Write(p []byte) (int, error) { return k.sock.Write(p) }

// Unacked implements conn.Transport.
func (k *link) Unacked() int { return k.sock.Unacked() }

// Unanswered implements conn.Transport.
func (k *link) Unanswered() bool { return k.sock.Unanswered() }

// Close implements conn.Transport.
func (k *link) Close() { k.sock.Close() }
