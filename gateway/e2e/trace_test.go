package e2e

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// hops is how many gateways the traced request crosses.
const hops = 3

// span is what the tests compare of a span, however it was read back.
type span struct {
	trace, id, parent string // hexadecimal; parent empty: none
	kind              string // server | client
	operation         string
}

// traceReader returns the spans of a trace that have arrived so far.
type traceReader func(t *testing.T, trace string) []span

func TestTraceCrossesThreeHops(t *testing.T) {
	collector, read := traceBackend(t)
	o := startOrigin(t, nil)
	// The request passes hop 0, 1, 2 and then the origin; built back to front.
	gateways := make([]*gateway, hops)
	next := o.address
	for i := hops - 1; i >= 0; i-- {
		gateways[i] = startGateway(t, tracedConfig(next, fmt.Sprintf("hop%d", i), collector))
		next = gateways[i].address["edge"]
	}

	status, body, err := get(t.Context(), newClient(t), "http://"+next+"/")
	if err != nil || status != 200 {
		t.Fatalf("%d %q %v", status, body, err)
	}
	// The origin got the context of the last hop's client span, once.
	carried := o.header("Traceparent")
	if len(carried) != 1 {
		t.Fatalf("traceparent at the origin: %q", carried)
	}
	parts := strings.Split(carried[0], "-")
	if len(parts) != 4 || parts[3] != "01" {
		t.Fatalf("traceparent at the origin: %q", carried)
	}
	trace, last := parts[1], parts[2]

	var spans []span
	eventually(t, "six spans at the collector", func() (bool, string) {
		spans = read(t, trace)
		return len(spans) >= 2*hops, fmt.Sprintf("%+v", spans)
	})
	checkChain(t, spans, "", last)

	// The exemplar of every hop's histogram leads to this trace.
	for i, g := range gateways {
		page, _ := g.adminGet("/metrics", "application/openmetrics-text; version=1.0.0")
		exemplar := regexp.MustCompile(fmt.Sprintf(
			`(?m)^hopscope_request_duration_seconds_bucket\{[^}]*route="hop%d"[^}]*\} \S+ # \{[^}]*trace_id="%s"`, i, trace))
		if !exemplar.MatchString(page) {
			t.Errorf("hop %d: no exemplar with trace_id %s in hopscope_request_duration_seconds", i, trace)
		}
	}
}

func TestTraceContinuesTheClients(t *testing.T) {
	collector, read := traceBackend(t)
	o := startOrigin(t, nil)
	g := startGateway(t, tracedConfig(o.address, "hop0", collector))
	const trace, parent = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
	curl(t, "--http2-prior-knowledge", "-H", "traceparent: 00-"+trace+"-"+parent+"-01",
		"-H", "tracestate: vendor=value", "http://"+g.address["edge"]+"/")
	carried := o.header("Traceparent")
	if len(carried) != 1 || !strings.HasPrefix(carried[0], "00-"+trace+"-") || strings.Contains(carried[0], parent) {
		t.Fatalf("traceparent at the origin: %q", carried)
	}
	if state := o.header("Tracestate"); len(state) != 1 || state[0] != "vendor=value" {
		t.Errorf("tracestate at the origin: %q", state)
	}
	var spans []span
	eventually(t, "two spans at the collector", func() (bool, string) {
		spans = read(t, trace)
		return len(spans) >= 2, fmt.Sprintf("%+v", spans)
	})
	checkChain(t, spans, parent, strings.Split(carried[0], "-")[2])
}

// checkChain walks the spans from the given parent on: server and client span in
// turn, each the only child of the one before, the last with the given id.
func checkChain(t *testing.T, spans []span, parent, last string) {
	t.Helper()
	children := make(map[string][]span)
	for _, s := range spans {
		children[s.parent] = append(children[s.parent], s)
	}
	walked := 0
	for kind := "server"; len(children[parent]) > 0; walked++ {
		if n := len(children[parent]); n != 1 {
			t.Fatalf("%d spans have the parent %q: %+v", n, parent, spans)
		}
		s := children[parent][0]
		if s.kind != kind {
			t.Errorf("span %d is of kind %q, want %q: %+v", walked, s.kind, kind, s)
		}
		if want := fmt.Sprintf("GET hop%d", walked/2); kind == "server" && s.operation != want {
			t.Errorf("the server span of hop %d is named %q, want %q", walked/2, s.operation, want)
		}
		kind = map[string]string{"server": "client", "client": "server"}[kind]
		parent = s.id
	}
	if walked != len(spans) {
		t.Errorf("%d of %d spans hang together: %+v", walked, len(spans), spans)
	}
	if parent != last {
		t.Errorf("the last span is %s, but the origin was told %s", parent, last)
	}
}

func tracedConfig(endpoint, route, collector string) string {
	config := plainConfig(endpoint, fmt.Sprintf(
		"tracing: {reporter: jaeger, endpoint: %q, sampler: {type: const, param: 1}}\n", collector))
	config = strings.Replace(config, "name: all", "name: "+route, 1)
	return strings.Replace(config, "    address: 127.0.0.1:0\n", "    address: 127.0.0.1:0\n    trace_trust: continue\n", 1)
}

// traceBackend returns where gateways send spans and how to read them back: the
// test's own collector, or with -jaeger a real Jaeger.
func traceBackend(t *testing.T) (endpoint string, read traceReader) {
	t.Helper()
	if *jaegerURL == "" {
		c := startCollector(t)
		return c.endpoint, c.read
	}
	query, err := url.Parse(*jaegerURL)
	if err != nil || query.Host == "" {
		t.Fatalf("-jaeger %q is no URL such as http://127.0.0.1:16686", *jaegerURL)
	}
	endpoint = cmp.Or(*jaegerCollector, "http://"+query.Hostname()+":14268/api/traces")
	return endpoint, func(t *testing.T, trace string) []span { return readJaeger(t, query, trace) }
}

// readJaeger reads a trace through Jaeger's query API. A trace that has not
// arrived is 404 there.
func readJaeger(t *testing.T, query *url.URL, trace string) []span {
	t.Helper()
	var answer struct {
		Data []struct {
			Spans []struct {
				TraceID, SpanID, OperationName string
				References                     []struct{ RefType, SpanID string }
				Tags                           []struct {
					Key   string
					Value any
				}
			}
		}
	}
	if status := getJSON(t, query.JoinPath("/api/traces/", trace).String(), &answer); status == http.StatusNotFound {
		return nil
	}
	var spans []span
	for _, data := range answer.Data {
		for _, s := range data.Spans {
			read := span{trace: s.TraceID, id: s.SpanID, operation: s.OperationName}
			for _, r := range s.References {
				if r.RefType == "CHILD_OF" {
					read.parent = r.SpanID
				}
			}
			for _, tag := range s.Tags {
				if tag.Key == "span.kind" {
					read.kind = fmt.Sprint(tag.Value)
				}
			}
			spans = append(spans, read)
		}
	}
	return slices.Clip(spans)
}
