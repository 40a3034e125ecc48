package tracing

import (
	"fmt"
	"time"

	"github.com/opentracing/opentracing-go"
	"github.com/opentracing/opentracing-go/ext"
	"github.com/uber/jaeger-client-go"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/telemetry/outcome"
)

// spanStart is the beginning of a span: one option in place of several, which a
// worker uses for all of its spans.
type spanStart struct {
	at   time.Time
	self [1]opentracing.SpanReference
}

// Apply implements [opentracing.StartSpanOption].
func (s *spanStart) Apply(o *opentracing.StartSpanOptions) {
	o.StartTime, o.References = s.at, s.self[:]
}

// startSpan starts a span with ids of ours at a time of the wall clock.
func (w *Worker) startSpan(x *event.Exchange, name string, id, parent *[8]byte, at event.Time) opentracing.Span {
	trace := traceID(&x.Trace.ID)
	ctx := jaeger.NewSpanContext(trace, spanID(id), spanID(parent), true, nil)
	if x.Trace.Debug {
		// The only way to set jaeger's debug flag. The string is well-formed.
		ctx, _ = jaeger.ContextFromString(fmt.Sprintf("%s:%s:%s:%d",
			trace, spanID(id), spanID(parent), uberSampled|uberDebug))
	}
	w.start.at, w.start.self[0] = at.Std(), jaeger.SelfRef(ctx)
	return w.t.tracer.StartSpan(name, w.options...)
}

// finishSpan ends s at a time of the wall clock and reports it with d, which it
// takes.
func (t *Tracer) finishSpan(s opentracing.Span, d *details, at event.Time) {
	end := opentracing.FinishOptions{FinishTime: at.Std()}
	if t.spread {
		end.LogRecords = d.spread(s)
		t.details.put(d)
	} else {
		end.LogRecords = d.carrier[:]
	}
	s.FinishWithOptions(end)
}

// serverSpan reports the span of x as the caller sees it.
func (w *Worker) serverSpan(x *event.Exchange, r *record) {
	s := w.startSpan(x, r.name, &x.Trace.Span, &x.Trace.Parent, x.Begin.Add(r.offset))
	d := r.details
	d.str(string(ext.SpanKind), string(ext.SpanKindRPCServerEnum))
	d.str("http.method", x.Method)
	d.str("http.route", routeName(x))
	d.str("network.protocol.name", x.Proto.String())
	d.str("listener", x.Listener.Name)
	if x.Conn != nil {
		integer(d, "connection.id", x.Conn.ID)
		d.str("peer.address", x.Conn.Peer)
	}
	if x.StreamID != 0 {
		integer(d, "stream.id", x.StreamID)
	}
	if x.Route != nil {
		d.str("upstream", x.Route.Upstream.Name)
	}
	d.strIf("url.path", r.path)
	d.strIf("sampler.type", r.by.kind)
	if r.by.kind != "" {
		d.float("sampler.param", r.by.param)
	}
	d.strIf(jaeger.JaegerDebugHeader, r.debugID)
	if r.late {
		d.flag("sampled.late")
	}
	setAnswerTags(d, x)
	setTransferTags(d, x)
	if d.overwritten > 0 {
		integer(d, "logs.dropped", d.overwritten)
	}
	d.sortLogs()
	d.shift(r.offset)
	w.t.finishSpan(s, d, x.Finished.Add(r.offset))
}

// setAnswerTags tells how x ended.
func setAnswerTags(d *details, x *event.Exchange) {
	if x.Status != 0 {
		integer(d, "http.status_code", x.Status)
	}
	if x.GRPC {
		d.str("rpc.system", "grpc")
		if x.GRPCStatus >= 0 {
			integer(d, "rpc.grpc.status_code", x.GRPCStatus)
		}
	}
	integer(d, "attempts", x.Attempts)
	setEndTags(d, x.Reason, x.Origin, x.Code)
	if outcome.Abnormal(x) {
		d.flag("error")
	}
}

// setTransferTags tells what x moved and what it waited for.
func setTransferTags(d *details, x *event.Exchange) {
	integer(d, "request.bytes", x.RequestBytes)
	integer(d, "response.bytes", x.ResponseBytes)
	if x.GRPC {
		integer(d, "messages.read", x.Messages[event.Read])
		integer(d, "messages.written", x.Messages[event.Written])
	}
	for side := range event.NumSides {
		for scope := range event.NumScopes {
			if waited := x.Stalled[side][scope]; waited > 0 {
				d.float(stallKeys[side][scope], waited.Seconds())
			}
		}
	}
}

// stallKeys are the keys of what an exchange waited for.
var stallKeys = func() (keys [event.NumSides][event.NumScopes]string) {
	for side := range event.NumSides {
		for scope := range event.NumScopes {
			keys[side][scope] = "stall." + side.String() + "." + scope.String() + ".seconds"
		}
	}
	return keys
}()

// clientSpan reports the span of x's attempt.
func (w *Worker) clientSpan(x *event.Exchange, r *record) {
	a := &x.Attempt
	s := w.startSpan(x, r.name, &a.Span, &x.Trace.Span, a.Begin.Add(r.offset))
	d := w.t.details.get()
	d.str(string(ext.SpanKind), string(ext.SpanKindRPCClientEnum))
	d.str("http.method", x.Method)
	integer(d, "attempt", a.Number)
	if a.Endpoint != nil {
		d.str(string(ext.PeerService), a.Endpoint.Upstream.Name)
		d.str("peer.address", a.Endpoint.Address)
	}
	if a.Conn != nil {
		integer(d, "connection.id", a.Conn.ID)
	}
	if a.StreamID != 0 {
		integer(d, "stream.id", a.StreamID)
	}
	if a.SlotWait > 0 {
		d.float("slot_wait.seconds", a.SlotWait.Seconds())
	}
	if a.Status != 0 {
		integer(d, "http.status_code", a.Status)
	}
	if x.GRPC && !a.Retry && x.GRPCStatus >= 0 {
		integer(d, "rpc.grpc.status_code", x.GRPCStatus)
	}
	setEndTags(d, a.Reason, a.Origin, a.Code)
	if a.Retry {
		d.flag("retried")
	}
	if outcome.AttemptFailed(x) || a.Reason != event.EndCompleted && a.Reason != event.EndClientReset {
		d.flag("error")
	}
	w.t.finishSpan(s, d, a.End.Add(r.offset))
}

// setEndTags tells why something ended, who ended it, and by which reset.
func setEndTags(d *details, reason event.EndReason, origin event.Origin, code event.Code) {
	d.str("end.reason", reason.String())
	if origin != event.ByNobody {
		d.str("end.origin", origin.String())
	}
	if code != 0 || reason == event.EndClientReset || reason == event.EndUpstreamReset {
		d.str("reset.code", code.Label())
	}
}
