package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/uber/jaeger-client-go/thrift"
	jaegerthrift "github.com/uber/jaeger-client-go/thrift-gen/jaeger"
)

// collector takes spans as a Jaeger collector does, thrift over HTTP, and keeps
// them for the test.
type collector struct {
	endpoint string

	mu    sync.Mutex
	spans []*jaegerthrift.Span // guarded by mu
	wire  bytes.Buffer         // what was sent, as it was; guarded by mu
}

func startCollector(t *testing.T) *collector {
	t.Helper()
	c := new(collector)
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	c.endpoint = server.URL + "/api/traces"
	return c
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil || r.Method != http.MethodPost || r.URL.Path != "/api/traces" ||
		r.Header.Get("Content-Type") != "application/x-thrift" {
		http.Error(w, "want POST /api/traces with application/x-thrift", http.StatusBadRequest)
		return
	}
	memory := &thrift.TMemoryBuffer{Buffer: bytes.NewBuffer(body)}
	batch := jaegerthrift.NewBatch()
	if err := batch.Read(context.WithoutCancel(r.Context()), thrift.NewTBinaryProtocolConf(memory, nil)); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.spans = append(c.spans, batch.Spans...)
	c.wire.Write(body)
	w.WriteHeader(http.StatusAccepted)
}

// read is a traceReader.
func (c *collector) read(_ *testing.T, trace string) []span {
	c.mu.Lock()
	defer c.mu.Unlock()
	var spans []span
	for _, s := range c.spans {
		read := span{
			trace:     fmt.Sprintf("%016x%016x", uint64(s.TraceIdHigh), uint64(s.TraceIdLow)),
			id:        fmt.Sprintf("%016x", uint64(s.SpanId)),
			operation: s.OperationName,
		}
		if s.ParentSpanId != 0 {
			read.parent = fmt.Sprintf("%016x", uint64(s.ParentSpanId))
		}
		for _, tag := range s.Tags {
			if tag.Key == "span.kind" {
				read.kind = tag.GetVStr()
			}
		}
		if read.trace == trace {
			spans = append(spans, read)
		}
	}
	return spans
}

// getJSON reads a JSON page; other statuses than 200 leave value as it is.
func getJSON(t *testing.T, url string, value any) (status int) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusOK {
		if err := json.NewDecoder(resp.Body).Decode(value); err != nil {
			t.Fatalf("%s: %v", url, err)
		}
	}
	return resp.StatusCode
}
