package tracing

import (
	"fmt"

	"github.com/opentracing/opentracing-go"
	"github.com/opentracing/opentracing-go/ext"
	"github.com/uber/jaeger-client-go"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/telemetry/outcome"
)

// startSpan starts a span with ids of ours. Tags are set afterwards: jaeger loses
// some of its own when a span is started with several.
func (t *Tracer) startSpan(x *event.Exchange, id, parent *[8]byte, at event.Time) opentracing.Span {
	trace := traceID(&x.Trace.ID)
	ctx := jaeger.NewSpanContext(trace, spanID(id), spanID(parent), true, nil)
	if x.Trace.Debug {
		// The only way to set jaeger's debug flag. The string is well-formed.
		ctx, _ = jaeger.ContextFromString(fmt.Sprintf("%s:%s:%s:%d",
			trace, spanID(id), spanID(parent), uberSampled|uberDebug))
	}
	return t.tracer.StartSpan(x.Method+" "+routeName(x), jaeger.SelfRef(ctx), opentracing.StartTime(at.Std()))
}

// serverSpan reports the span of x as the caller sees it.
func (t *Tracer) serverSpan(x *event.Exchange, r *record) {
	s := t.startSpan(x, &x.Trace.Span, &x.Trace.Parent, x.Begin)
	s.SetTag(string(ext.SpanKind), string(ext.SpanKindRPCServerEnum))
	s.SetTag("http.method", x.Method)
	s.SetTag("http.route", routeName(x))
	s.SetTag("network.protocol.name", x.Proto.String())
	s.SetTag("listener", x.Listener.Name)
	if x.Conn != nil {
		s.SetTag("connection.id", x.Conn.ID)
		s.SetTag("peer.address", x.Conn.Peer)
	}
	if x.StreamID != 0 {
		s.SetTag("stream.id", x.StreamID)
	}
	if x.Route != nil {
		s.SetTag("upstream", x.Route.Upstream.Name)
	}
	setTag(s, "url.path", r.path)
	setTag(s, "sampler.type", r.by.kind)
	if r.by.kind != "" {
		s.SetTag("sampler.param", r.by.param)
	}
	setTag(s, jaeger.JaegerDebugHeader, r.debugID)
	if r.late {
		s.SetTag("sampled.late", true)
	}
	setAnswerTags(s, x)
	setTransferTags(s, x)
	if r.dropped > 0 {
		s.SetTag("logs.dropped", r.dropped)
	}
	s.FinishWithOptions(opentracing.FinishOptions{FinishTime: x.Finished.Std(), LogRecords: r.inOrder()})
}

// setAnswerTags tells how x ended.
func setAnswerTags(s opentracing.Span, x *event.Exchange) {
	if x.Status != 0 {
		s.SetTag("http.status_code", int(x.Status))
	}
	if x.GRPC {
		s.SetTag("rpc.system", "grpc")
		if x.GRPCStatus >= 0 {
			s.SetTag("rpc.grpc.status_code", int(x.GRPCStatus))
		}
	}
	s.SetTag("attempts", int(x.Attempts))
	setEndTags(s, x.Reason, x.Origin, x.Code)
	if outcome.Abnormal(x) {
		s.SetTag("error", true)
	}
}

// setTransferTags tells what x moved and what it waited for.
func setTransferTags(s opentracing.Span, x *event.Exchange) {
	s.SetTag("request.bytes", x.RequestBytes)
	s.SetTag("response.bytes", x.ResponseBytes)
	if x.GRPC {
		s.SetTag("messages.read", x.Messages[event.Read])
		s.SetTag("messages.written", x.Messages[event.Written])
	}
	for side := range event.NumSides {
		for scope := range event.NumScopes {
			if d := x.Stalled[side][scope]; d > 0 {
				s.SetTag("stall."+side.String()+"."+scope.String()+".seconds", d.Seconds())
			}
		}
	}
}

// clientSpan reports the span of x's attempt.
func (t *Tracer) clientSpan(x *event.Exchange) {
	a := &x.Attempt
	s := t.startSpan(x, &a.Span, &x.Trace.Span, a.Begin)
	s.SetTag(string(ext.SpanKind), string(ext.SpanKindRPCClientEnum))
	s.SetTag("http.method", x.Method)
	s.SetTag("attempt", int(a.Number))
	if a.Endpoint != nil {
		s.SetTag(string(ext.PeerService), a.Endpoint.Upstream.Name)
		s.SetTag("peer.address", a.Endpoint.Address)
	}
	if a.Conn != nil {
		s.SetTag("connection.id", a.Conn.ID)
	}
	if a.StreamID != 0 {
		s.SetTag("stream.id", a.StreamID)
	}
	if a.SlotWait > 0 {
		s.SetTag("slot_wait.seconds", a.SlotWait.Seconds())
	}
	if a.Status != 0 {
		s.SetTag("http.status_code", int(a.Status))
	}
	if x.GRPC && !a.Retry && x.GRPCStatus >= 0 {
		s.SetTag("rpc.grpc.status_code", int(x.GRPCStatus))
	}
	setEndTags(s, a.Reason, a.Origin, a.Code)
	if a.Retry {
		s.SetTag("retried", true)
	}
	if outcome.AttemptFailed(x) || a.Reason != event.EndCompleted && a.Reason != event.EndClientReset {
		s.SetTag("error", true)
	}
	s.FinishWithOptions(opentracing.FinishOptions{FinishTime: a.End.Std()})
}

// setEndTags tells why something ended, who ended it, and by which reset.
func setEndTags(s opentracing.Span, reason event.EndReason, origin event.Origin, code event.Code) {
	s.SetTag("end.reason", reason.String())
	if origin != event.ByNobody {
		s.SetTag("end.origin", origin.String())
	}
	if code != 0 || reason == event.EndClientReset || reason == event.EndUpstreamReset {
		s.SetTag("reset.code", code.Label())
	}
}

func setTag(s opentracing.Span, key, value string) {
	if value != "" {
		s.SetTag(key, value)
	}
}
