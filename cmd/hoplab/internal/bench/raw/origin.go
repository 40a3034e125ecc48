package raw

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// Silent is the path that an Origin never answers.
const Silent = "/silent"

// Marked is what the paths begin with whose requests an Origin counts.
const Marked = "/marked"

// sized is what stands before the size of an answer in a path.
const sized = "/bytes/"

// Sized returns the path, one to be counted, whose answer has n bytes.
func Sized(n int) string { return Marked + sized + strconv.Itoa(n) }

// originStreams is how many streams at a time an origin grants a connection: it
// never limits what is measured, as hopscope opens ten connections at most.
const originStreams = 4000

// answerSize is the size of an answer in bytes.
const answerSize = 128

// Origin is an h2c server that answers requests once they have ended: with 128
// bytes, those for Sized with as many as they say, those for Silent never.
type Origin struct {
	listener net.Listener
	done     sync.WaitGroup
	marked   atomic.Int64 // requests for Marked

	mu      sync.Mutex        // guards everything below
	conns   map[net.Conn]bool // nil once closed
	failed  error             // the first failure of a connection
	silent  int               // requests for Silent
	arrived *sync.Cond        // silent has changed
}

// NewOrigin starts an origin on a free port of the loopback.
func NewOrigin() (*Origin, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	o := &Origin{listener: l, conns: map[net.Conn]bool{}}
	o.arrived = sync.NewCond(&o.mu)
	o.done.Go(o.accept)
	return o, nil
}

// Addr returns the host:port of the origin.
func (o *Origin) Addr() string { return o.listener.Addr().String() }

// Requests returns how many requests for Marked have arrived.
func (o *Origin) Requests() int64 { return o.marked.Load() }

// AwaitSilent waits until n requests for Silent have arrived. If the context ends
// before, the error is its cause.
func (o *Origin) AwaitSilent(ctx context.Context, n int) error {
	defer context.AfterFunc(ctx, func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.arrived.Broadcast()
	})()
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.silent < n && ctx.Err() == nil {
		o.arrived.Wait()
	}
	if o.silent < n {
		return fmt.Errorf("%d of %d streams have reached the origin: %w", o.silent, n, context.Cause(ctx))
	}
	return nil
}

// count notes that a request has arrived.
func (o *Origin) count(path string) {
	if strings.HasPrefix(path, Marked) {
		o.marked.Add(1)
	}
	if path != Silent {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.silent++
	o.arrived.Broadcast()
}

// Close ends the origin and its connections. It returns what a client did wrong.
func (o *Origin) Close() error {
	o.listener.Close()
	o.mu.Lock()
	for c := range o.conns {
		c.Close()
	}
	o.conns = nil
	o.mu.Unlock()
	o.done.Wait()
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.failed
}

func (o *Origin) accept() {
	for {
		nc, err := o.listener.Accept()
		if err != nil {
			return // closed
		}
		o.mu.Lock()
		if o.conns == nil {
			nc.Close()
		} else {
			o.conns[nc] = true
			o.done.Go(func() { o.serve(nc) })
		}
		o.mu.Unlock()
	}
}

func (o *Origin) serve(nc net.Conn) {
	err := newServed(nc, o.count).run()
	nc.Close()
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.conns, nc)
	var network net.Error
	ended := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || errors.As(err, &network)
	if !ended && o.failed == nil {
		o.failed = fmt.Errorf("origin: %w", err)
	}
}
