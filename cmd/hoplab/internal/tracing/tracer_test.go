package tracing_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/traces"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/tracing"
)

const parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

func TestSampledRequestMakesAServerSpanAndAClientSpanPerCall(t *testing.T) {
	store := traces.NewStore(1 << 20)
	collector := httptest.NewServer(store.Handler())
	defer collector.Close()
	tracer := tracing.New("orders", collector.URL+"/api/traces")

	sent := ""
	h := tracer.Handler(func(*http.Request) string { return "POST /orders" },
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			traceparent, finish := tracer.Client(r.Context(), "Profiles/Summary", "profiles")
			sent = traceparent
			finish(errors.New("unavailable"))
			w.WriteHeader(http.StatusBadGateway)
		}))
	r := httptest.NewRequest(http.MethodPost, "/orders", nil)
	r.Header.Set("traceparent", parent)
	h.ServeHTTP(httptest.NewRecorder(), r)
	tracer.Close() // flushes

	got, ok := store.Trace("4bf92f3577b34da6a3ce929d0e0e4736")
	if !ok || len(got.Spans) != 2 {
		t.Fatalf("trace held: %t, %+v", ok, got.Spans)
	}
	server, client := got.Spans[0], got.Spans[1]
	if kind, _ := server.Tag("span.kind"); kind == "client" { // they began in the same microsecond
		server, client = client, server
	}
	if server.Parent() != "00f067aa0ba902b7" || client.Parent() != server.SpanID {
		t.Errorf("server under %s, client under %s", server.Parent(), client.Parent())
	}
	if want := "00-" + got.TraceID + "-" + client.SpanID + "-01"; sent != want {
		t.Errorf("sent %s, want %s", sent, want)
	}
	for _, s := range got.Spans {
		if failed, _ := s.Tag("error"); failed != true {
			t.Errorf("%s is not marked as failed", s.OperationName)
		}
	}
}

func TestUnsampledRequestMakesNoSpan(t *testing.T) {
	store := traces.NewStore(1 << 20)
	collector := httptest.NewServer(store.Handler())
	defer collector.Close()
	tracer := tracing.New("orders", collector.URL+"/api/traces")
	unsampled := strings.TrimSuffix(parent, "1") + "0"
	for incoming, want := range map[string]string{unsampled: unsampled, "": "", "nonsense": ""} {
		ctx, finish := tracer.Server(t.Context(), "op", incoming)
		got, done := tracer.Client(ctx, "call", "peer")
		done(nil)
		finish(nil)
		if got != want {
			t.Errorf("%q: sent %q", incoming, got)
		}
	}
	tracer.Close()
	if n, _ := store.Len(); n != 0 {
		t.Errorf("%d traces", n)
	}
}

func TestCollectorThatIsAwayHoldsNothingUp(t *testing.T) {
	collector := httptest.NewServer(http.NotFoundHandler())
	collector.Close()
	tracer := tracing.New("orders", collector.URL)
	_, finish := tracer.Server(t.Context(), "op", parent)
	finish(nil)
	tracer.Close()
}
