package tracing

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/uber/jaeger-client-go/thrift"
	"github.com/uber/jaeger-client-go/thrift-gen/agent"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/hopscope/hopscope/gateway/config"
	"github.com/hopscope/hopscope/gateway/event"
)

// send reports one exchange that is kept.
func send(w *Worker) *event.Exchange {
	x := exchange(config.TraceNew)
	w.Begin(x, list())
	w.AttemptBegin(x)
	w.Mark(x, start.Add(time.Millisecond), event.MarkRequestSent, 0)
	x.Status, x.Reason = 502, event.EndBadResponse
	finish(w, x)
	return x
}

func TestOTLPCarriesTheSameSpans(t *testing.T) {
	var data trace.TracesData
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = proto.Unmarshal(body, &data)
		}
		if err != nil || r.Header.Get("Content-Type") != "application/x-protobuf" {
			t.Errorf("content-type %q, %v", r.Header.Get("Content-Type"), err)
		}
	}))
	defer collector.Close()
	tr := newTracer(t, config.Tracing{Reporter: config.ReporterOTLP, Endpoint: collector.URL, Sampler: always})
	x := send(tr.Worker())
	if err := tr.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(data.ResourceSpans) != 1 || attribute(data.ResourceSpans[0].Resource.Attributes, "service.name").GetStringValue() != "hopscope" {
		t.Fatalf("got %v", &data)
	}
	spans := data.ResourceSpans[0].ScopeSpans[0].Spans
	if len(spans) != 2 {
		t.Fatalf("%d spans; want 2", len(spans))
	}
	client, server := spans[0], spans[1]
	if client.Kind != trace.Span_SPAN_KIND_CLIENT || server.Kind != trace.Span_SPAN_KIND_SERVER {
		t.Errorf("kinds %v, %v", client.Kind, server.Kind)
	}
	if !bytes.Equal(server.TraceId, x.Trace.ID[:]) || !bytes.Equal(server.SpanId, x.Trace.Span[:]) || server.ParentSpanId != nil ||
		!bytes.Equal(client.TraceId, x.Trace.ID[:]) || !bytes.Equal(client.ParentSpanId, x.Trace.Span[:]) {
		t.Errorf("ids: %v, %v", client, server)
	}
	if server.StartTimeUnixNano != uint64(start) || server.EndTimeUnixNano != uint64(x.Finished) {
		t.Errorf("from %d to %d", server.StartTimeUnixNano, server.EndTimeUnixNano)
	}
	if server.Name != "GET api" || server.Status.GetCode() != trace.Status_STATUS_CODE_ERROR || server.Flags != 1 ||
		attribute(server.Attributes, "http.status_code").GetIntValue() != 502 ||
		attribute(server.Attributes, "end.reason").GetStringValue() != "bad_response" {
		t.Errorf("got %v", server)
	}
	if len(server.Events) != 1 || server.Events[0].Name != "request_sent" || server.Events[0].TimeUnixNano != uint64(start.Add(time.Millisecond)) {
		t.Errorf("events %v", server.Events)
	}
}

func attribute(list []*common.KeyValue, key string) *common.AnyValue {
	for _, kv := range list {
		if kv.Key == key {
			return kv.Value
		}
	}
	return nil
}

func TestUDPSendsToTheAgent(t *testing.T) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	tr := newTracer(t, config.Tracing{Reporter: config.ReporterJaegerUDP, Endpoint: conn.LocalAddr().String(), Sampler: always})
	send(tr.Worker())
	if err := tr.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	packet := make([]byte, 65000)
	n, _, err := conn.ReadFrom(packet)
	if err != nil {
		t.Fatal(err)
	}
	buffer := thrift.NewTMemoryBuffer()
	buffer.Write(packet[:n])
	protocol := thrift.NewTCompactProtocolConf(buffer, &thrift.TConfiguration{})
	if name, _, _, err := protocol.ReadMessageBegin(t.Context()); err != nil || name != "emitBatch" {
		t.Fatalf("message %q, %v", name, err)
	}
	args := agent.AgentEmitBatchArgs{}
	if err := args.Read(t.Context(), protocol); err != nil {
		t.Fatal(err)
	}
	if len(args.Batch.Spans) != 2 {
		t.Errorf("%d spans; want 2", len(args.Batch.Spans))
	}
}

