package tracing

import (
	"context"
	"io"
	"net"
	"net/http"
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

// direct is a reporter that hands spans to their sender at once, where jaeger's
// does so on a goroutine of its own: all of the cost falls within the benchmark.
type direct struct{ sender jaeger.Transport }

// Report implements jaeger.Reporter.
func (d direct) Report(span *jaeger.Span) {
	if _, err := d.sender.Append(span); err != nil {
		panic(err)
	}
}

// Close implements jaeger.Reporter.
func (d direct) Close() { _ = d.sender.Close() }

// accepting is a collector without a network.
type accepting struct{ batches, bytes int64 }

// RoundTrip implements [http.RoundTripper].
func (a *accepting) RoundTrip(r *http.Request) (*http.Response, error) {
	n, err := io.Copy(io.Discard, r.Body)
	a.batches++
	a.bytes += n
	r.Body.Close()
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: r}, err
}

// BenchmarkSampled is an exchange that is kept, from its beginning to the bytes
// of a batch: a server span with four log entries, and a client span.
func BenchmarkSampled(b *testing.B) {
	for _, r := range []config.Reporter{config.ReporterJaeger, config.ReporterJaegerUDP, config.ReporterOTLP} {
		b.Run(string(r), func(b *testing.B) {
			agent, err := net.ListenPacket("udp", "127.0.0.1:0")
			if err != nil {
				b.Fatal(err)
			}
			defer agent.Close()
			endpoint := "http://collector.example/api/traces"
			if r == config.ReporterJaegerUDP {
				endpoint = agent.LocalAddr().String()
			}
			conf := config.Tracing{Reporter: r, Endpoint: endpoint}
			var collector accepting
			tr := benchTracer(b, always, config.PropagationW3C)
			sender, err := tr.newSender(conf, &collector)
			if err != nil {
				b.Fatal(err)
			}
			tr.startWith(direct{sender}, "v1")
			w := tr.Worker()
			x, in := exchange(config.TraceResample), grpcRequest("")
			x.Attempt.End, x.Finished = x.Begin.Add(90*time.Millisecond), x.Begin.Add(100*time.Millisecond)
			x.Reason, x.Status, x.Attempt.Status, x.Method = event.EndCompleted, 200, 200, "POST"
			x.RequestBytes, x.ResponseBytes, x.GRPC, x.GRPCStatus = 100, 100, true, 0
			var out header.List
			b.ReportAllocs()
			for b.Loop() {
				w.Begin(x, in)
				w.AttemptBegin(x)
				out.Reset()
				w.Inject(x, nil, &out)
				w.Mark(x, x.Begin, event.MarkRequestSent, 0)
				w.Mark(x, x.Begin, event.MarkRequestEnd, 0)
				w.Mark(x, x.Begin, event.MarkResponseHeaders, 200)
				w.Mark(x, x.Begin, event.MarkFirstByte, 0)
				w.AttemptEnd(x)
				w.End(x)
			}
			if collector.batches > 0 {
				b.ReportMetric(float64(collector.bytes)/float64(b.N), "wire-B/op")
			}
		})
	}
}
