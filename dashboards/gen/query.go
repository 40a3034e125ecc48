package main

import (
	"slices"
	"strings"

	"github.com/hopscope/hopscope/telemetry/catalog"
)

// Selectors narrow every query to what the variables at the top of the dashboard
// choose, as far as the metric has the label.

// selector returns name{...} for a metric of the catalogue.
func selector(name string, m *catalog.Metric, matchers ...string) string {
	all := slices.Clone(matchers)
	all = append(all, `job=~"$job"`, `instance=~"$instance"`)
	for _, label := range []string{catalog.LabelRoute, catalog.LabelUpstream} {
		if slices.Contains(m.LabelNames(), label) {
			all = append(all, label+`=~"$`+label+`"`)
		}
	}
	return name + "{" + strings.Join(all, ", ") + "}"
}

// rate returns the rate of a counter.
func rate(c catalog.Counter, matchers ...string) string {
	return "rate(" + selector(c.String(), c.Metric(), matchers...) + "[$__rate_interval])"
}

// gauge returns the value of a gauge.
func gauge(g catalog.Gauge, matchers ...string) string {
	return selector(g.String(), g.Metric(), matchers...)
}

// count returns the rate at which a histogram is observed.
func count(h catalog.Histogram, matchers ...string) string {
	return "rate(" + selector(h.Count(), h.Metric(), matchers...) + "[$__rate_interval])"
}

// bucket returns the rates at which the classic buckets of a histogram grow.
func bucket(h catalog.Histogram, matchers ...string) string {
	return "rate(" + selector(h.Bucket(), h.Metric(), matchers...) + "[$__rate_interval])"
}

// quantile returns a quantile by labels: of the native buckets where there are
// any, else of the classic ones.
func quantile(q string, h catalog.Histogram, by string, matchers ...string) string {
	name, labels := h.String(), by
	if h.Metric().NativeFactor == 0 {
		name, labels = h.Bucket(), strings.TrimPrefix(by+", le", ", ")
	}
	return "histogram_quantile(" + q + ", " +
		sum(labels, "rate("+selector(name, h.Metric(), matchers...)+"[$__rate_interval])") + ")"
}

// sum adds up by labels, all together if by is empty.
func sum(by, expr string) string { return aggregate("sum", by, expr) }

func aggregate(op, by, expr string) string {
	if by == "" {
		return op + "(" + expr + ")"
	}
	return op + " by (" + by + ") (" + expr + ")"
}

// ratio divides, and is absent rather than NaN where there is nothing to divide by.
func ratio(part, whole string) string { return part + "\n  / (" + whole + " > 0)" }

// orZero shows 0 where part has no series yet and whole has.
func orZero(part, whole string) string { return "(" + part + "\n  or 0 * " + whole + ")" }
