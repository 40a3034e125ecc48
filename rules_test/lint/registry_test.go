package lint_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hopscope/hopscope/rules_test/lint"
)

// What a page does not show is not held against a rule.
func TestPageTellsWhatItShows(t *testing.T) {
	const open = `# TYPE shop_requests counter
# HELP shop_requests Requests.
shop_requests_total{route="a"} 3.0
# TYPE shop_duration_seconds histogram
shop_duration_seconds_bucket{route="a",le="1.0"} 1
shop_duration_seconds_bucket{route="a",le="+Inf"} 2
shop_duration_seconds_sum{route="a"} 2.0
shop_duration_seconds_count{route="a"} 2
# TYPE shop_size summary
# TYPE shop_any unknown
shop_any{x="y"} 1
# EOF
`
	registry, err := lint.Page(strings.NewReader(open), "cluster")
	if err != nil {
		t.Fatal(err)
	}
	for expr, want := range map[string]string{
		`sum by (route, cluster) (rate(shop_requests_total{route="b"}[1m]))`:        "",
		`rate(shop_requests_total{zone="b"}[1m])`:                                   "unknown-label",
		`rate(shop_requests[1m])`:                                                   "",
		`rate(shop_duration_seconds_bucket{le="1.0", job="x"}[1m])`:                 "",
		`rate(shop_duration_seconds_bucket{le="1"}[1m])`:                            "unknown-value",
		`histogram_quantile(0.9, sum by (route) (rate(shop_duration_seconds[1m])))`: "",
		`sum by (quantile) (shop_size)`:                                             "",
		`rate(shop_size_count[1m])`:                                                 "",
		`shop_size_count`:                                                           "counter-without-rate",
		`rate(shop_any[1m])`:                                                        "",
		`up{job="x"} == 0`:                                                          "",
		`{__name__=~"shop_.+"}`:                                                     "",
	} {
		files, err := lint.Load(fstest.MapFS{"x.rules.yml": {Data: []byte("groups: [{name: g, rules: [{record: 'a:b', expr: '" + expr + "'}]}]")}})
		if err != nil {
			t.Fatal(err)
		}
		found, err := lint.Check(lint.Input{Files: files, Registry: registry})
		if err != nil {
			t.Fatal(err)
		}
		if want == "" && len(found) > 0 || want != "" && (len(found) != 1 || found[0].Check != want) {
			t.Errorf("%s: got %v, want %q", expr, found, want)
		}
	}
	for text, want := range map[string]string{"<html>": "no page of metrics in text format", "": "the page has no metrics"} {
		if _, err := lint.Page(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}
