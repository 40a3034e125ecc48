package tracing

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/hopscope/hopscope/gateway/config"
	"github.com/hopscope/hopscope/gateway/event"
)

func jaegerTo(c *collector) config.Tracing {
	return config.Tracing{Reporter: config.ReporterJaeger, Endpoint: c.URL, Sampler: always}
}

// wantTags checks that got holds want.
func wantTags(t *testing.T, got, want map[string]any) {
	t.Helper()
	for k, v := range want {
		if got[k] != v {
			t.Errorf("tag %s is %v (%T); want %v (%T)", k, got[k], got[k], v, v)
		}
	}
}

func id(b []byte) int64 { return int64(binary.BigEndian.Uint64(b)) }

func TestAKeptExchangeIsOneServerSpanAndAClientSpanForEachAttempt(t *testing.T) {
	c := newCollector(t)
	tr := newTracer(t, jaegerTo(c))
	w := tr.Worker()
	x := exchange(config.TraceResample)
	in := list(traceparent("01")...)
	in.Add(":path", "/users/7?token=secret")
	w.Begin(x, in)
	w.AttemptBegin(x)
	first := x.Attempt.Span
	w.Mark(x, start.Add(2*time.Millisecond), event.MarkRequestSent, 0)
	x.Attempt.End, x.Attempt.Reason, x.Attempt.Origin, x.Attempt.Code, x.Attempt.Retry = start.Add(5*time.Millisecond), event.EndUpstreamReset, event.ByUpstream, 7, true
	w.AttemptEnd(x)
	w.Mark(x, start.Add(5*time.Millisecond), event.MarkRetry, 2)
	x.Attempts = 2
	x.Attempt = event.Attempt{Number: 2, Endpoint: x.Attempt.Endpoint, Begin: start.Add(6 * time.Millisecond), Status: 200}
	w.AttemptBegin(x)
	x.Status, x.ResponseBytes = 200, 123
	x.Stalled[event.Downstream][event.ScopeStream] = 1500 * time.Millisecond
	finish(w, x)

	spans := c.spans(tr)
	if len(spans) != 3 {
		t.Fatalf("%d spans; want 3", len(spans))
	}
	server := kind(t, spans, "server")
	for _, s := range spans {
		if s.TraceIdHigh != id(x.Trace.ID[:8]) || s.TraceIdLow != id(x.Trace.ID[8:]) {
			t.Errorf("span %s is of trace %x%x", s.OperationName, s.TraceIdHigh, s.TraceIdLow)
		}
		if s.OperationName != "GET api" {
			t.Errorf("a span is named %q", s.OperationName)
		}
		if s != server && s.ParentSpanId != server.SpanId {
			t.Errorf("a client span's parent is %x; want %x", s.ParentSpanId, server.SpanId)
		}
	}
	if server.SpanId != id(x.Trace.Span[:]) || server.ParentSpanId != 0xf067aa0ba902b7 {
		t.Errorf("server span %x, parent %x", server.SpanId, server.ParentSpanId)
	}
	if server.StartTime != int64(start)/1000 || server.Duration != 100_000 {
		t.Errorf("server span began at %d µs and took %d", server.StartTime, server.Duration)
	}
	wantTags(t, tags(server.Tags), map[string]any{
		"http.method": "GET", "http.route": "api", "upstream": "users", "http.status_code": int64(200),
		"url.path": "/users/7", "attempts": int64(2), "end.reason": "completed", "response.bytes": int64(123),
		"stall.downstream.stream.seconds": 1.5, "sampler.type": "const", "sampler.param": 1.0,
		"connection.id": int64(7), "stream.id": int64(3), "error": nil,
	})
	if len(server.Logs) != 2 || tags(server.Logs[0].Fields)["event"] != "request_sent" || tags(server.Logs[1].Fields)["attempt"] != int64(2) {
		t.Errorf("logs: %v", server.Logs)
	}
	for _, s := range spans {
		if s.SpanId == id(first[:]) {
			wantTags(t, tags(s.Tags), map[string]any{
				"span.kind": "client", "peer.service": "users", "peer.address": "10.0.0.1:80", "attempt": int64(1),
				"end.reason": "upstream_reset", "end.origin": "upstream", "reset.code": "REFUSED_STREAM",
				"retried": true, "error": true,
			})
		}
	}
	if ok, failed, dropped := tr.Spans(); ok != 3 || failed+dropped != 0 {
		t.Errorf("counted %d ok, %d failed, %d dropped", ok, failed, dropped)
	}
	if p := c.batches[0].Process; p.ServiceName != "hopscope" {
		t.Errorf("service %q", p.ServiceName)
	}
}

func TestAnUnsampledExchangeThatFailsGetsItsServerSpanAfterwards(t *testing.T) {
	c := newCollector(t)
	conf := jaegerTo(c)
	conf.Sampler.Param = 0
	tr := newTracer(t, conf)
	w := tr.Worker()
	for _, end := range []func(*event.Exchange){
		func(x *event.Exchange) { x.Status = 200 },
		func(x *event.Exchange) { x.Status = 404 },
		func(x *event.Exchange) { x.Status, x.Reason = 200, event.EndClientReset },
		func(x *event.Exchange) { x.Status, x.Reason, x.Origin = 503, event.EndUnreachable, event.ByGateway },
	} {
		x := exchange(config.TraceResample)
		w.Begin(x, list())
		w.AttemptBegin(x)
		end(x)
		finish(w, x)
		if failed := x.Status == 503; x.Trace.Sampled != failed {
			t.Errorf("status %d: sampled %v", x.Status, x.Trace.Sampled)
		}
	}
	spans := c.spans(tr)
	if len(spans) != 1 {
		t.Fatalf("%d spans; want 1", len(spans))
	}
	wantTags(t, tags(spans[0].Tags), map[string]any{
		"span.kind": "server", "error": true, "sampled.late": true, "end.reason": "upstream_unreachable",
		"end.origin": "gateway", "http.status_code": int64(503),
	})
}

