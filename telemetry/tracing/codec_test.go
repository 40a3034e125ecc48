package tracing

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/uber/jaeger-client-go"
	"github.com/uber/jaeger-client-go/thrift"
	model "github.com/uber/jaeger-client-go/thrift-gen/jaeger"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/hopscope/hopscope/gateway/config"
	"github.com/hopscope/hopscope/gateway/event"
)

// kept is a reporter that keeps spans.
type kept struct{ spans []*jaeger.Span }

// Report implements jaeger.Reporter.
func (k *kept) Report(s *jaeger.Span) { k.spans = append(k.spans, s.Retain()) }

// Close implements jaeger.Reporter.
func (k *kept) Close() {}

// twice reports the spans of run twice: as our senders get them, and as jaeger's
// own do. run is given ids that are the same each time.
func twice(t testing.TB, run func(w *Worker, begin func(*event.Exchange))) (carrying, spread []*jaeger.Span) {
	tr, err := New(config.Tracing{Sampler: always}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var reported kept
	tr.startWith(&reported, "v1")
	defer tr.Close(context.Background())
	begin := func(x *event.Exchange) {
		x.Trace.ID, x.Trace.Span = [16]byte{0x80, 1, 15: 2}, [8]byte{0xff, 7: 3}
		x.Attempt.Span = [8]byte{7: 4}
	}
	run(tr.Worker(), begin)
	n := len(reported.spans)
	tr.spread = true
	run(tr.Worker(), begin)
	return reported.spans[:n], reported.spans[n:]
}

// encoded returns the batch that a sender with that codec makes of spans.
func encoded(t testing.TB, c codec, spans []*jaeger.Span) []byte {
	var network recorded
	s := newSender(c, "http://collector.example/", &network, &detailsPool{})
	for _, span := range spans {
		if _, err := s.Append(span); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := s.Flush(); err != nil || n != len(spans) {
		t.Fatalf("%d of %d spans flushed, %v", n, len(spans), err)
	}
	return network.body
}

// library returns the batch that jaeger's sender would make of spans.
func library(t testing.TB, spans []*jaeger.Span) *model.Batch {
	b := &model.Batch{Process: jaeger.BuildJaegerProcessThrift(spans[0])}
	for _, s := range spans {
		b.Spans = append(b.Spans, jaeger.BuildJaegerThrift(s))
	}
	return b
}

func checkCodecs(t testing.TB, name string, run func(w *Worker, begin func(*event.Exchange))) {
	t.Helper()
	carrying, spread := twice(t, run)
	want := library(t, spread)
	memory := thrift.NewTMemoryBuffer()
	if err := want.Write(t.Context(), thrift.NewTBinaryProtocolConf(memory, &thrift.TConfiguration{})); err != nil {
		t.Fatal(err)
	}
	if got := encoded(t, thriftCodec{}, carrying); !bytes.Equal(got, memory.Bytes()) {
		t.Errorf("%s: thrift is\n%x\nwant\n%x", name, got, memory.Bytes())
	}
	carrying, _ = twice(t, run) // a sender takes the details
	var got, reference trace.TracesData
	if err := proto.Unmarshal(encoded(t, otlpCodec{}, carrying), &got); err != nil {
		t.Fatalf("%s: otlp: %v", name, err)
	}
	reference.ResourceSpans = otlpReference(want)
	for _, a := range got.ResourceSpans[0].Resource.Attributes {
		if a.Key == "client-uuid" { // of the tracer
			attribute(reference.ResourceSpans[0].Resource.Attributes, a.Key).Value = a.Value.Value
		}
	}
	if !proto.Equal(&got, &reference) {
		t.Errorf("%s: otlp is\n%v\nwant\n%v", name, &got, &reference)
	}
}

func TestBatchesAreThoseOfTheLibrary(t *testing.T) {
	plain := func(w *Worker, begin func(*event.Exchange), change func(x *event.Exchange)) {
		x := exchange(config.TraceContinue)
		change(x)
		w.Begin(x, list(":path", "/users/7?q", "jaeger-debug-id", "case"))
		begin(x)
		finish(w, x)
	}
	for name, change := range map[string]func(*event.Exchange){
		"a request":         func(*event.Exchange) {},
		"a request without": func(x *event.Exchange) { x.Conn, x.Route, x.StreamID, x.Attempt = nil, nil, 0, event.Attempt{} },
		"gRPC": func(x *event.Exchange) {
			x.GRPC, x.GRPCStatus, x.Status, x.Messages = true, 14, 200, [2]uint64{1, 1 << 63}
		},
		"a reset": func(x *event.Exchange) {
			x.Reason, x.Origin, x.Code, x.Attempt.Reason = event.EndClientReset, event.ByClient, 8, event.EndClientReset
		},
		"a retry": func(x *event.Exchange) {
			x.Attempt.Retry, x.Attempt.Status, x.Attempt.SlotWait = true, 503, 7*time.Microsecond
		},
		"stalls": func(x *event.Exchange) {
			for side := range event.NumSides {
				for scope := range event.NumScopes {
					x.Stalled[side][scope] = time.Second + time.Duration(side)*3 + time.Duration(scope)
				}
			}
		},
		"much": func(x *event.Exchange) { x.RequestBytes, x.ResponseBytes = 1<<64-1, 1<<40 },
		"long names": func(x *event.Exchange) {
			x.Method, x.Route.Name = strings.Repeat("M", 3000), strings.Repeat("é", 600)
		},
	} {
		checkCodecs(t, name, func(w *Worker, begin func(*event.Exchange)) { plain(w, begin, change) })
	}
	checkCodecs(t, "many exchanges", func(w *Worker, begin func(*event.Exchange)) {
		for range 50 {
			plain(w, begin, func(*event.Exchange) {})
		}
	})
	checkCodecs(t, "late", func(w *Worker, begin func(*event.Exchange)) {
		x := exchange(config.TraceResample)
		begin(x)
		x.Status = 503
		finish(w, x)
	})
	checkCodecs(t, "marks", func(w *Worker, begin func(*event.Exchange)) {
		x := exchange(config.TraceResample)
		w.Begin(x, list())
		begin(x)
		for i := range 5 * event.NumKinds {
			x.RequestBytes++
			w.Mark(x, start.Add(time.Duration(i^1)*1500), i%event.NumKinds, int64(i)-1)
		}
		finish(w, x)
	})
}

// Text that is no UTF-8 would make a collector refuse the batch.
func TestOTLPTextIsUTF8(t *testing.T) {
	spans, _ := twice(t, func(w *Worker, begin func(*event.Exchange)) {
		x := exchange(config.TraceResample)
		w.Begin(x, list(":path", "/\xff"))
		begin(x)
		finish(w, x)
	})
	var data trace.TracesData
	if err := proto.Unmarshal(encoded(t, otlpCodec{}, spans), &data); err != nil {
		t.Fatal(err)
	}
	server := data.ResourceSpans[0].ScopeSpans[0].Spans[1]
	if got := attribute(server.Attributes, "url.path").GetStringValue(); got != "/\uFFFD" {
		t.Errorf("url.path %q", got)
	}
}

func FuzzBatches(f *testing.F) {
	f.Add("GET", "/users", "api", uint16(200), int16(0), uint64(7), int64(1500), []byte{0, 3, 7, 15})
	f.Add("", "", "", uint16(0), int16(-1), uint64(1)<<63, int64(-1), []byte{})
	f.Fuzz(func(t *testing.T, method, path, route string, status uint16, grpc int16, n uint64, ns int64, marks []byte) {
		for _, s := range []string{method, path, route} {
			if !utf8.ValidString(s) || len(s) > maxTagBytes {
				return // would be cut within a rune, or replaced for OTLP
			}
		}
		ns = max(0, ns%int64(time.Hour))
		checkCodecs(t, "fuzzed", func(w *Worker, begin func(*event.Exchange)) {
			x := exchange(config.TraceContinue)
			x.Method, x.Route.Name, x.Status, x.Attempt.Status = method, route, status, status
			x.GRPC, x.GRPCStatus, x.RequestBytes, x.Conn.ID = n&1 != 0, grpc, n, n
			x.Reason, x.Origin = event.EndReason(n)%event.NumEndReasons, event.Origin(n)%event.NumOrigins
			x.Code, x.Stalled[n&1][n>>1&1] = event.Code(n), time.Duration(ns)
			w.Begin(x, list(":path", path, "jaeger-debug-id", path))
			begin(x)
			for i, k := range marks {
				w.Mark(x, start.Add(time.Duration(ns)*time.Duration(i%3)), event.Kind(k)%event.NumKinds, int64(n)+int64(i))
			}
			finish(w, x)
		})
	})
}
