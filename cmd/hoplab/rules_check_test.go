package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

func TestRulesAreCheckedAgainstAnyExporter(t *testing.T) {
	reg := prometheus.NewRegistry()
	total := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "shop_requests_total", Help: "h"}, []string{"route"})
	total.WithLabelValues("a").Inc()
	reg.MustRegister(total)
	srv := httptest.NewServer(promhttp.HandlerFor(reg, promhttp.HandlerOpts{EnableOpenMetrics: true}))
	defer srv.Close()
	down := httptest.NewServer(http.NotFoundHandler())
	defer down.Close()
	rules := filepath.Join(t.TempDir(), "shop.yml")
	check := func(expr string, more ...string) (code int, stdout, stderr string) {
		text := "groups:\n- name: shop\n  rules:\n  - record: route:shop:rate1m\n    expr: " + expr + "\n"
		if err := os.WriteFile(rules, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		args := []string{"rules", "check", "--rules", rules, "--dashboards", "", "--runbook", ""}
		return hoplab(t, append(args, more...)...)
	}
	if code, out, errs := check("sum by (route) (rate(shop_requests_total[1m]))", "--catalogue", srv.URL); code != exitOK || out+errs != "" {
		t.Errorf("exit %d, %q, %q", code, out, errs)
	}
	code, out, errs := check("sum by (rout) (rate(shop_requests_total[1m]))", "--catalogue", srv.URL)
	if want := rules + `:5: route:shop:rate1m: no series in "rate(shop_requests_total[1m])" has the label "rout" (unknown-label): `; code != exitFailure ||
		!strings.HasPrefix(out, want) || !strings.Contains(errs, "findings: 1") {
		t.Errorf("exit %d, %q, %q", code, out, errs)
	}
	if code, out, _ := check("rate(shop_requests_total[30s])", "--catalogue", srv.URL, "--scrape-interval", "30s"); code != exitFailure || !strings.Contains(out, "(short-range)") {
		t.Errorf("exit %d, %q", code, out)
	}
	other := filepath.Join(t.TempDir(), "metrics.txt")
	if err := os.WriteFile(other, []byte("# TYPE shop_queue gauge\nshop_queue 1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if code, out, _ := check("shop_queue{zone=\"a\"} / on (route) shop_requests_total{zone=\"b\"}", "--catalogue", other, "--catalogue", srv.URL, "--target-labels", "zone"); code != exitFailure ||
		strings.Contains(out, "zone") || strings.Contains(out, "unknown-metric") {
		t.Errorf("exit %d, %q", code, out)
	}
	if code, out, _ := check("rate(shop_requests_total[1m])"); code != exitFailure || !strings.Contains(out, "(unknown-metric)") {
		t.Errorf("our own catalogue: exit %d, %q", code, out)
	}
	if code, _, errs := check("up", "--catalogue", down.URL); code != exitFailure || !strings.Contains(errs, "404 Not Found: want a page of metrics") {
		t.Errorf("exit %d, %q", code, errs)
	}
	for want, args := range map[string][]string{
		"no page of metrics":   {"--catalogue", rules},
		"no dashboards match":  {"--dashboards", t.TempDir()},
		"--runbook: open":      {"--runbook", "nowhere.md"},
		"want more than 0":     {"--scrape-interval", "0s"},
		"no rule files match ": {"--rules", "nowhere/*.yml"},
	} {
		if code, _, errs := check("up", args...); code == exitOK || !strings.Contains(errs, want) {
			t.Errorf("%v: exit %d, %q lacks %q", args, code, errs, want)
		}
	}
	if code, _, errs := check("sum("); code != exitFailure || !strings.Contains(errs, rules) || !strings.Contains(errs, "parse error") {
		t.Errorf("exit %d, %q", code, errs)
	}
}