func TestDebugIsPassedToJaeger(t *testing.T) {
	c := newCollector(t)
	tr := newTracer(t, jaegerTo(c))
	w := tr.Worker()
	x := exchange(config.TraceContinue)
	x.Route = nil
	w.Begin(x, list("jaeger-debug-id", "case-7"))
	finish(w, x)
	server := kind(t, c.spans(tr), "server")
	if server.Flags != uberSampled|uberDebug {
		t.Errorf("flags %d", server.Flags)
	}
	if server.OperationName != "GET none" || tags(server.Tags)["jaeger-debug-id"] != "case-7" {
		t.Errorf("%s %v", server.OperationName, tags(server.Tags))
	}
}

func TestALongStreamKeepsItsFirstAndLastLogs(t *testing.T) {
	c := newCollector(t)
	tr := newTracer(t, jaegerTo(c))
	w := tr.Worker()
	x := exchange(config.TraceNew)
	w.Begin(x, list())
	const marks = 1000
	for i := range marks {
		w.Mark(x, start.Add(time.Duration(i)*time.Millisecond), event.MarkInformational, int64(i))
	}
	finish(w, x)
	server := kind(t, c.spans(tr), "server")
	if len(server.Logs) != maxLogsPerSpan || tags(server.Tags)["logs.dropped"] != int64(marks-maxLogsPerSpan) {
		t.Fatalf("%d logs, %v dropped", len(server.Logs), tags(server.Tags)["logs.dropped"])
	}
	for i, l := range server.Logs {
		want := int64(i)
		if i >= maxLogsPerSpan-keptLast {
			want += marks - maxLogsPerSpan
		}
		if got := tags(l.Fields)["status"]; got != want {
			t.Errorf("log %d is mark %v; want %d", i, got, want)
		}
	}
}

func TestEveryMarkTellsItsDetail(t *testing.T) {
	x := exchange(config.TraceNew)
	x.Messages[event.Read] = 9
	for k, want := range map[event.Kind]map[string]any{
		event.MarkStall:        {"event": "window_zero", "scope": "connection"},
		event.MarkResetRead:    {"event": "rst_read", "code": "PROTOCOL_ERROR"},
		event.MarkProgress:     {"event": "progress", "messages_read": int64(9)},
		event.MarkFirstByte:    {"event": "first_byte"},
		event.MarkRequestEnd:   {"event": "request_end"},
		event.MarkResetWritten: {"code": "PROTOCOL_ERROR"},
	} {
		c := newCollector(t)
		tr := newTracer(t, jaegerTo(c))
		w := tr.Worker()
		w.Begin(x, list())
		w.Mark(x, start, k, 1)
		finish(w, x)
		wantTags(t, tags(kind(t, c.spans(tr), "server").Logs[0].Fields), want)
	}
}

// A wall clock that is set while an exchange goes on moves none of its spans and
// logs against another; the next exchange has the new time.
func TestSpansFollowTheWallClock(t *testing.T) {
	var set time.Duration
	c := newCollector(t)
	tr, err := New(config.Tracing{Reporter: config.ReporterJaeger, Endpoint: c.URL, Sampler: always},
		Options{Offset: func() time.Duration { return set }})
	if err != nil {
		t.Fatal(err)
	}
	w := tr.Worker()
	offsets := []time.Duration{0, time.Hour, -time.Minute}
	for _, set = range offsets {
		x := exchange(config.TraceNew)
		w.Begin(x, list())
		w.AttemptBegin(x)
		w.Mark(x, start.Add(2*time.Millisecond), event.MarkRequestSent, 0)
		set += 24 * time.Hour
		finish(w, x)
	}
	spans := c.spans(tr)
	if len(spans) != 2*len(offsets) {
		t.Fatalf("%d spans", len(spans))
	}
	micro := func(at event.Time, set time.Duration) int64 { return int64(at.Add(set)) / 1000 }
	for i, want := range offsets {
		client, server := spans[2*i], spans[2*i+1]
		if server.StartTime != micro(start, want) || client.StartTime != micro(start.Add(time.Millisecond), want) ||
			server.Logs[0].Timestamp != micro(start.Add(2*time.Millisecond), want) {
			t.Errorf("exchange %d: from %d and %d, log at %d; want an offset of %v", i, server.StartTime, client.StartTime, server.Logs[0].Timestamp, want)
		}
		if server.Duration != 100_000 || client.Duration != 89_000 {
			t.Errorf("exchange %d: %d and %d µs", i, server.Duration, client.Duration)
		}
	}
	// One that is late has the time at its end.
	set = time.Hour
	tr2, err := New(config.Tracing{Reporter: config.ReporterJaeger, Endpoint: c.URL, Sampler: config.Sampler{Type: "const"}},
		Options{Offset: func() time.Duration { return set }})
	if err != nil {
		t.Fatal(err)
	}
	c.batches = nil
	send(tr2.Worker())
	if late := c.spans(tr2); len(late) != 1 || late[0].StartTime != micro(start, time.Hour) {
		t.Errorf("late: %v", late)
	}
}
