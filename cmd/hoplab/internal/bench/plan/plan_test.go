package plan

import (
	"slices"
	"testing"
)

func TestGoalsAreAboutWhatIsMeasured(t *testing.T) {
	for _, g := range Goals() {
		w, ok := Find(g.Workload)
		if !ok {
			t.Errorf("no workload %q", g.Workload)
			continue
		}
		if !slices.Contains(Metrics(), g.Metric) {
			t.Errorf("%s: no metric %q", g.Workload, g.Metric)
		}
		for _, p := range []string{g.Proxy, g.To} {
			if p != "" && !slices.Contains(w.Proxies, p) {
				t.Errorf("%s does not measure %s", g.Workload, p)
			}
		}
		if g.AtMost <= 0 {
			t.Errorf("%s, %s: at most %v", g.Workload, g.Metric, g.AtMost)
		}
	}
}

func TestWorkloadsAreTellable(t *testing.T) {
	ids, titles := map[string]bool{}, map[string]bool{}
	for _, w := range Workloads() {
		if ids[w.ID] || titles[w.Title] {
			t.Errorf("%s, %q: twice", w.ID, w.Title)
		}
		ids[w.ID], titles[w.Title] = true, true
		for _, p := range w.Proxies {
			if !slices.Contains(Proxies(), p) {
				t.Errorf("%s: no proxy %q", w.ID, p)
			}
		}
		if w.Kind == Load && (w.Requests == 0 || w.File == 0) || w.Connections == 0 {
			t.Errorf("%s has no load: %+v", w.ID, w)
		}
	}
	if _, ok := Find("W0"); ok {
		t.Error("found W0")
	}
}

func TestW2HasTwelveFieldsSomeOfThemUnique(t *testing.T) {
	var names []string
	for _, f := range GRPCFields() {
		names = append(names, f.Name)
	}
	if len(names) != 12 {
		t.Errorf("%d fields", len(names))
	}
	for _, u := range UniqueFields() {
		if !slices.Contains(names, u) {
			t.Errorf("%s is none of %v", u, names)
		}
	}
}
