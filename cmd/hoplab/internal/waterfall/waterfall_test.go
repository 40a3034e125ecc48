package waterfall

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/traces"
)

var update = flag.Bool("update", false, "write the golden files anew")

const at = 1_790_000_000_000_000 // microseconds since 1970

func span(id, parent, process, name, kind string, start, duration int64) traces.Span {
	s := traces.Span{
		TraceID: "t", SpanID: id, OperationName: name, ProcessID: process, StartTime: at + start, Duration: duration,
		Tags: []traces.KeyValue{{Key: "span.kind", Type: "string", Value: kind}},
	}
	if parent != "" {
		s.References = []traces.Reference{{RefType: "CHILD_OF", TraceID: "t", SpanID: parent}}
	}
	return s
}

func sample() traces.Trace {
	t := traces.Trace{
		TraceID:   "4bf92f3577b34da6a3ce929d0e0e4736",
		Processes: map[string]traces.Process{"p1": {ServiceName: "gateway"}, "p2": {ServiceName: "orders"}, "p3": {ServiceName: "users"}},
		Spans: []traces.Span{
			span("4", "3", "p1", "POST users", "server", 6_000, 30_000),
			span("2", "1", "p1", "POST orders", "client", 1_000, 98_000),
			span("1", "", "p1", "POST orders", "server", 0, 100_000),
			span("3", "2", "p2", "POST /orders", "server", 2_000, 95_000),
			span("5", "4", "p3", "hopscope.demo.users.v1.Users/Get", "server", 8_000, 250),
			span("9", "lost", "p3", "late\x1b[31m\nspan", "server", 90_000, 1_400_000),
		},
	}
	t.Spans[0].Tags = append(t.Spans[0].Tags, traces.KeyValue{Key: "error", Value: true}, traces.KeyValue{Key: "http.status_code", Value: 503.0})
	t.Spans[1].Logs = []traces.Log{{Timestamp: at + 41_000, Fields: []traces.KeyValue{{Key: "event", Value: "stall"}, {Key: "scope", Value: "stream"}}}}
	return t
}

func TestWaterfallLooksAsRecorded(t *testing.T) {
	var b strings.Builder
	if err := Render(&b, sample(), 110); err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/waterfall.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("got:\n%s\nwant:\n%s\n(go test -update writes it anew)", b.String(), want)
	}
}

func TestOddTracesAreDrawnOnce(t *testing.T) {
	loop := traces.Trace{TraceID: "x", Spans: []traces.Span{
		span("1", "2", "p1", "a", "", 0, 1), span("2", "1", "p1", "b", "", 0, 1), span("3", "3", "p1", "self", "", 0, 0),
	}}
	for _, tr := range []traces.Trace{{}, loop} {
		var b strings.Builder
		if err := Render(&b, tr, 1); err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(b.String(), "█"); got > 0 && strings.Count(b.String(), "\n") != 1+len(tr.Spans) {
			t.Errorf("drew:\n%s", b.String())
		}
	}
}
