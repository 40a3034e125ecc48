package metrics_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/telemetry/catalog"
	"github.com/hopscope/hopscope/telemetry/metrics"
)

const (
	textFormat  = "text/plain;version=0.0.4"
	openMetrics = "application/openmetrics-text;version=1.0.0"
	protobuf    = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"
)

// ask returns what h answers.
func ask(t testing.TB, h http.Handler, accept, encoding string) *http.Response {
	t.Helper()
	q := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	q.Header.Set("Accept", accept)
	q.Header.Set("Accept-Encoding", encoding)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, q)
	if w.Code != http.StatusOK {
		t.Fatalf("%d: %s", w.Code, w.Body)
	}
	return w.Result()
}

func body(t testing.TB, r *http.Response) string {
	t.Helper()
	from := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		from = z
	}
	p, err := io.ReadAll(from)
	if err != nil {
		t.Fatal(err)
	}
	return string(p)
}

// page returns the page of r, and what client_golang makes of the same.
func (r *rig) page() (page, oracle http.Handler) {
	others := prometheus.NewRegistry()
	other := prometheus.NewGauge(prometheus.GaugeOpts{Name: "of_another", Help: "Not ours."})
	other.Set(7)
	others.MustRegister(other)
	page = metrics.NewPage(r.Observer, r.registry, others, nil)
	return page, promhttp.HandlerFor(prometheus.Gatherers{r.registry, others}, promhttp.HandlerOpts{EnableOpenMetrics: true})
}

func TestThePageHasTheLinesThatClientGolangWrites(t *testing.T) {
	r := newRig(t)
	odd := &event.UpstreamName{Name: "a \"quoted\" \\ name\nof two lines"}
	r.Topology(event.Topology{
		Routes: []*event.Route{r.route, {Name: odd.Name, Upstream: odd}}, Upstreams: []*event.UpstreamName{r.users, odd},
		Listeners: []*event.Listener{r.listener},
	})
	tellEverything(r)
	s := r.Sink(1)
	for n := range 270 {
		r.run(s, func(x *event.Exchange) { spread(x, n) })
	}
	for range 1_000_003 { // where a float becomes 1.000003e+06
		s.Violation(r.down, 1)
	}
	page, oracle := r.page()
	for _, accept := range []string{textFormat, openMetrics, protobuf} {
		for _, encoding := range []string{"identity", "gzip"} {
			got, want := ask(t, page, accept, encoding), ask(t, oracle, accept, encoding)
			for _, name := range []string{"Content-Type", "Content-Encoding"} {
				if g, w := got.Header.Get(name), want.Header.Get(name); g != w {
					t.Errorf("%s, %s: %s %q; want %q", accept, encoding, name, g, w)
				}
			}
			gotLines, wantLines := strings.Split(body(t, got), "\n"), strings.Split(body(t, want), "\n")
			if accept == openMetrics && gotLines[len(gotLines)-2] != "# EOF" {
				t.Errorf("the last line is %q", gotLines[len(gotLines)-2])
			}
			if accept == protobuf {
				continue // the same library
			}
			inOneStretch(t, gotLines)
			slices.Sort(gotLines)
			slices.Sort(wantLines)
			for i, line := range gotLines[:min(len(gotLines), len(wantLines))] {
				if line != wantLines[i] {
					t.Fatalf("%s: got  %q\nwant %q", accept, line, wantLines[i])
				}
			}
			if len(gotLines) != len(wantLines) {
				t.Errorf("%s: %d lines; want %d", accept, len(gotLines), len(wantLines))
			}
		}
	}
}

// inOneStretch checks that the lines of a family follow its TYPE line.
func inOneStretch(t *testing.T, lines []string) {
	t.Helper()
	family := ""
	for _, line := range lines {
		if rest, ok := strings.CutPrefix(line, "# TYPE "); ok {
			family, _, _ = strings.Cut(rest, " ")
		}
		if line != "" && !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, family) {
			t.Fatalf("%s stands under %s", line, family)
		}
	}
}

func TestProtobufHasNativeAndClassicBucketsAndExemplars(t *testing.T) {
	r := newRig(t)
	r.run(r.Sink(0), func(x *event.Exchange) { x.Trace.ID[0], x.Trace.Sampled = 1, true })
	page, _ := r.page()
	answer := ask(t, page, protobuf, "identity")
	decoder := expfmt.NewDecoder(answer.Body, expfmt.ResponseFormat(answer.Header))
	for {
		var f dto.MetricFamily
		if err := decoder.Decode(&f); err != nil {
			t.Fatal(err)
		}
		if f.GetName() != catalog.RequestDurationSeconds.String() {
			continue
		}
		exemplars := 0
		for _, m := range f.Metric {
			h := m.Histogram
			if h.Schema == nil || len(h.PositiveSpan) == 0 || len(h.Bucket) < 10 {
				t.Errorf("got %v; want native and classic buckets", h)
			}
			for _, b := range h.Bucket {
				if b.Exemplar != nil {
					exemplars++
				}
			}
		}
		if exemplars != 1 {
			t.Errorf("%d exemplars; want 1", exemplars)
		}
		return
	}
}

func TestCompressionIsUsedOnlyWhereItIsTaken(t *testing.T) {
	page, _ := newRig(t).page()
	for encoding, want := range map[string]string{
		"": "", "identity": "", "gzip": "gzip", "br, GZIP;q=0.5": "gzip", "gzip;q=0": "", "gzip; q=0.000": "", "zstd": "",
	} {
		r := ask(t, page, textFormat, encoding)
		if got := r.Header.Get("Content-Encoding"); got != want {
			t.Errorf("%q: got %q; want %q", encoding, got, want)
		}
		if !strings.Contains(body(t, r), "of_another 7\n") {
			t.Errorf("%q: the page is not whole", encoding)
		}
	}
}

// stopping is a response whose reader comes to take the first bytes when it is let.
type stopping struct {
	http.ResponseWriter
	begun, resume chan struct{}
}

func (s *stopping) Write(p []byte) (int, error) {
	select {
	case <-s.resume:
	default:
		s.begun <- struct{}{}
		<-s.resume
	}
	return s.ResponseWriter.Write(p)
}

func TestScrapesThatDoNotEndDoNotGather(t *testing.T) {
	page, _ := newRig(t).page()
	q := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	s := stopping{begun: make(chan struct{}), resume: make(chan struct{})}
	done := make(chan struct{})
	const slots = 8
	for range slots {
		go func() {
			page.ServeHTTP(&stopping{httptest.NewRecorder(), s.begun, s.resume}, q)
			done <- struct{}{}
		}()
		<-s.begun
	}
	w := httptest.NewRecorder()
	if page.ServeHTTP(w, q); w.Code != http.StatusServiceUnavailable {
		t.Errorf("one more gets %d", w.Code)
	}
	close(s.resume)
	for range slots {
		<-done
	}
	ask(t, page, textFormat, "identity")
}
