package tracing

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/uber/jaeger-client-go"

	"github.com/hopscope/hopscope/gateway/config"
	"github.com/hopscope/hopscope/gateway/event"
)

// recorded is a network that keeps the last body and takes it.
type recorded struct{ body []byte }

// RoundTrip implements [http.RoundTripper].
func (r *recorded) RoundTrip(req *http.Request) (_ *http.Response, err error) {
	r.body, err = io.ReadAll(req.Body)
	req.Body.Close()
	if int64(len(r.body)) != req.ContentLength {
		err = fmt.Errorf("%d bytes for a length of %d", len(r.body), req.ContentLength)
	}
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: req}, err
}

// early is a network that answers before it reads a body.
type early struct{ bodies []io.ReadCloser }

// RoundTrip implements [http.RoundTripper].
func (e *early) RoundTrip(req *http.Request) (*http.Response, error) {
	e.bodies = append(e.bodies, req.Body)
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: req}, nil
}

// span returns a span whose path is that.
func span(t *testing.T, path string) *jaeger.Span {
	spans, _ := twice(t, func(w *Worker, _ func(*event.Exchange)) {
		x := exchange(config.TraceResample)
		w.Begin(x, list(":path", path))
		x.Finished = x.Begin
		w.End(x)
	})
	return spans[0]
}

func TestABatchThatIsStillReadIsNotWrittenOver(t *testing.T) {
	var network early
	s := newSender(thriftCodec{}, "http://collector.example/", &network, &detailsPool{})
	for _, path := range []string{"/first", "/other"} {
		if _, err := s.Append(span(t, path)); err != nil {
			t.Fatal(err)
		}
		if n, err := s.Flush(); n != 1 || err != nil {
			t.Fatalf("flushed %d, %v", n, err)
		}
	}
	for i, path := range []string{"/first", "/other"} {
		body, err := io.ReadAll(network.bodies[i])
		if err != nil || !bytes.Contains(body, []byte(path)) {
			t.Errorf("body %d lacks %s, %v", i, path, err)
		}
		for range 2 { // as net/http may
			if err := network.bodies[i].Close(); err != nil {
				t.Error(err)
			}
		}
		if n, err := network.bodies[i].Read(make([]byte, 1)); n != 0 || err != http.ErrBodyReadAfterClose {
			t.Errorf("a closed body gives %d bytes, %v", n, err)
		}
	}
	last := s.batch
	if _, err := s.Append(span(t, "/third")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Flush(); err != nil || s.batch == last {
		t.Errorf("the memory of a body that is open is used again, %v", err)
	}
}

func TestTheMemoryOfABatchIsUsedAgain(t *testing.T) {
	s := newSender(thriftCodec{}, "http://collector.example/", &recorded{}, &detailsPool{})
	first := s.batch
	for range 3 {
		if _, err := s.Append(span(t, "/")); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if s.batch != first {
		t.Error("batches took memory of their own")
	}
}

func TestBatchesAreBounded(t *testing.T) {
	c := newCollector(t)
	var mu sync.Mutex
	longest := 0
	c.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		longest = max(longest, int(r.ContentLength))
		mu.Unlock()
		c.ServeHTTP(w, r)
	})
	tr := newTracer(t, jaegerTo(c))
	w := tr.Worker()
	const exchanges = 2 * batchSpans
	for i := range exchanges {
		x := exchange(config.TraceResample)
		path := "/"
		if i >= batchSpans {
			path += strings.Repeat("a", maxTagBytes)
		}
		w.Begin(x, list(":path", path))
		finish(w, x)
	}
	if spans := c.spans(tr); len(spans) != 2*exchanges {
		t.Errorf("%d spans; want %d", len(spans), 2*exchanges)
	}
	for _, b := range c.batches {
		if len(b.Spans) > batchSpans {
			t.Errorf("%d spans in a batch", len(b.Spans))
		}
	}
	if longest > batchBytes+8<<10 || longest < batchBytes/2 {
		t.Errorf("the longest batch has %d bytes", longest)
	}
}

func TestABatchFollowsARedirection(t *testing.T) {
	c := newCollector(t)
	moved := httptest.NewServer(http.RedirectHandler(c.URL, http.StatusTemporaryRedirect))
	defer moved.Close()
	tr := newTracer(t, config.Tracing{Reporter: config.ReporterJaeger, Endpoint: moved.URL, Sampler: always})
	w := tr.Worker()
	x := exchange(config.TraceResample)
	w.Begin(x, list())
	finish(w, x)
	if spans := c.spans(tr); len(spans) != 2 {
		t.Errorf("%d spans; want 2", len(spans))
	}
	if ok, failed, dropped := tr.Spans(); ok != 2 || failed+dropped != 0 {
		t.Errorf("%d ok, %d failed, %d dropped", ok, failed, dropped)
	}
}
