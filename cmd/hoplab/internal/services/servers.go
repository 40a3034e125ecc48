package services

import (
	"context"
	"net"
	"net/http"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/keepalive"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/tracing"
)

const (
	// uploadWindow is the receive window in bytes of one stream of orders; small,
	// so that a handler that stops reading closes it soon.
	uploadWindow = 64 << 10
	// manyStreams is how many streams orders allows on a connection: net/http's
	// own default.
	manyStreams = 250
	// restlessAge is how long a connection lives while GOAWAYs storm.
	restlessAge = 300 * time.Millisecond
	// restlessGrace lets streams finish after such a GOAWAY.
	restlessGrace = 30 * time.Second
)

// grpcServer makes grpc.Server a server.
type grpcServer struct{ *grpc.Server }

// newGRPC returns a server whose connections, when restless, are each told to
// go away a moment after they were made.
func newGRPC(t *tracing.Tracer, restless bool, register func(grpc.ServiceRegistrar)) server {
	opts := []grpc.ServerOption{
		grpc.UnaryInterceptor(t.UnaryServer),
		grpc.StreamInterceptor(t.StreamServer),
		// The gateway pings idle connections; the default would answer with GOAWAY.
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: time.Second, PermitWithoutStream: true}),
	}
	if restless {
		opts = append(opts, grpc.KeepaliveParams(keepalive.ServerParameters{
			MaxConnectionAge:      restlessAge,
			MaxConnectionAgeGrace: restlessGrace,
		}))
	}
	s := grpc.NewServer(opts...)
	register(s)
	return grpcServer{s}
}

// Stop implements server.
func (s grpcServer) Stop(ctx context.Context) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		if ctx.Err() == nil {
			s.GracefulStop()
		}
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
	s.Server.Stop()
	<-done
}

// httpServer makes http.Server a server.
type httpServer struct{ *http.Server }

// newHTTP2 returns a server that speaks HTTP/2 with prior knowledge and nothing
// else, and allows that many streams on a connection.
func newHTTP2(h http.Handler, streams int) server {
	p := new(http.Protocols)
	p.SetUnencryptedHTTP2(true)
	return httpServer{&http.Server{
		Handler:           h,
		Protocols:         p,
		ReadHeaderTimeout: 10 * time.Second,
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams:      streams,
			MaxReceiveBufferPerStream: uploadWindow,
			// Stalled uploads must not close the connection's window for others.
			MaxReceiveBufferPerConnection: 2 << 20,
		},
	}}
}

// Serve implements server.
func (s httpServer) Serve(l net.Listener) error { return s.Server.Serve(l) }

// Stop implements server.
func (s httpServer) Stop(ctx context.Context) {
	if s.Shutdown(ctx) != nil {
		s.Server.Close()
	}
}
