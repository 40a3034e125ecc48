package console

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/hopscope/hopscope/alerts"
	"github.com/hopscope/hopscope/rules_test/lint"
	"github.com/hopscope/hopscope/rules_test/ruleset"
	"github.com/hopscope/hopscope/telemetry/catalog"
)

// maxPanels bounds how many panels are named for an alert.
const maxPanels = 4

// Panel is a panel of a dashboard that draws what an alert or a fault is about.
type Panel struct {
	Dashboard string `json:"dashboard"` // its UID
	Panel     int    `json:"panel"`     // its id
	Title     string `json:"title"`
	// Why are the metrics that both read, separated by commas.
	Why string `json:"why"`
}

// atlas knows which panels draw what alerts are made of.
type atlas struct {
	recorded map[string][]parser.Expr // what rules record under a name
	panels   []drawn
	alerts   map[string][]Panel // by the alert's name
}

// drawn is a panel and what it reads.
type drawn struct {
	lint.Panel
	board string
	reads reads
}

// reads are the selectors of an expression and of the rules that record what it
// selects, by the metric's name.
type reads map[string][][]*labels.Matcher

func newAtlas(b *boards) (*atlas, error) {
	rules, err := readRules()
	if err != nil {
		return nil, err
	}
	a := &atlas{recorded: map[string][]parser.Expr{}, alerts: map[string][]Panel{}}
	for _, r := range rules {
		if r.Record != "" {
			a.recorded[r.Record] = append(a.recorded[r.Record], r.Expr)
		}
	}
	for _, d := range b.list {
		for _, p := range d.Panels {
			all := reads{}
			for _, text := range p.Exprs {
				expr, err := lint.Parse(lint.Expand(text, time.Minute))
				if err != nil {
					return nil, fmt.Errorf("%s: panel %d: %w", d.Name, p.ID, err)
				}
				a.collect(expr, all)
			}
			a.panels = append(a.panels, drawn{p, d.UID, all})
		}
	}
	for _, r := range rules {
		if r.Alert != "" && a.alerts[r.Alert] == nil {
			a.alerts[r.Alert] = a.of(r.Expr, linked(r.Annotations.Get("dashboard_url")))
		}
	}
	return a, nil
}

// readRules returns the rules that are checked in.
func readRules() ([]*ruleset.Rule, error) {
	names, err := fs.Glob(alerts.Rules(), "*.rules.yml")
	if err != nil {
		return nil, fmt.Errorf("rules: %w", err)
	}
	var set ruleset.Set
	for _, name := range names {
		text, err := fs.ReadFile(alerts.Rules(), name)
		if err != nil {
			return nil, fmt.Errorf("rules: %w", err)
		}
		groups, err := ruleset.Parse(name, text)
		if err != nil {
			return nil, err
		}
		set.Groups = append(set.Groups, groups...)
	}
	return set.Rules(), nil
}

// collect adds what an expression reads to all.
func (a *atlas) collect(expr parser.Expr, all reads) {
	for _, matchers := range parser.ExtractSelectors(expr) {
		i := slices.IndexFunc(matchers, func(m *labels.Matcher) bool { return m.Name == model.MetricNameLabel && m.Type == labels.MatchEqual })
		if i < 0 {
			continue // of any name
		}
		name := family(matchers[i].Value)
		_, seen := all[name]
		all[name] = append(all[name], slices.Delete(slices.Clone(matchers), i, i+1))
		if !seen {
			for _, inner := range a.recorded[name] {
				a.collect(inner, all)
			}
		}
	}
}

// family returns the histogram that a series belongs to, and any other name as it is.
func family(name string) string {
	if s, ok := catalog.Lookup(name); ok && s.Metric != nil {
		return s.Metric.Name
	}
	return name
}

// of returns the panels that draw what an expression is made of, best first: those
// that share the most of all that either reads; of equals first those of the
// dashboard board, then those that select alike, then graphs.
func (a *atlas) of(expr parser.Expr, board string) []Panel {
	wanted := reads{}
	a.collect(expr, wanted)
	type ranked struct {
		drawn
		common []string
		share  float64
		close  int
	}
	var found []ranked
	for _, p := range a.panels {
		common, near := shared(wanted, p.reads)
		if len(common) > 0 {
			all := len(wanted) + len(p.reads) - len(common)
			found = append(found, ranked{p, common, float64(len(common)) / float64(all), near})
		}
	}
	slices.SortStableFunc(found, func(x, y ranked) int {
		return cmp.Or(
			cmp.Compare(y.share, x.share),
			-compareBool(x.board == board, y.board == board),
			cmp.Compare(y.close, x.close),
			compareBool(x.Type == "stat", y.Type == "stat"),
		)
	})
	panels := []Panel{} // [] and not null
	for _, p := range found[:min(len(found), maxPanels)] {
		panels = append(panels, Panel{p.board, p.ID, p.Title, strings.Join(a.measured(p.common), ", ")})
	}
	return panels
}

// shared returns the names that both read, with matchers that one series can pass,
// and how much alike these matchers are.
func shared(x, y reads) (common []string, alike int) {
	for _, name := range slices.Sorted(maps.Keys(x)) {
		best, found := 0, false
		for _, a := range x[name] {
			for _, b := range y[name] {
				if n, ok := likeness(a, b); ok && (!found || n > best) {
					best, found = n, true
				}
			}
		}
		if found {
			common = append(common, name)
			alike += best
		}
	}
	return common, alike
}

// likeness compares the matchers of an alert with those of a panel. It is false if
// no series passes both.
func likeness(alert, panel []*labels.Matcher) (n int, ok bool) {
	for _, p := range panel {
		if !chooses(p) {
			continue
		}
		i := slices.IndexFunc(alert, func(a *labels.Matcher) bool { return a.Name == p.Name })
		switch {
		case i >= 0 && !meet(alert[i], p):
			return 0, false
		case i < 0 || !chooses(alert[i]):
			n-- // it shows a part only
		case alert[i].String() == p.String():
			n += 2
		default:
			n++
		}
	}
	return n, true
}

// chooses reports whether a matcher says which values it wants.
func chooses(m *labels.Matcher) bool {
	return m.Type == labels.MatchEqual || m.Type == labels.MatchRegexp && m.Value != ".*"
}

// meet reports whether a value passes both, as far as they list their values.
func meet(a, b *labels.Matcher) bool {
	for _, m := range [2][2]*labels.Matcher{{a, b}, {b, a}} {
		values := m[0].SetMatches() // of a pattern
		if m[0].Type == labels.MatchEqual {
			values = []string{m[0].Value}
		}
		if len(values) > 0 && !slices.ContainsFunc(values, m[1].Matches) {
			return false
		}
	}
	return true
}

// measured returns the names that a gateway exposes; all if none is.
func (a *atlas) measured(names []string) []string {
	exposed := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return a.recorded[n] != nil })
	if len(exposed) == 0 {
		return names
	}
	return exposed
}

// linked returns the UID of the dashboard that a URL leads to, empty if to none.
func linked(dashboardURL string) string {
	before, _, _ := strings.Cut(dashboardURL, "?") // templates follow
	u, err := url.Parse(before)
	if err != nil {
		return ""
	}
	_, rest, _ := strings.Cut(u.Path, "/d/")
	uid, _, _ := strings.Cut(rest, "/")
	return uid
}

func compareBool(x, y bool) int {
	switch {
	case x == y:
		return 0
	case x:
		return 1
	}
	return -1
}
