package tracing

import (
	"context"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// UnaryServer traces unary calls that the service answers.
func (t *Tracer) UnaryServer(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	ctx, finish := t.Server(ctx, strings.TrimPrefix(info.FullMethod, "/"), incoming(ctx))
	resp, err := handler(ctx, req)
	finish(err)
	return resp, err
}

// StreamServer traces streams that the service answers.
func (t *Tracer) StreamServer(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	ctx, finish := t.Server(stream.Context(), strings.TrimPrefix(info.FullMethod, "/"), incoming(stream.Context()))
	err := handler(srv, &tracedStream{stream, ctx})
	finish(err)
	return err
}

// UnaryClient traces unary calls that the service makes to others.
func (t *Tracer) UnaryClient(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	// The peer is the method's service: "hopscope.demo.users.v1.Users".
	name := strings.TrimPrefix(method, "/")
	peer, _, _ := strings.Cut(name, "/")
	traceparent, finish := t.Client(ctx, name, peer)
	if traceparent != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, header, traceparent)
	}
	err := invoke(ctx, method, req, reply, cc, opts...)
	finish(err)
	return err
}

func incoming(ctx context.Context) string {
	if v := metadata.ValueFromIncomingContext(ctx, header); len(v) == 1 {
		return v[0]
	}
	return ""
}

// tracedStream is a stream whose context knows its span.
type tracedStream struct {
	grpc.ServerStream
	ctx context.Context
}

func (s *tracedStream) Context() context.Context { return s.ctx }
