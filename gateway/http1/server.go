package http1

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/hopscope/hopscope/gateway/event"
)

// Options are the limits of a Server.
type Options struct {
	MaxHeaderBytes    int           // of a request's header fields, as RFC 9113 §6.5.2 counts
	MaxHeaderFields   int           // of a request, pseudo-fields included
	ReadHeaderTimeout time.Duration // from a request's first byte to the end of its header; 0: none
	IdleTimeout       time.Duration // between requests; 0: as ReadHeaderTimeout
	SlowPeerRate      uint32        // bytes per second that a client has to take, if bytes wait for it,
	SlowPeerTimeout   time.Duration // on the average of so long; 0: it may take its time
	Window            int           // bytes of body that are held for each direction of a request
	ErrorLog          *log.Logger   // nil: what net/http has to say is dropped
}

// Server speaks HTTP/1.1 with clients. Its methods are safe for concurrent use.
type Server struct {
	options Options
	http    http.Server
	queue   *queue
	stopped chan struct{} // closed when the accepting goroutine has ended
}

// headerSlack is how much larger than allowed a header may be for the gateway to
// answer it like any other request. Beyond it net/http answers 431 by itself.
const headerSlack = 4

// NewServer starts a server without connections. Close ends it.
func NewServer(o Options) *Server {
	s := &Server{options: o, queue: newQueue(), stopped: make(chan struct{})}
	if o.ErrorLog == nil {
		o.ErrorLog = log.New(io.Discard, "", 0)
	}
	s.http = http.Server{
		Handler:           http.HandlerFunc(s.serve),
		Protocols:         new(http.Protocols),
		ReadHeaderTimeout: o.ReadHeaderTimeout,
		IdleTimeout:       o.IdleTimeout,
		MaxHeaderBytes:    headerSlack * o.MaxHeaderBytes,
		ConnState:         connState,
		ConnContext:       withClient,
		ErrorLog:          o.ErrorLog,

		DisableGeneralOptionsHandler: true, // OPTIONS * is the origin's to answer
	}
	s.http.Protocols.SetHTTP1(true)
	go func() {
		defer close(s.stopped)
		_ = s.http.Serve(s.queue)
	}()
	return s
}

// Serve takes over a connection, of which head was read before; TLS is done. It
// returns at once. g is told of the connection c and its requests. After Close
// the connection is closed and nobody told.
func (s *Server) Serve(nc net.Conn, head []byte, g Gateway, c *event.Conn) {
	s.queue.push(newClient(nc, head, g, c, newPace(s.options.SlowPeerRate, s.options.SlowPeerTimeout)))
}

// Drain has every response announce the end of its connection. Idle connections
// stay: their client may be sending the next request already, and would not know
// whether a closed connection took it. New ones are still served: once.
func (s *Server) Drain() { s.queue.draining.Store(true) }

// CloseIdle closes, after Drain, the connections whose client had time enough to
// learn of it and sent nothing.
func (s *Server) CloseIdle() { s.http.SetKeepAlivesEnabled(false) }

// Close closes every connection at once.
func (s *Server) Close() {
	s.queue.draining.Store(true)
	_ = s.http.Close() // it fails if the queue does, which does not
	<-s.stopped
}

// Options returns what the server was made with.
func (s *Server) Options() Options { return s.options }

// Unused reports whether the server has no connection.
func (s *Server) Unused() bool { return s.queue.unused() }

// clientKey is the context key of a connection's client.
type clientKey struct{}

func withClient(ctx context.Context, nc net.Conn) context.Context {
	return context.WithValue(ctx, clientKey{}, nc.(*client))
}

// connState follows what net/http does with a connection. The last call comes from
// the end of the connection's goroutine.
func connState(nc net.Conn, state http.ConnState) {
	c := nc.(*client)
	switch state {
	case http.StateActive:
		c.isBusy()
	case http.StateIdle:
		c.isIdle()
	case http.StateClosed:
		c.queue.left()
		_ = c.gateway.Post(connClosed{c, c.reason()})
	}
}

// connOpened and connClosed are the tasks that tell the worker.
type connOpened struct{ c *client }

func (t connOpened) Run() { t.c.gateway.ConnOpened(t.c.info, &Conn{t.c}) }

type connClosed struct {
	c      *client
	reason event.CloseReason
}

func (t connClosed) Run() { t.c.gateway.ConnClosed(t.c.info, t.reason) }
