package lint

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// DashboardQueries returns every PromQL expression in the JSON of a Grafana
// dashboard: of panels, annotations, and the series that variables list.
func DashboardQueries(dashboard []byte) ([]string, error) {
	type target struct{ Expr string }
	var d struct {
		Panels      []struct{ Targets []target }
		Annotations struct{ List []target }
		Templating  struct{ List []struct{ Definition string } }
	}
	if err := json.Unmarshal(dashboard, &d); err != nil {
		return nil, err
	}
	var queries []string
	for _, p := range d.Panels {
		for _, q := range p.Targets {
			queries = append(queries, q.Expr)
		}
	}
	for _, a := range d.Annotations.List {
		queries = append(queries, a.Expr)
	}
	for _, v := range d.Templating.List {
		// label_values(SERIES, LABEL)
		if inner, ok := strings.CutPrefix(v.Definition, "label_values("); ok {
			if comma := strings.LastIndex(inner, ","); comma >= 0 {
				queries = append(queries, inner[:comma])
			}
		}
	}
	return queries, nil
}

// Expand replaces the variables of our dashboards as Grafana does when
// everything is chosen; rateInterval is what $__rate_interval stands for, four
// scrape intervals unless set otherwise.
func Expand(expr string, rateInterval time.Duration) string {
	var pairs []string
	for _, name := range []string{"job", "instance", "route", "upstream"} {
		pairs = append(pairs, "$"+name, ".*")
	}
	return strings.NewReplacer(append(slices.Clone(pairs), "$__rate_interval", rateInterval.String())...).Replace(expr)
}
