package telemetry

import (
	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/header"
	"github.com/hopscope/hopscope/telemetry/accesslog"
	"github.com/hopscope/hopscope/telemetry/admin"
	"github.com/hopscope/hopscope/telemetry/tracing"
)

// observer tells metrics, tracer and access log in turn; what it does not
// override goes to the metrics alone.
type observer struct {
	event.Observer // metrics
	tracer         *tracing.Tracer
	log            *accesslog.Log
	admin          *admin.Admin
}

// Sink implements [event.Observer].
func (o *observer) Sink(n int) event.Sink {
	return &sink{Sink: o.Observer.Sink(n), trace: o.tracer.Worker(), log: o.log}
}

// Drain implements [event.Observer].
func (o *observer) Drain(begun bool) {
	o.admin.Drain(begun)
	o.Observer.Drain(begun)
}

// sink is one worker's. What it does not override goes to the metrics alone.
type sink struct {
	event.Sink // metrics
	trace      *tracing.Worker
	log        *accesslog.Log
}

var (
	_ event.Observer = (*observer)(nil)
	_ event.Sink     = (*sink)(nil)
)

// Begin implements [event.Sink].
func (s *sink) Begin(x *event.Exchange, in *header.List) {
	s.trace.Begin(x, in)
	s.Sink.Begin(x, in)
}

// AttemptBegin implements [event.Sink].
func (s *sink) AttemptBegin(x *event.Exchange) {
	s.trace.AttemptBegin(x)
	s.Sink.AttemptBegin(x)
}

// Inject implements [event.Sink].
func (s *sink) Inject(x *event.Exchange, tracestate []byte, out *header.List) {
	s.trace.Inject(x, tracestate, out)
}

// AttemptEnd implements [event.Sink].
func (s *sink) AttemptEnd(x *event.Exchange) {
	s.trace.AttemptEnd(x)
	s.Sink.AttemptEnd(x)
}

// Mark implements [event.Sink].
func (s *sink) Mark(x *event.Exchange, at event.Time, k event.Kind, detail int64) {
	s.trace.Mark(x, at, k, detail)
}

// End implements [event.Sink]. The tracer is first: whether the trace is kept
// after all shows in exemplars and log.
func (s *sink) End(x *event.Exchange) {
	s.trace.End(x)
	s.Sink.End(x)
	s.log.End(x)
}
