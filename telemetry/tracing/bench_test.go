package tracing

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/uber/jaeger-client-go"

	"github.com/hopscope/hopscope/gateway/config"
	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/header"
)

// benchTracer returns a tracer whose spans go nowhere, for sampler s.
func benchTracer(b *testing.B, s config.Sampler, formats ...config.Propagation) *Tracer {
	tr, err := New(config.Tracing{Sampler: s, Propagation: formats}, Options{})
	if err != nil {
		b.Fatal(err)
	}
	tr.tracer, tr.closer = jaeger.NewTracer(serviceName, keepAll{}, jaeger.NewNullReporter(),
		jaeger.TracerOptions.Gen128Bit(true), jaeger.TracerOptions.MaxLogsPerSpan(maxLogsPerSpan))
	b.Cleanup(func() { _ = tr.Close(context.Background()) })
	return tr
}

// grpcRequest is a request with twelve fields beside its pseudo-fields and,
// if it is not empty, a traceparent.
func grpcRequest(traceparent string) *header.List {
	in := list(":method", "POST", ":scheme", "http", ":path", "/users.v1.Users/Get", ":authority", "gateway.example")
	for _, name := range strings.Fields("te content-type user-agent grpc-accept-encoding grpc-timeout x-a x-b x-c x-d x-e x-f") {
		in.Add(name, "value")
	}
	if traceparent != "" {
		in.Add("traceparent", traceparent)
	}
	return in
}

// BenchmarkExchange is all that tracing does for one exchange: nothing is kept,
// with and without a caller's context; it is kept, with and without log entries.
func BenchmarkExchange(b *testing.B) {
	const caller = "00-" + trace128 + "-" + span64 + "-01"
	for _, c := range []struct {
		name        string
		sampler     config.Sampler
		traceparent string
		marks       int
	}{
		{"unsampled", config.Sampler{Type: "probabilistic"}, "", 0},
		{"unsampled/caller", config.Sampler{Type: "probabilistic"}, caller, 0},
		{"sampled", always, caller, 0},
		{"sampled/marks", always, caller, 6},
	} {
		b.Run(c.name, func(b *testing.B) {
			w := benchTracer(b, c.sampler, config.PropagationW3C).Worker()
			x, in := exchange(config.TraceResample), grpcRequest(c.traceparent)
			x.Attempt.End, x.Finished = x.Begin.Add(90*time.Millisecond), x.Begin.Add(100*time.Millisecond)
			x.Reason = event.EndCompleted
			var out header.List
			b.ReportAllocs()
			for b.Loop() {
				w.Begin(x, in)
				w.AttemptBegin(x)
				out.Reset()
				w.Inject(x, nil, &out)
				for range c.marks {
					w.Mark(x, x.Begin, event.MarkResponseHeaders, 200)
				}
				w.AttemptEnd(x)
				w.End(x)
			}
		})
	}
}

// BenchmarkInject is the fields alone, by format.
func BenchmarkInject(b *testing.B) {
	for _, f := range []config.Propagation{config.PropagationW3C, config.PropagationB3, config.PropagationJaeger} {
		b.Run(string(f), func(b *testing.B) {
			w := benchTracer(b, always, f).Worker()
			x := exchange(config.TraceResample)
			w.Begin(x, grpcRequest(""))
			w.AttemptBegin(x)
			var out header.List
			b.ReportAllocs()
			for b.Loop() {
				out.Reset()
				w.Inject(x, nil, &out)
			}
		})
	}
}
