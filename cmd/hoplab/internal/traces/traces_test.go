package traces

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/opentracing/opentracing-go"
	"github.com/opentracing/opentracing-go/ext"
	"github.com/uber/jaeger-client-go"
	"github.com/uber/jaeger-client-go/thrift"
	j "github.com/uber/jaeger-client-go/thrift-gen/jaeger"
	"github.com/uber/jaeger-client-go/transport"
)

func serve(t *testing.T, s *Store) string {
	t.Helper()
	srv := httptest.NewServer(s.Handler())
	t.Cleanup(srv.Close)
	return srv.URL
}

func TestSpansOfTheRealClientAreReadBackAsJaegerWouldGiveThem(t *testing.T) {
	store := NewStore(1 << 20)
	base := serve(t, store)
	report := func(service string, make func(opentracing.Tracer)) {
		tracer, closer := jaeger.NewTracer(service, jaeger.NewConstSampler(true),
			jaeger.NewRemoteReporter(transport.NewHTTPTransport(base+"/api/traces?format=jaeger.thrift")),
			jaeger.TracerOptions.Gen128Bit(true))
		make(tracer)
		if err := closer.Close(); err != nil { // flushes
			t.Fatal(err)
		}
	}
	var root jaeger.SpanContext
	report("gateway", func(tr opentracing.Tracer) {
		span := tr.StartSpan("GET users")
		root = span.Context().(jaeger.SpanContext)
		span.SetTag("bytes", 42).SetTag("error", true)
		span.LogKV("event", "stall", "scope", "stream")
		span.Finish()
	})
	report("users", func(tr opentracing.Tracer) {
		span := tr.StartSpan("Users/Get", opentracing.ChildOf(root))
		ext.SpanKindRPCServer.Set(span)
		span.Finish()
	})

	c := NewClient(base)
	got, err := c.Trace(t.Context(), root.TraceID().String())
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Spans) != 2 || len(got.Processes) != 2 {
		t.Fatalf("%d spans of %d processes", len(got.Spans), len(got.Processes))
	}
	parent, child := got.Spans[0], got.Spans[1]
	if parent.OperationName != "GET users" || parent.Parent() != "" || child.Parent() != parent.SpanID {
		t.Errorf("parent %+v, child %+v", parent, child)
	}
	if v, _ := parent.Tag("bytes"); v != 42.0 {
		t.Errorf("tag bytes is %v", v)
	}
	if len(parent.Logs) != 1 || len(parent.Logs[0].Fields) != 2 {
		t.Errorf("logs %+v", parent.Logs)
	}
	if got.Processes[child.ProcessID].ServiceName != "users" {
		t.Errorf("child is of %+v", got.Processes[child.ProcessID])
	}

	for query, want := range map[string]int{
		`service=gateway`:                                  1,
		`service=gateway&tags={"error":"true"}`:            1,
		`service=users&tags={"error":"true"}`:              0,
		`service=users&tags={"span.kind":"server"}`:        1,
		`service=gateway&tag=event:stall`:                  1,
		`service=gateway&operation=GET+users&lookback=1h`:  1,
		`service=gateway&operation=other`:                  0,
		`service=gateway&minDuration=10m`:                  0,
		`service=gateway&end=1000`:                         0,
		`service=nobody&limit=5`:                           0,
		`service=gateway&lookback=custom&start=0&limit=20`: 1,
	} {
		params, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		found, err := c.Find(t.Context(), params)
		if err != nil || len(found) != want {
			t.Errorf("%s: %d traces, want %d (%v)", query, len(found), want, err)
		}
	}
	services, err := c.Services(t.Context())
	if err != nil || strings.Join(services, " ") != "gateway users" {
		t.Errorf("services %v, %v", services, err)
	}
	if ops := store.Operations("users"); len(ops) != 1 || ops[0] != "Users/Get" {
		t.Errorf("operations %v", ops)
	}
}

