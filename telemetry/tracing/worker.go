package tracing

import (
	crand "crypto/rand"
	"encoding/binary"
	"math/rand/v2"

	"github.com/opentracing/opentracing-go"
	"github.com/uber/jaeger-client-go"

	"github.com/hopscope/hopscope/gateway/config"
	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/header"
	"github.com/hopscope/hopscope/telemetry/outcome"
)

// Worker is the part of a tracer that one of the gateway's workers calls; only
// that worker does.
type Worker struct {
	t    *Tracer
	buf  [96]byte // for field values and operation names
	late lateLimit
	// random is of the worker's own: the runtime's costs a call into the runtime
	// for each number.
	random *rand.ChaCha8

	start   spanStart
	options []opentracing.StartSpanOption // &start
}

// Worker returns a part for one worker.
func (t *Tracer) Worker() *Worker {
	w := &Worker{t: t, random: rand.NewChaCha8(seed())}
	w.options = []opentracing.StartSpanOption{&w.start}
	return w
}

func seed() (s [32]byte) {
	_, _ = crand.Read(s[:]) // never fails
	return s
}

// Begin reads the context of x's request and fills x.Trace. If the trace is kept
// and spans are reported, x.Observed holds what the spans will need.
func (w *Worker) Begin(x *event.Exchange, in *header.List) {
	var c Context
	trust := config.TraceTrust(x.Listener.Trust)
	if trust != config.TraceNew {
		c = Extract(in)
	}
	x.Trace, x.Observed = event.Trace{}, nil
	t := &x.Trace
	if c.Valid() {
		t.ID, t.Parent, t.Remote, t.W3C = c.TraceID, c.SpanID, true, c.W3C
	} else {
		w.mint(t.ID[:8])
		w.mint(t.ID[8:])
	}
	w.mint(t.Span[:])
	by := w.decide(x, &c, trust)
	if t.Sampled && w.t.tracer != nil {
		r := newRecord(in, by, c.DebugID, trust)
		r.name, r.details, r.offset = string(w.operation(x)), w.t.details.get(), w.t.offset()
		x.Observed = r
	}
}

// decide sets whether x's trace is kept. A caller's word holds where it is
// trusted, and where no spans are reported: who keeps nothing has no say.
func (w *Worker) decide(x *event.Exchange, c *Context, trust config.TraceTrust) (by verdict) {
	t := &x.Trace
	trusted := trust == config.TraceContinue
	switch {
	case trusted && (c.Debug || c.DebugID != nil):
		t.Sampled, t.Debug = true, true
	case c.Decision != Deferred && (trusted || w.t.tracer == nil):
		t.Sampled = c.Decision == Sampled
	case w.t.tracer != nil:
		id := traceID(&t.ID)
		t.Sampled, by = w.t.settings.Load().sampler.sample(id, w.operation(x))
	}
	return by
}

// operation returns the name of x's spans, METHOD route, in the worker's buffer.
func (w *Worker) operation(x *event.Exchange) []byte {
	b := append(w.buf[:0], x.Method...)
	b = append(b, ' ')
	return append(b, routeName(x)...)
}

// mint fills eight bytes with random ones that are not all zero.
func (w *Worker) mint(id []byte) {
	for {
		if v := w.random.Uint64(); v != 0 {
			binary.BigEndian.PutUint64(id, v)
			return
		}
	}
}

// AttemptBegin gives x's attempt a span id.
func (w *Worker) AttemptBegin(x *event.Exchange) { w.mint(x.Attempt.Span[:]) }

// Inject appends the context for x's attempt to out. Where no spans are reported
// the caller's span stays the parent of what follows, for ours would be missing.
func (w *Worker) Inject(x *event.Exchange, tracestate []byte, out *header.List) {
	if x.Attempt.Span == [8]byte{} {
		w.mint(x.Attempt.Span[:])
	}
	span, parent := &x.Attempt.Span, &x.Trace.Span
	if w.t.tracer == nil && x.Trace.Remote {
		span, parent = &x.Trace.Parent, &[8]byte{}
	}
	w.t.settings.Load().formats.inject(&x.Trace, span, parent, tracestate, out, w.buf[:])
}

// AttemptEnd reports the client span of x's attempt.
func (w *Worker) AttemptEnd(x *event.Exchange) {
	if r, ok := x.Observed.(*record); ok {
		w.clientSpan(x, r)
	}
}

// Mark notes a stream event for x's server span.
func (w *Worker) Mark(x *event.Exchange, at event.Time, k event.Kind, detail int64) {
	if r, ok := x.Observed.(*record); ok {
		r.details.mark(x, at, k, detail)
	}
}

// End reports x's server span, also of an exchange that was not kept but ended
// in an error; x.Trace.Sampled then becomes true.
func (w *Worker) End(x *event.Exchange) {
	r, ok := x.Observed.(*record)
	switch {
	case ok:
		x.Observed = nil
	case w.t.tracer != nil && !x.Trace.Sampled && outcome.Abnormal(x) && w.late.allow(x.Finished):
		r = &record{late: true, name: string(w.operation(x)), details: w.t.details.get(), offset: w.t.offset()}
		x.Trace.Sampled = true
	default:
		return
	}
	w.serverSpan(x, r)
}

// Late spans of one worker: a burst, then so many each second. Errors come in
// floods, and one of a kind is enough.
const (
	lateBurst     = 20
	latePerSecond = 10
)

// lateLimit is a token bucket.
type lateLimit struct {
	used float64 // of lateBurst
	at   event.Time
}

func (l *lateLimit) allow(now event.Time) bool {
	l.used = max(0, l.used-latePerSecond*max(0, now.Sub(l.at).Seconds()))
	l.at = now
	if l.used > lateBurst-1 {
		return false
	}
	l.used++
	return true
}

func traceID(id *[16]byte) jaeger.TraceID {
	return jaeger.TraceID{High: binary.BigEndian.Uint64(id[:8]), Low: binary.BigEndian.Uint64(id[8:])}
}

func spanID(id *[8]byte) jaeger.SpanID { return jaeger.SpanID(binary.BigEndian.Uint64(id[:])) }
