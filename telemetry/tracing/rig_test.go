package tracing

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/uber/jaeger-client-go/thrift"
	model "github.com/uber/jaeger-client-go/thrift-gen/jaeger"

	"github.com/hopscope/hopscope/gateway/config"
	"github.com/hopscope/hopscope/gateway/event"
)

const start = event.Time(1_800_000_000_000_000_000)

var always = config.Sampler{Type: "const", Param: 1}

func newTracer(t *testing.T, c config.Tracing) *Tracer {
	t.Helper()
	if c.Sampler.Type == "" {
		c.Sampler.Type = "const"
	}
	tr, err := New(c, Options{Version: "v1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = tr.Close(ctx) // again, where the test has closed it
	})
	return tr
}

// exchange returns an exchange in its beginning on a listener with that trust.
func exchange(trust config.TraceTrust) *event.Exchange {
	users := &event.UpstreamName{Name: "users"}
	return &event.Exchange{
		Listener: &event.Listener{Name: "edge", Trust: string(trust)},
		Conn:     &event.Conn{ID: 7, Peer: "192.0.2.1:5000"}, StreamID: 3,
		Route: &event.Route{Name: "api", Upstream: users}, Method: "GET", GRPCStatus: -1, Begin: start,
		Attempt: event.Attempt{
			Number: 1, Endpoint: &event.Endpoint{Upstream: users, Address: "10.0.0.1:80"},
			Conn: &event.Conn{ID: 8}, StreamID: 5, Begin: start.Add(time.Millisecond),
		},
		Attempts: 1,
	}
}

// finish ends x and its attempt after 100 ms.
func finish(w *Worker, x *event.Exchange) {
	x.Attempt.End = x.Begin.Add(90 * time.Millisecond)
	x.Finished = x.Begin.Add(100 * time.Millisecond)
	w.AttemptEnd(x)
	w.End(x)
}

// collector is a Jaeger collector: it takes batches in thrift over HTTP.
type collector struct {
	*httptest.Server
	t       *testing.T
	mu      sync.Mutex
	batches []*model.Batch
}

func newCollector(t *testing.T) *collector {
	c := &collector{t: t}
	c.Server = httptest.NewServer(c)
	t.Cleanup(c.Close)
	return c
}

// ServeHTTP implements [http.Handler].
func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil || r.Header.Get("Content-Type") != "application/x-thrift" {
		c.t.Errorf("content-type %q, %v", r.Header.Get("Content-Type"), err)
	}
	buffer := thrift.NewTMemoryBuffer()
	buffer.Write(body)
	batch := &model.Batch{}
	if err := batch.Read(r.Context(), thrift.NewTBinaryProtocolConf(buffer, &thrift.TConfiguration{})); err != nil {
		c.t.Errorf("batch of %d bytes: %v", len(body), err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.batches = append(c.batches, batch)
	w.WriteHeader(http.StatusAccepted)
}

// spans closes tr and returns what it had reported, by name and kind.
func (c *collector) spans(tr *Tracer) []*model.Span {
	c.t.Helper()
	if err := tr.Close(c.t.Context()); err != nil {
		c.t.Fatal(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []*model.Span
	for _, b := range c.batches {
		all = append(all, b.Spans...)
	}
	return all
}

// tags returns tags by key.
func tags(list []*model.Tag) map[string]any {
	m := map[string]any{}
	for _, t := range list {
		switch t.VType {
		case model.TagType_STRING:
			m[t.Key] = t.GetVStr()
		case model.TagType_BOOL:
			m[t.Key] = t.GetVBool()
		case model.TagType_LONG:
			m[t.Key] = t.GetVLong()
		case model.TagType_DOUBLE:
			m[t.Key] = t.GetVDouble()
		}
	}
	return m
}

// kind returns the span of that kind; the test fails if there is not one.
func kind(t *testing.T, spans []*model.Span, want string) *model.Span {
	t.Helper()
	var found *model.Span
	for _, s := range spans {
		if tags(s.Tags)["span.kind"] == want {
			if found != nil {
				t.Fatalf("two %s spans", want)
			}
			found = s
		}
	}
	if found == nil {
		t.Fatalf("no %s span among %d", want, len(spans))
	}
	return found
}
