package tracing

import (
	"context"
	"io"
	"math/rand/v2"
	"time"

	"github.com/opentracing/opentracing-go"
	"github.com/opentracing/opentracing-go/ext"
	"github.com/uber/jaeger-client-go"
	"github.com/uber/jaeger-client-go/transport"
)

// closeTimeout bounds how long Close waits for the collector.
const closeTimeout = 2 * time.Second

// Tracer makes the spans of one service. The zero of *Tracer (nil) makes none
// and still carries context on.
type Tracer struct {
	tracer opentracing.Tracer
	closer io.Closer
}

// New returns the tracer of a service that posts Jaeger thrift over HTTP to
// endpoint, such as "http://127.0.0.1:14268/api/traces". Without an endpoint it
// returns nil, which is a tracer that makes no spans. The caller closes it.
func New(service, endpoint string) *Tracer {
	if endpoint == "" {
		return nil
	}
	sender := transport.NewHTTPTransport(endpoint, transport.HTTPTimeout(closeTimeout))
	reporter := jaeger.NewRemoteReporter(sender,
		jaeger.ReporterOptions.QueueSize(1000),
		jaeger.ReporterOptions.BufferFlushInterval(500*time.Millisecond))
	// The sampler decides only where no context arrived: no, as the gateway decides.
	t, closer := jaeger.NewTracer(service, jaeger.NewConstSampler(false), reporter,
		jaeger.TracerOptions.Gen128Bit(true),
		jaeger.TracerOptions.RandomNumber(rand.Uint64))
	return &Tracer{tracer: t, closer: closer}
}

// Close sends what is queued, for at most two seconds.
func (t *Tracer) Close() {
	if t == nil {
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		// The reporter's Close returns no error worth telling: spans of a
		// demo that ends may be lost.
		_ = t.closer.Close()
	}()
	select {
	case <-done:
	case <-time.After(closeTimeout):
	}
}

// hop is what travels in a context: the span of this hop where there is one,
// else the traceparent to pass on.
type hop struct {
	span        opentracing.Span
	traceparent string
}

type hopKey struct{}

// Server begins the service's side of a request that arrived with this
// traceparent. The returned finish must be called once with the request's error.
func (t *Tracer) Server(ctx context.Context, operation, traceparent string) (_ context.Context, finish func(error)) {
	parent, ok := parse(traceparent)
	if !ok {
		return ctx, func(error) {}
	}
	if t == nil || !parent.IsSampled() {
		return context.WithValue(ctx, hopKey{}, hop{traceparent: traceparent}), func(error) {}
	}
	span := t.tracer.StartSpan(operation, opentracing.ChildOf(parent))
	ext.SpanKindRPCServer.Set(span)
	return context.WithValue(ctx, hopKey{}, hop{span: span}), finisher(span)
}

// Client begins a call that this request makes to peer, and returns the
// traceparent to send with it ("" for none).
func (t *Tracer) Client(ctx context.Context, operation, peer string) (traceparent string, finish func(error)) {
	h, _ := ctx.Value(hopKey{}).(hop)
	if t == nil || h.span == nil {
		return h.traceparent, func(error) {}
	}
	span := t.tracer.StartSpan(operation, opentracing.ChildOf(h.span.Context()))
	ext.SpanKindRPCClient.Set(span)
	ext.PeerService.Set(span, peer)
	c, ok := span.Context().(jaeger.SpanContext)
	if !ok {
		return "", finisher(span)
	}
	return format(c), finisher(span)
}

func finisher(span opentracing.Span) func(error) {
	return func(err error) {
		if err != nil {
			ext.Error.Set(span, true)
			span.SetTag("error.message", err.Error())
		}
		span.Finish()
	}
}
