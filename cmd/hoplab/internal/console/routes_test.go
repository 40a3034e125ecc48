package console

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
)

// echo answers what it was asked.
func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, "%s %s %s", r.Method, r.RequestURI, body)
}

// everySource are four sources that answer what they were asked.
func everySource(t *testing.T) []Source {
	var all []Source
	for _, name := range []string{Prometheus, Admin, Traces, Faults} {
		s := source(t, name, echo)
		s.URL.Path = "/base/" + name // as behind a prefix
		all = append(all, s)
	}
	return all
}

func TestWhatIsOfferedGoesWhereItBelongs(t *testing.T) {
	srv := serve(t, everySource(t)...)
	for _, tc := range []struct{ method, path, want string }{
		{"GET", "prometheus/query?query=sum(up)%20%3E%200&time=1", "/base/prometheus/api/v1/query?query=sum(up)%20%3E%200&time=1"},
		{"GET", "prometheus/query_range?query=up&start=1&end=2&step=1", "/base/prometheus/api/v1/query_range?query=up&start=1&end=2&step=1"},
		{"GET", "prometheus/query_exemplars?query=a;b", "/base/prometheus/api/v1/query_exemplars?query=a;b"},
		{"GET", "prometheus/labels", "/base/prometheus/api/v1/labels"},
		{"GET", "prometheus/label/route/values?match[]=up", "/base/prometheus/api/v1/label/route/values?match[]=up"},
		{"GET", "prometheus/label/a%2Fb%3F/values", "/base/prometheus/api/v1/label/a%2Fb%3F/values"},
		{"GET", "prometheus/series?match[]=up&match[]=down", "/base/prometheus/api/v1/series?match[]=up&match[]=down"},
		{"GET", "prometheus/rules", "/base/prometheus/api/v1/rules"},
		{"GET", "prometheus/alerts", "/base/prometheus/api/v1/alerts"},
		{"GET", "prometheus/metadata?metric=up", "/base/prometheus/api/v1/metadata?metric=up"},
		{"GET", "prometheus/status/buildinfo", "/base/prometheus/api/v1/status/buildinfo"},
		{"GET", "prometheus/targets", "/base/prometheus/api/v1/targets"},
		{"GET", "admin/streams", "/base/admin/streams"},
		{"GET", "admin/connections", "/base/admin/connections"},
		{"GET", "admin/config", "/base/admin/config"},
		{"GET", "admin/readyz", "/base/admin/readyz"},
		{"GET", "traces/services", "/base/traces/api/services"},
		{"GET", "traces/services/users/operations", "/base/traces/api/services/users/operations"},
		{"GET", "traces/search?service=users&tags=%7B%22error%22%3A%22true%22%7D", "/base/traces/api/traces?service=users&tags=%7B%22error%22%3A%22true%22%7D"},
		{"GET", "traces/0123456789abcdef", "/base/traces/api/traces/0123456789abcdef"},
		{"PUT", "faults/latency", "/base/faults/faults/latency"},
	} {
		if a := do(t, srv, tc.method, "/api/"+tc.path, nil); a.StatusCode != http.StatusOK || a.body != tc.method+" "+tc.want+" " {
			t.Errorf("%s: %s %q", tc.path, a.Status, a.body)
		}
	}
}

func TestNothingElseIsPassedOn(t *testing.T) {
	var asked atomic.Int32
	count := func(http.ResponseWriter, *http.Request) { asked.Add(1) }
	srv := serve(t, source(t, Prometheus, count), source(t, Admin, count), source(t, Traces, count), source(t, Faults, count))
	for _, request := range []string{
		"GET /api/prometheus/../admin/tsdb/delete_series",
		"POST /api/prometheus/../admin/tsdb/delete_series",
		"GET /api/prometheus/%2e%2e/admin/streams",
		"GET /api/prometheus/admin/tsdb/delete_series",
		"POST /api/prometheus/admin/tsdb/snapshot",
		"GET /api/prometheus/query/",
		"GET /api/prometheus/label/%2e%2e/values",
		"GET /api/prometheus/label/./values",
		"GET /api/prometheus/label//values",
		"GET /api/prometheus/status/config",
		"GET /api/prometheus/status/flags",
		"GET /api/prometheus/write",
		"POST /api/prometheus/series",
		"PUT /api/prometheus/query",
		"DELETE /api/prometheus/query",
		"GET /api/admin/metrics",
		"GET /api/admin/",
		"GET /api/admin/debug/pprof/heap",
		"GET /api/admin/streams/../debug/pprof/heap",
		"POST /api/admin/streams",
		"POST /api/traces/search",
		"GET /api/traces/..",
		"GET /api/traces/%2e",
		"GET /api/traces/services/%2e%2e/operations",
		"GET /api/traces/a/b",
		"GET /api/faults/latency",
		"PUT /api/faults/%2e%2e",
		"PUT /api/faults",
		"POST /api/faults/latency",
		"CONNECT /api/prometheus/query",
		"OPTIONS /api/prometheus/query",
	} {
		method, path, _ := strings.Cut(request, " ")
		c, err := net.Dial("tcp", srv.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		// By hand: a client would tidy the path up.
		fmt.Fprintf(c, "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", method, path)
		text, err := io.ReadAll(c)
		c.Close()
		if err != nil || len(text) == 0 {
			t.Errorf("%s: %q, %v", request, text, err)
		}
		if status, _, _ := strings.Cut(string(text), "\r\n"); strings.Contains(status, " 200 ") {
			t.Errorf("%s: %s", request, status)
		}
	}
	// A % in a segment stays in its segment.
	if a := get(t, srv, "/api/prometheus/label/..%2f..%2fadmin/values"); a.StatusCode == http.StatusOK && asked.Load() != 1 {
		t.Errorf("got %s", a.Status)
	}
	if n := asked.Load(); n > 1 {
		t.Errorf("sources were asked %d times", n)
	}
}

func TestFormsArePassedOn(t *testing.T) {
	srv := serve(t, everySource(t)...)
	form := url.Values{"query": {"sum(up)"}}.Encode()
	a := do(t, srv, http.MethodPost, "/api/prometheus/query?stats=1", strings.NewReader(form), "Content-Type", "application/x-www-form-urlencoded")
	if want := "POST /base/prometheus/api/v1/query?stats=1 " + form; a.body != want {
		t.Errorf("got %q, want %q", a.body, want)
	}
	a = do(t, srv, http.MethodPut, "/api/faults/latency", strings.NewReader(`{"on":true}`))
	if want := `PUT /base/faults/faults/latency {"on":true}`; a.body != want {
		t.Errorf("got %q, want %q", a.body, want)
	}
	large := do(t, srv, http.MethodPost, "/api/prometheus/query", io.MultiReader(bytes.NewReader(make([]byte, maxBody+1))))
	if p := large.problem(t); p.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("a large form: %+v", p)
	}
}
