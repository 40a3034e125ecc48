package admin

import (
	"context"
	"crypto/tls"
	"log"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// The bounds of the administration server. What is written must be taken within
// writeTimeout; a profile has the time that was asked for on top.
const (
	headerTimeout = 5 * time.Second
	readTimeout   = 10 * time.Second
	writeTimeout  = 30 * time.Second
	idleTimeout   = 2 * time.Minute
	maxHeader     = 16 << 10
	maxConns      = 100
)

// Server serves an [Admin]. No peer can hold it beyond its timeouts, and at most
// maxConns are connected. Its methods are safe for concurrent use.
type Server struct {
	http  http.Server
	tls   atomic.Pointer[tls.Config] // nil: plain text
	conns conns
}

// NewServer returns a server for a. What goes wrong is logged to log unless that
// is nil.
func NewServer(a *Admin, logger *slog.Logger) *Server {
	s := &Server{conns: newConns(maxConns, a.refusals)}
	s.http = http.Server{
		Handler: a, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout,
		WriteTimeout: writeTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
		ConnState: s.conns.changed,
	}
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	s.http.ErrorLog = log.New(&rareLines{to: slog.NewLogLogger(logger.Handler(), slog.LevelWarn)}, "", 0)
	return s
}

// SetTLS replaces the TLS configuration for connections that are accepted from
// now on; nil: plain text. Those that are open end with the request that they
// answer: who was let in by the old one has to come in again.
func (s *Server) SetTLS(c *tls.Config) {
	if s.tls.Swap(c) != c {
		s.conns.retire()
	}
}

// Serve accepts connections until Close.
func (s *Server) Serve(ln net.Listener) error { return s.http.Serve(listener{ln, s}) }

// Close ends every connection at once.
func (s *Server) Close() error { return s.http.Close() }

// Shutdown lets requests in progress finish until ctx ends.
func (s *Server) Shutdown(ctx context.Context) error { return s.http.Shutdown(ctx) }

// listener accepts connections as the TLS configuration of the moment says.
type listener struct {
	net.Listener
	s *Server
}

// Accept implements [net.Listener]. The handshake is left to the goroutine that
// serves the connection.
func (l listener) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	if c := l.s.tls.Load(); c != nil {
		return tls.Server(nc, c), nil
	}
	return nc, nil
}