func TestBadSearchesNameTheParameter(t *testing.T) {
	base := serve(t, NewStore(1<<20))
	for _, query := range []string{"", "service=a&limit=0", "service=a&limit=x", "service=a&tags=%7B", "service=a&tag=x", "service=a&start=x", "service=a&lookback=d", "service=a&minDuration=1"} {
		params, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		_, err = NewClient(base).Find(t.Context(), params)
		name := "service"
		if _, last, ok := strings.Cut(query, "&"); ok {
			name, _, _ = strings.Cut(last, "=")
		}
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%q: %v", query, err)
		}
	}
	if _, err := NewClient(base).Trace(t.Context(), "abc"); err == nil || !strings.Contains(err.Error(), "not found") {
		t.Errorf("unknown trace: %v", err)
	}
}

func batch(trace int64, spans int) *j.Batch {
	b := &j.Batch{Process: &j.Process{ServiceName: "s"}}
	for n := range spans {
		b.Spans = append(b.Spans, &j.Span{TraceIdLow: trace, SpanId: int64(n + 1), OperationName: "op", StartTime: trace})
	}
	return b
}

func TestOldestTracesGoFirst(t *testing.T) {
	s := NewStore(100_000)
	for id := range int64(1000) {
		s.add(batch(id+1, 2))
	}
	traces, spans := s.Len()
	if s.bytes > 100_000 || traces == 0 || spans != 2*traces {
		t.Fatalf("%d traces, %d spans, %d bytes", traces, spans, s.bytes)
	}
	if _, ok := s.Trace("1"); ok {
		t.Error("the oldest is still there")
	}
	if _, ok := s.Trace(fmt.Sprintf("%x", 1000)); !ok {
		t.Error("the newest is gone")
	}
}

func TestOneTraceIsBounded(t *testing.T) {
	s := NewStore(1 << 30)
	s.add(batch(1, maxSpansPerTrace+5))
	got, _ := s.Trace("1")
	if len(got.Spans) != maxSpansPerTrace || len(got.Warnings) != 1 || !strings.HasPrefix(got.Warnings[0], "5 spans") {
		t.Errorf("%d spans, warnings %v", len(got.Spans), got.Warnings)
	}
}

func TestHostileBatchesAreRefusedCheaply(t *testing.T) {
	good := thrift.NewTMemoryBuffer()
	if err := batch(1, 3).Write(context.Background(), thrift.NewTBinaryProtocolConf(good, nil)); err != nil {
		t.Fatal(err)
	}
	hugeList := append([]byte{byte(thrift.LIST), 0, 2, byte(thrift.STRUCT)}, binary.BigEndian.AppendUint32(nil, 1<<31-1)...)
	hugeSkip := append([]byte{byte(thrift.LIST), 0, 99, byte(thrift.STRUCT)}, binary.BigEndian.AppendUint32(nil, 1<<31-1)...)
	hugeMap := append([]byte{byte(thrift.MAP), 0, 99, byte(thrift.STRUCT), byte(thrift.STRUCT)}, binary.BigEndian.AppendUint32(nil, 1<<31-1)...)
	hugeString := append([]byte{byte(thrift.STRUCT), 0, 1, byte(thrift.STRING), 0, 1}, binary.BigEndian.AppendUint32(nil, 1<<31-1)...)
	bodies := map[string][]byte{
		"empty": nil, "list": hugeList, "skipped list": hugeSkip, "skipped map": hugeMap, "string": hugeString,
		"text": []byte("<html>not thrift</html>"), "cut off": good.Bytes()[:good.Len()-3], "too large": bytes.Repeat([]byte{0}, maxBatch+1),
	}
	base := serve(t, NewStore(1<<20))
	for name, body := range bodies {
		t.Run(name, func(t *testing.T) {
			begin := time.Now()
			resp, err := http.Post(base+"/api/traces", "application/x-thrift", bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode < 400 || resp.StatusCode >= 500 {
				t.Errorf("status %s", resp.Status)
			}
			if took := time.Since(begin); took > 5*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	good := thrift.NewTMemoryBuffer()
	if err := batch(1, 2).Write(context.Background(), thrift.NewTBinaryProtocolConf(good, nil)); err != nil {
		f.Fatal(err)
	}
	f.Add(good.Bytes())
	f.Fuzz(func(_ *testing.T, body []byte) {
		if b, err := decode(body); err == nil {
			NewStore(1 << 16).add(b)
		}
	})
}
