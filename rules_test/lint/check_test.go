package lint_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/hopscope/hopscope/rules_test/lint"
)

const page = `# TYPE shop_requests_total counter
shop_requests_total{route="a",code="200"} 3
# TYPE shop_queue gauge
shop_queue{route="a"} 1
# TYPE shop_duration_seconds histogram
shop_duration_seconds_bucket{route="a",le="0.5"} 1
shop_duration_seconds_bucket{route="a",le="1"} 1
shop_duration_seconds_bucket{route="a",le="+Inf"} 2
shop_duration_seconds_sum{route="a"} 2
shop_duration_seconds_count{route="a"} 2
# TYPE shop_silent_total counter
`

// good is an alert with which nothing is wrong; a test changes one thing.
const good = `- alert: ShopBroken
  expr: sum by (job, route) (rate(shop_requests_total{code="500"}[1m])) > 1
  for: 1m
  labels: {severity: critical}
  annotations:
    summary: Requests fail.
    description: Route {{ $labels.route }} fails {{ $value | humanize }} times a second.
    runbook_url: https://shop.example/RUNBOOK.md#shopbroken
    dashboard_url: https://grafana.example/d/shop/overview?var-route={{ $labels.route }}
`

func input(t *testing.T, rules string) lint.Input {
	t.Helper()
	text := "groups:\n  - name: g\n    rules:\n" + indent(rules)
	files, err := lint.Load(fstest.MapFS{"x.rules.yml": {Data: []byte(text)}})
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	registry, err := lint.Page(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	boards, err := lint.Dashboards(fstest.MapFS{"shop.json": {Data: []byte(`{"uid": "shop",
		"panels": [{"targets": [{"expr": "job:shop:sum"}]}],
		"templating": {"list": [{"name": "route", "definition": "label_values(shop_requests_total, route)"}]}}`)}})
	if err != nil {
		t.Fatal(err)
	}
	in := lint.Input{
		Files: files, Registry: registry, Scrape: 15 * time.Second, Severities: []string{"critical", "warning"},
		Dashboards: boards, DashboardDir: "boards", Runbook: lint.Runbook{Name: "docs/RUNBOOK.md", Text: "# Runbook\n### ShopBroken\n### It's `slow`\n"},
	}
	return in
}

func indent(s string) string {
	return "      " + strings.ReplaceAll(strings.TrimSuffix(s, "\n"), "\n", "\n      ") + "\n"
}

// used is a recording rule that the dashboard of input reads.
const used = "- {record: 'job:shop:sum', expr: 'sum by (job) (shop_queue)'}\n"

func findings(t *testing.T, in lint.Input) string {
	t.Helper()
	found, err := lint.Check(in)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, f := range found {
		fmt.Fprintln(&b, f)
	}
	return b.String()
}

func TestGoodRulesPass(t *testing.T) {
	if got := findings(t, input(t, used+good)); got != "" {
		t.Error(got)
	}
}

// Each has one thing wrong, and exactly one finding at the line where it stands.
func TestEachCheckFindsItsFault(t *testing.T) {
	change := func(pairs ...string) string {
		text := strings.NewReplacer(pairs...).Replace(good)
		if text == good {
			t.Fatalf("nothing changed by %q", pairs)
		}
		return used + text
	}
	expr := func(e string) string {
		return change(`sum by (job, route) (rate(shop_requests_total{code="500"}[1m])) > 1`, "|\n    "+strings.ReplaceAll(e, "\n", "\n    "))
	}
	for name, tc := range map[string]struct {
		rules string
		line  int // of the rules, from 1
		want  string
	}{
		"unknown metric":            {expr("sum by (route) (rate(shop_request_total[1m])) > 1"), 4, `there is no metric "shop_request_total" in the page of metrics or in a recording rule (unknown-metric)`},
		"line in a block":           {expr("sum by (route) (rate(shop_requests_total[1m])\n  + rate(shop_request_total[1m])) > 1"), 5, "(unknown-metric)"},
		"unknown label":             {expr(`sum by (route) (rate(shop_requests_total{rout="a"}[1m])) > 1`), 4, `metric shop_requests_total has no label "rout": it has code, route, job, instance (unknown-label)`},
		"unknown grouping":          {expr(`sum by (route, rout) (rate(shop_requests_total[1m])) > 1`), 4, `has the label "rout" (unknown-label)`},
		"grouping that was removed": {expr(`sum by (route, code) (sum by (route) (rate(shop_requests_total[1m]))) > 1`), 4, `has the label "code" (unknown-label)`},
		"unknown bound":             {expr(`sum by (route) (rate(shop_duration_seconds_bucket{le="0.7"}[1m])) > 1`), 4, `no bucket with le="0.7" (unknown-value)`},
		"unknown alert":             {expr(`sum by (route) (ALERTS{alertname="Shop"}) > 0`), 4, `there is no alert "Shop" (unknown-value)`},
		"counter":                   {change(") > 1", ") * on (job, route) group_left () sum by (job, route) (shop_requests_total)"), 3, "counter shop_requests_total is used without rate or increase (counter-without-rate)"},
		"counter compared":          {expr("sum by (route) (shop_requests_total) > 5"), 4, "is compared without rate or increase: it only grows"},
		"rate of a gauge":           {expr("sum by (route) (rate(shop_queue[1m])) > 5"), 4, "gauge shop_queue is used with rate, which is for counters (rate-of-gauge)"},
		"rate of a recorded gauge":  {expr("rate(job:shop:sum[1m]) * on (job) group_right () shop_queue{route=\"a\"} > 5"), 4, "recorded series job:shop:sum is used with rate"},
		"rate of a sum":             {expr("rate(sum by (route) (shop_silent_total)[5m:]) > 5"), 4, "rate of an aggregate: a counter's reset cannot be told"},
		"short range":               {expr("sum by (route) (rate(shop_requests_total[20s])) > 5"), 4, "a range of 20s holds less than two scrapes of 15s (short-range): make it 1m"},
		"ratio above 1":             {expr("sum by (route) (rate(shop_requests_total{code=\"500\"}[1m]))\n / sum by (route) (rate(shop_requests_total[1m])) > 5"), 4, "is never true: a ratio is at most 1, the threshold is 5 (never-fires)"},
		"burn rate":                 {expr("sum by (route) (rate(shop_requests_total{code=\"500\"}[1m]))\n / sum by (route) (rate(shop_silent_total[1m])) > 14.4 * (1 - 0.9)"), 4, "(never-fires): lower the factor"},
		"slow ratio turned around":  {expr("2 < 1 - sum by (route) (rate(shop_duration_seconds_bucket{le=\"1.0\"}[1m]))\n / sum by (route) (rate(shop_duration_seconds_count[1m]))"), 4, "the threshold is 2 (never-fires)"},
		"absent":                    {change(`sum by (job, route) (rate(shop_requests_total{code="500"}[1m])) > 1`, `absent(shop_queue{route="a"})`, "for: 1m", "for: 15s"), 4, "absent() with for: 15s fires when one scrape of 15s is missed (absent-for): for: 30s or more"},
		"cross-job": {change(`sum by (job, route) (rate(shop_requests_total{code="500"}[1m])) > 1`,
			`sum by (route) (shop_queue{job="a"}) / sum by (route) (shop_queue{job="b"}) > 3`, "for: 1m", "keep_firing_for: 1m"), 3, "at different times (cross-job)"},
		"value in a label":              {change("{severity: critical}", "{severity: critical, n: '{{ $value }}'}"), 5, "label n holds the value"},
		"label removed":                 {change("(job, route)", "(job)", "?var-route={{ $labels.route }}", ""), 8, "description names the label route, which the expression does not have: it has job (template-label)"},
		"rule's own label":              {change("{{ $value | humanize }}", "{{ $labels.severity }}"), 8, "severity, which the expression does not have: it has route, job (template-label): write its value"},
		"label by index":                {change("$labels.route }} fails", `index $labels "rout" }} fails`), 8, "description names the label rout,"},
		"label in the dashboard's link": {change("?var-route={{ $labels.route }}", "?var-route={{ .Labels.upstream }}"), 10, "dashboard_url names the label upstream"},
		"no severity":                   {change("severity", "team"), 5, "no severity, by which alerts are routed (missing)"},
		"wrong severity":                {change("critical", "page"), 5, `severity "page" (severity): label it critical, warning`},
		"no summary":                    {change("summary: Requests", "other: Requests"), 7, "no summary (missing)"},
		"no description":                {change("description", "text"), 7, "no description (missing)"},
		"no runbook":                    {change("runbook_url", "text"), 7, "no runbook_url (missing)"},
		"no dashboard":                  {change("dashboard_url", "text"), 7, "no dashboard_url (missing)"},
		"summary that varies":           {change("Requests fail.", "'{{ $value }} fail.'"), 7, "not one sentence that is always the same"},
		"runbook elsewhere":             {change("RUNBOOK.md#", "OTHER.md#"), 9, "does not end in RUNBOOK.md#… (runbook-link)"},
		"runbook without section":       {change("#shopbroken", "#shopbrokn"), 9, "docs/RUNBOOK.md has no section #shopbrokn (runbook-link)"},
		"unknown dashboard":             {change("/d/shop/", "/d/shops/"), 10, `no dashboard has the uid "shops" (dashboard-link)`},
		"unknown variable":              {change("var-route", "var-rout"), 10, `dashboard shop has no variable "rout"`},
		"alert twice":                   {used + good + strings.Replace(good, "> 1", "> 2", 1), 11, "another alert has the name and labels of x.rules.yml:"},
		"same alert renamed":            {used + good + strings.Replace(good, "alert: ShopBroken", "alert: ShopBroke", 1), 11, "has the expression and labels of ShopBroken at x.rules.yml:"},
		"unused record":                 {used + "- {record: 'a:b', expr: shop_queue}\n", 2, "a:b: no rule and no dashboard reads it (unused-record)"},
		"read before":                   {"- {record: 'job:shop:sum', expr: 'sum by (job) (a:b)'}\n- {record: 'a:b', expr: shop_queue}\n", 1, "reads a:b, which is recorded after it in the same group"},
		"ignored without reason":        {used + "# lint:ignore unused-record reason\n- {record: 'a:b', expr: shop_queue} # lint:ignore short-range\n", 3, "short-range is silenced without a reason (ignore)"},
		"ignored for nothing":           {used + "# lint:ignore unused-record read by others\n" + good, 2, "unused-record finds nothing here (ignore)"},
		"unknown check":                 {used + good + "  # lint:ignore unusd-record reason\n", 11, `there is no check "unusd-record" (ignore)`},
	} {
		t.Run(name, func(t *testing.T) {
			got := findings(t, input(t, tc.rules))
			place := fmt.Sprintf("x.rules.yml:%d: ", tc.line+3)
			if strings.Count(got, "\n") != 1 || !strings.HasPrefix(got, place) || !strings.Contains(got, tc.want) {
				t.Errorf("got %swant one at %s%s\nin%s", got, place, tc.want, tc.rules)
			}
		})
	}
}

func TestLimitOfAGroupWithAlerts(t *testing.T) {
	in := input(t, used+good)
	in.Files = nil
	text := "groups:\n- name: g\n  limit: 5\n  rules:\n" + indent(used+good)
	var err error
	if in.Files, err = lint.Load(fstest.MapFS{"x.rules.yml": {Data: []byte(text)}}); err != nil {
		t.Fatal(err)
	}
	if got := findings(t, in); !strings.HasPrefix(got, "x.rules.yml:3: a limit of 5 in a group with alerts") || strings.Count(got, "\n") != 1 {
		t.Error(got)
	}
}

func TestReasonsSilence(t *testing.T) {
	for _, rules := range []string{
		used + "# lint:ignore unused-record the billing team reads it\n# and so do we\n- {record: 'a:b', expr: shop_queue}\n",
		used + "- record: a:b # lint:ignore unused-record the billing team reads it\n  expr: shop_queue\n",
		used + "- record: a:b\n  # lint:ignore unused-record the billing team reads it\n  expr: shop_queue\n",
	} {
		if got := findings(t, input(t, rules)); got != "" {
			t.Error(got)
		}
	}
}

func TestQueriesOfDashboardsAreChecked(t *testing.T) {
	in := input(t, used)
	var err error
	in.Dashboards, err = lint.Dashboards(fstest.MapFS{"shop.json": {Data: []byte(`{"uid": "shop", "panels": [
		{"targets": [{"expr": "job:shop:sum"}]},
		{"targets": [{"expr": "rate(shop_request_total{route=\"$route\"}[$__rate_interval])"}]}]}`)}})
	if err != nil {
		t.Fatal(err)
	}
	if got := findings(t, in); !strings.HasPrefix(got, "boards/shop.json:3: there is no metric \"shop_request_total\"") || strings.Count(got, "\n") != 1 {
		t.Error(got)
	}
}
