package lint_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hopscope/hopscope/rules_test/lint"
)

// problems checks an expression against our own catalogue.
func problems(t *testing.T, expr string) string {
	t.Helper()
	files, err := lint.Load(fstest.MapFS{"x.rules.yml": {Data: []byte(`
groups:
  - name: g
    rules:
      - record: route:requests:rate1m
        expr: (sum by (route) (rate(hopscope_requests_total[1m]))) / 2
      - record: checked
        expr: ` + expr + `
      - alert: HopscopeX
        expr: up == 0
`)}})
	if err != nil {
		t.Fatal(err)
	}
	found, err := lint.Check(lint.Input{Files: files, Registry: lint.Catalogue()})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, f := range found {
		if f.Rule == "checked" {
			all = append(all, f.Text)
		}
	}
	return strings.Join(all, "\n")
}

func TestCheckFindsWhatSelectsNothing(t *testing.T) {
	for expr, want := range map[string]string{
		`sum by (route) (rate(hopscope_requests_total[1m]))`:                         "",
		`route:requests:rate1m{route="users"}`:                                       "",
		`up{job="hopscope"} == 0`:                                                    "",
		`histogram_quantile(0.9, sum(rate(hopscope_request_duration_seconds[1m])))`:  "",
		`rate(hopscope_request_duration_seconds_bucket{le="0.5", kind="unary"}[1m])`: "",
		`rate(hopscope_request_duration_seconds_bucket{le="1.0"}[1m])`:               "",
		`ALERTS{alertname="HopscopeX", alertstate="firing"}`:                         "",
		`absent(up{job="hopscope"})`:                                                 "",
		`go_goroutines`:                                                              "",
		`rate(hopscope_request_total[1m])`:                                           `no metric "hopscope_request_total"`,
		`rate(hopscope_requests_total{rout="x"}[1m])`:                                `no label "rout"`,
		`sum by (endpoint) (rate(hopscope_requests_total[1m]))`:                      `has the label "endpoint"`,
		`rate(hopscope_requests_total{status_class="5XX"}[1m])`:                      `never "5XX"`,
		`rate(hopscope_stream_end_total{reason=~"idle|idel"}[1m])`:                   `never "idel"`,
		`rate(hopscope_request_duration_seconds_bucket{le="0.3"}[1m])`:               `no bucket with le="0.3"`,
		`hopscope_requests_total > 5`:                                                "without rate",
		`rate(hopscope_buffered_bytes[1m])`:                                          "gauge hopscope_buffered_bytes",
		`route:requests:rate1m{upstream="users"}`:                                    `no label "upstream"`,
		`ALERTS{alertname="HopscopeY"}`:                                              `no alert "HopscopeY"`,
		`up / on (endpoint) hopscope_buffered_bytes`:                                 `has the label "endpoint"`,
	} {
		if got := problems(t, expr); want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want %q", expr, got, want)
		}
	}
}

func TestMetricsListsEverySelector(t *testing.T) {
	got, err := lint.Metrics(`sum(rate(b_total[1m])) / on () a or {__name__="c"}`)
	if want := []string{"a", "b_total", "c"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
}
