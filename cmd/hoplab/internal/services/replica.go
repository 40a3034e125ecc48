package services

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/run"
)

// server is one generation of a replica: a grpc.Server or an http.Server.
type server interface {
	// Serve accepts from l until the server is stopped.
	Serve(l net.Listener) error
	// Stop refuses new work, tells its connections to go away and ends what
	// is left when the context does.
	Stop(ctx context.Context)
}

// drainTimeout is how long a replaced or closing server's streams may go on.
const drainTimeout = 2 * time.Second

// Replica is one listener of a service and the server behind it. The server
// can be replaced while connections keep arriving; the whole replica can be
// killed and revived on the same address. It is safe for concurrent use.
type Replica struct {
	addr string // the bound address; fixed once Listen returned

	// Guarded by mu.
	mu   sync.Mutex
	life *life // nil while dead
}

// life is what a replica has from Listen or Revive to Kill or Close.
type life struct {
	listener net.Listener
	// Guarded by the replica's mu; nil until Start.
	current *generation
	// Counts the accept loop and the servers' Serve; only added to under the
	// replica's mu while this is its life.
	running sync.WaitGroup
}

// generation is a server and the queue its connections come from.
type generation struct {
	server server
	queue  *connQueue
}

// Listen binds addr; connections wait in the kernel until Start.
func Listen(addr string) (*Replica, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", addr, err)
	}
	return &Replica{addr: l.Addr().String(), life: &life{listener: l}}, nil
}

// Addr returns the bound host:port, also while the replica is dead.
func (r *Replica) Addr() string { return r.addr }

// Dead tells whether the replica was killed or closed and not revived.
func (r *Replica) Dead() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.life == nil
}

// Start begins to serve with s. Call it once, after Listen.
func (r *Replica) Start(s server) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.start(r.life, s)
}

// start needs mu.
func (r *Replica) start(l *life, s server) {
	l.serve(s)
	l.running.Go(func() { r.accept(l) })
}

// serve needs the replica's mu. It makes s the current generation.
func (l *life) serve(s server) {
	g := &generation{server: s, queue: newConnQueue(l.listener.Addr())}
	l.current = g
	l.running.Go(func() {
		// Serve ends with an error when its queue is closed, which is how it
		// is meant to end.
		_ = s.Serve(g.queue)
	})
}

func (r *Replica) accept(l *life) {
	for {
		c, err := l.listener.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			// Out of descriptors, most likely: let some go before the next try.
			time.Sleep(10 * time.Millisecond)
		default:
			r.hand(l, c)
		}
	}
}

// hand gives c to the current server. One that was replaced a moment ago does
// not take it: then the next one does.
func (r *Replica) hand(l *life, c net.Conn) {
	for {
		r.mu.Lock()
		g, alive := l.current, r.life == l
		r.mu.Unlock()
		if !alive {
			c.Close()
			return
		}
		if g.queue.put(c) {
			return
		}
	}
}

// Swap serves new connections with s and tells those of the old server to go
// away; their streams get two seconds. The listener stays open all the while; a
// connection that arrives in that very moment may be closed before its handshake.
func (r *Replica) Swap(ctx context.Context, s server) error {
	r.mu.Lock()
	if r.life == nil {
		r.mu.Unlock()
		return fmt.Errorf("the replica on %s is dead: revive it first", r.addr)
	}
	old := r.life.current
	r.life.serve(s)
	r.mu.Unlock()
	old.stop(ctx)
	return nil
}

// Revive listens on the same address again and serves with s. Reviving a
// replica that lives changes nothing.
func (r *Replica) Revive(ctx context.Context, s server) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.life != nil {
		return nil
	}
	listener, err := run.Relisten(ctx, r.addr)
	if err != nil {
		return err
	}
	r.life = &life{listener: listener}
	r.start(r.life, s)
	return nil
}

// Kill closes the listener and every connection at once, as a crash would.
func (r *Replica) Kill() {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r.end(ctx)
}

// Close ends the replica: no new connections, and streams get two seconds.
func (r *Replica) Close() { r.end(context.Background()) }

// end returns when the listener, the servers and their goroutines are gone.
func (r *Replica) end(ctx context.Context) {
	r.mu.Lock()
	l := r.life
	r.life = nil
	r.mu.Unlock()
	if l == nil {
		return
	}
	l.listener.Close()
	if l.current != nil {
		l.current.stop(ctx)
	}
	l.running.Wait()
}

func (g *generation) stop(ctx context.Context) {
	g.queue.Close()
	ctx, cancel := context.WithTimeout(ctx, drainTimeout)
	defer cancel()
	g.server.Stop(ctx)
}
