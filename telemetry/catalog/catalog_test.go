package catalog_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hopscope/hopscope/telemetry/catalog"
)

func TestEveryMetricIsDeclaredWhole(t *testing.T) {
	name := regexp.MustCompile(`^hopscope_[a-z][a-z0-9_]*[a-z]$`)
	seen := map[string]bool{}
	for _, m := range catalog.All() {
		switch {
		case !name.MatchString(m.Name):
			t.Errorf("%q: want %v", m.Name, name)
		case seen[m.Name]:
			t.Errorf("%s: declared twice", m.Name)
		case !strings.HasSuffix(m.Help, "."):
			t.Errorf("%s: help %q is no sentence", m.Name, m.Help)
		}
		seen[m.Name] = true
		for _, l := range m.Labels {
			if l.Name == "" || l.Help == "" || (l.Values == nil) == (l.Bound == "") {
				t.Errorf("%s: label %+v: want name, help, and either values or a bound", m.Name, l)
			}
		}
	}
}

func TestNamesEndInUnitAndTypeSuffix(t *testing.T) {
	for _, m := range catalog.All() {
		if total := strings.HasSuffix(m.Name, "_total"); total != (m.Type == catalog.CounterType) {
			t.Errorf("%s is a %s: _total belongs to counters, and only to them", m.Name, m.Type)
		}
		if u := m.Unit.String(); (m.Unit == catalog.Seconds || m.Unit == catalog.Bytes) &&
			!strings.HasSuffix(strings.TrimSuffix(m.Name, "_total"), "_"+u) {
			t.Errorf("%s: its unit is %s", m.Name, u)
		}
	}
}

func TestBucketsGrowAndHaveAReason(t *testing.T) {
	for _, m := range catalog.All() {
		if m.Type != catalog.HistogramType {
			if m.Buckets != nil || m.NativeFactor != 0 {
				t.Errorf("%s is a %s with buckets", m.Name, m.Type)
			}
			continue
		}
		if m.Why == "" || len(m.Buckets) == 0 || !slices.IsSorted(m.Buckets) ||
			len(slices.Compact(slices.Clone(m.Buckets))) != len(m.Buckets) {
			t.Errorf("%s: buckets %v because %q", m.Name, m.Buckets, m.Why)
		}
	}
}

func TestLookupKnowsNamesSuffixesAndExternals(t *testing.T) {
	for _, c := range []struct {
		name    string
		labels  []string
		counter bool
	}{
		{catalog.RequestsTotal.String(), []string{"route", "upstream", "status_class", "grpc_status"}, true},
		{catalog.RequestDurationSeconds.String(), []string{"route", "kind"}, false},
		{catalog.RequestDurationSeconds.Bucket(), []string{"route", "kind", "le"}, true},
		{catalog.RequestDurationSeconds.Sum(), []string{"route", "kind"}, true},
		{catalog.RequestDurationSeconds.Count(), []string{"route", "kind"}, true},
		{catalog.BufferedBytes.String(), []string{}, false},
		{"up", []string{}, false},
		{"jaeger_tracer_reporter_spans_total", []string{"result"}, true},
		{"go_goroutines", nil, false},
	} {
		s, ok := catalog.Lookup(c.name)
		if !ok || !slices.Equal(s.Labels, c.labels) || s.Counter != c.counter {
			t.Errorf("Lookup(%q) = %+v, %v; want labels %v, counter %v", c.name, s, ok, c.labels, c.counter)
		}
	}
	for _, name := range []string{"", "hopscope_request_total", "hopscope_requests_total_bucket", "hopscope_requests", "upp"} {
		if s, ok := catalog.Lookup(name); ok {
			t.Errorf("Lookup(%q) = %+v; want nothing", name, s)
		}
	}
}

func TestPageIsUpToDate(t *testing.T) {
	page, err := os.ReadFile("../METRICS.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(page) != catalog.Page() {
		t.Error("METRICS.md is stale: run go generate ./telemetry/catalog")
	}
}
