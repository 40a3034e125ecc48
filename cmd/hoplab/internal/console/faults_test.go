package console

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/hopscope/hopscope/alerts"
)

func TestEveryExpectedAlertHasARunbook(t *testing.T) {
	expect := checkedIn(t).expect
	if len(expect) < 20 {
		t.Errorf("there are %d scenarios", len(expect))
	}
	for name, e := range expect {
		if _, still := quiet()[name]; (len(e.Alerts) == 0) != (still || name == "healthy") {
			t.Errorf("%s: %d alerts have to fire", name, len(e.Alerts))
		}
		if (len(e.Panels) == 0) != (name == "healthy") || len(e.Panels) > maxPanels {
			t.Errorf("%s: %d panels show it", name, len(e.Panels))
		}
		for _, a := range e.Alerts {
			if a.Within <= 0 || !strings.Contains(string(alerts.Runbook()), "\n### "+a.Alert+"\n") {
				t.Errorf("%s: %+v has no section in the runbook", name, a)
			}
		}
	}
	for name := range quiet() {
		if _, ok := expect[name]; !ok {
			t.Errorf("%s is not in the matrix", name)
		}
	}
}

func TestFaultsSayWhatToExpect(t *testing.T) {
	srv := serve(t, source(t, Faults, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") == "br" {
			t.Error("asked for what cannot be read")
		}
		_, _ = w.Write([]byte(`[{"name":"slow-consumer","about":"x","on":true,"since":"2026-01-02T03:04:05Z"},{"name":"of-another-demo","about":"y","on":false}]`))
	}))
	a := get(t, srv, "/api/faults", "Accept-Encoding", "br")
	var list []struct {
		Name   string
		On     bool
		Since  string
		Expect Expectation
	}
	if err := json.Unmarshal([]byte(a.body), &list); err != nil || len(list) != 2 {
		t.Fatalf("%s: %v", a.body, err)
	}
	f := list[0]
	if !f.On || f.Since != "2026-01-02T03:04:05Z" || len(f.Expect.Panels) == 0 || f.Expect.Alerts[0] != (ExpectedAlert{"HopscopeSlowConsumer", 90}) {
		t.Errorf("got %+v", f)
	}
	if want := `{"name":"of-another-demo","about":"y","on":false,"expect":{"alerts":[],"may":[],"panels":[]}}`; !strings.Contains(a.body, want) {
		t.Errorf("%s lacks %s", a.body, want)
	}
	other := serve(t, source(t, Faults, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }))
	if p := get(t, other, "/api/faults").problem(t); p.Status != http.StatusBadGateway || p.Reason != "answers no list of faults" {
		t.Errorf("got %+v", p)
	}
}