// A collector that takes connections and never answers.
func TestABlackHoleBlocksNobodyAndWhatItLosesIsCounted(t *testing.T) {
	release := make(chan struct{})
	hole := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	defer hole.Close()
	defer close(release)
	for _, reporter := range []config.Reporter{config.ReporterJaeger, config.ReporterOTLP} {
		tr := newTracer(t, config.Tracing{Reporter: reporter, Endpoint: hole.URL, Sampler: always})
		w := tr.Worker()
		const exchanges = queueSpans // twice as many spans as the queue holds
		slowest := time.Duration(0)
		for range exchanges {
			begin := time.Now()
			send(w)
			slowest = max(slowest, time.Since(begin))
		}
		if slowest >= exportTimeout { // as long as one that waits for the collector
			t.Errorf("%s: an exchange took %v", reporter, slowest)
		}
		if _, _, dropped := tr.Spans(); dropped == 0 {
			t.Errorf("%s: nothing was dropped", reporter)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // no time at all is left
		err := tr.Close(ctx)
		if err == nil || !strings.Contains(err.Error(), "did not take every span in time") {
			t.Errorf("%s: Close says %v", reporter, err)
		}
		if ok, failed, dropped := tr.Spans(); ok != 0 || failed+dropped != 2*exchanges {
			t.Errorf("%s: %d ok, %d failed, %d dropped; want %d lost", reporter, ok, failed, dropped, 2*exchanges)
		}
	}
}

func TestSpansThatACollectorRefusesAreCountedAndLoggedOnce(t *testing.T) {
	partial := protowire.AppendTag(nil, 1, protowire.BytesType)
	partial = protowire.AppendBytes(partial, append([]byte{1 << 3, 2, 2<<3 | 2}, append([]byte{5}, "quota"...)...))
	for _, c := range []struct {
		reporter config.Reporter
		status   int
		body     []byte
		log      string
	}{
		{config.ReporterJaeger, 503, nil, "collector answered 503"},
		{config.ReporterOTLP, 429, nil, "collector answered 429"},
		{config.ReporterOTLP, 302, nil, "collector answered 302"},
		{config.ReporterOTLP, 200, partial, `collector refused 2 spans of the batch: \"quota\"`},
	} {
		collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(c.status)
			_, _ = w.Write(c.body)
		}))
		var log bytes.Buffer
		begin := time.Now()
		registry := prometheus.NewRegistry()
		tr, err := New(config.Tracing{Reporter: c.reporter, Endpoint: collector.URL, Sampler: always},
			Options{Logger: slog.New(slog.NewTextHandler(&log, nil)), Registry: registry})
		if err != nil {
			t.Fatal(err)
		}
		w := tr.Worker()
		for range 3 * batchSpans {
			send(w)
		}
		if err := tr.Close(t.Context()); err != nil {
			t.Error(err)
		}
		collector.Close()
		if ok, failed, dropped := tr.Spans(); ok != 0 || failed != 6*batchSpans || dropped != 0 {
			t.Errorf("%s %d: %d ok, %d failed, %d dropped", c.reporter, c.status, ok, failed, dropped)
		}
		most := 1 + int(time.Since(begin)/errorInterval)
		if n := strings.Count(log.String(), "level=ERROR"); n < 1 || n > most || !strings.Contains(log.String(), c.log) {
			t.Errorf("%s %d: %d errors in the log: %s", c.reporter, c.status, n, log.String())
		}
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, f := range families {
			found = found || f.GetName() == "jaeger_tracer_reporter_spans_total"
		}
		if !found {
			t.Error("jaeger-client-go's own metrics are not exposed")
		}
	}
}

func TestAnAnswerThatIsNoProtobufRefusesNothing(t *testing.T) {
	for _, b := range []string{"", "{}", "\x0a", "\x0a\xff", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"} {
		if n, why := partialSuccess([]byte(b)); n != 0 {
			t.Errorf("%q: %d, %s", b, n, why)
		}
	}
}
