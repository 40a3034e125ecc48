package demo

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/console"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/fault"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/load"
	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/telemetry/catalog"
)

// asks asks the demo's console and decodes its answer, which has to be status 200.
func asks(t *testing.T, d *Demo, method, path, body string, into any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://"+d.Console+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %s %s (%v)", method, path, resp.Status, text, err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%s %s: %s: %v", method, path, text, err)
	}
}

// wholeConsole asks the console of a demo for a part of everything.
func wholeConsole(t *testing.T, d *Demo) {
	var about struct {
		Demo    bool
		Sources map[string]struct{ URL string }
	}
	asks(t, d, "GET", "/api/console", "", &about)
	for name, addr := range map[string]string{
		console.Prometheus: d.Prometheus, console.Admin: d.Admin, console.Traces: d.Traces, console.Faults: d.Control,
	} {
		if got := about.Sources[name].URL; !about.Demo || got != "http://"+addr {
			t.Errorf("source %s is at %q, want %s", name, got, addr)
		}
	}
	until(t, "open streams", func() bool {
		var streams []event.StreamInfo
		asks(t, d, "GET", "/api/admin/streams", "", &streams)
		return len(streams) > 0 && streams[0].Route != ""
	})
	until(t, "a result of a query", func() bool {
		var answer struct {
			Data struct{ Result []any }
		}
		asks(t, d, "GET", "/api/prometheus/query?query="+url.QueryEscape(catalog.RequestsTotal.String()), "", &answer)
		return len(answer.Data.Result) > 0
	})
	until(t, "traces", func() bool {
		var answer struct{ Data []any }
		asks(t, d, "GET", "/api/traces/search?service=hopscope&limit=5", "", &answer)
		return len(answer.Data) > 0
	})
	var rules struct {
		Data struct {
			Groups []struct {
				Rules []struct{ Type, Name string }
			}
		}
	}
	asks(t, d, "GET", "/api/prometheus/rules", "", &rules)
	var panels map[string][]console.Panel
	asks(t, d, "GET", "/api/alerts/panels", "", &panels)
	for _, g := range rules.Data.Groups {
		for _, r := range g.Rules {
			if r.Type == "alerting" && len(panels[r.Name]) == 0 {
				t.Errorf("no panel draws %s", r.Name)
			}
		}
	}
	if len(rules.Data.Groups) == 0 {
		t.Error("there are no rules")
	}
	consoleFaults(t, d)
}

// consoleFaults checks that the console knows what to expect of each fault, and
// switches one.
func consoleFaults(t *testing.T, d *Demo) {
	type described struct {
		fault.State
		Expect *console.Expectation
	}
	var list []described
	find := func(name string) described {
		asks(t, d, "GET", "/api/faults", "", &list)
		for _, f := range list {
			if f.Name == name {
				return f
			}
		}
		t.Fatalf("there is no fault %s", name)
		return described{}
	}
	if f := find(load.SlowConsumer); f.On || !f.Since.IsZero() {
		t.Errorf("at first: %+v", f)
	}
	if len(list) != len(d.faults) {
		t.Errorf("%d faults, want %d", len(list), len(d.faults))
	}
	for _, f := range list {
		// The panels come from the scenario of the fault's name.
		if f.Expect == nil || len(f.Expect.Panels) == 0 {
			t.Errorf("%s: nothing to expect: give it a scenario in rules_test/matrix.yml", f.Name)
		}
	}
	var on fault.State
	asks(t, d, "PUT", "/api/faults/"+load.SlowConsumer, `{"on":true}`, &on)
	if f := find(load.SlowConsumer); !on.On || f.State != on || f.Since.IsZero() {
		t.Errorf("turned on: %+v, listed %+v", on, f)
	}
	var off fault.State
	asks(t, d, "PUT", "/api/faults/"+load.SlowConsumer, `{"on":false}`, &off)
	if off.On || !off.Since.IsZero() {
		t.Errorf("turned off: %+v", off)
	}
	expr := fmt.Sprintf("sum(%s) == 0", catalog.StalledStreams)
	until(t, expr, func() bool { return query(t, d, expr) == 0 })
}
