package catalog

import (
	"fmt"
	"strconv"
	"strings"
)

// Page returns METRICS.md: every metric as a reader of dashboards and alerts
// wants to know it.
func Page() string {
	var b strings.Builder
	b.WriteString("# Metrics\n\n<!-- Written by go generate ./telemetry/catalog. Do not edit. -->\n\n" +
		"Every metric of hopscope, as `telemetry/catalog` declares it. A label's values are a closed set or names that\n" +
		"the configuration holds; series of a route, upstream or endpoint end when it is gone.\n")
	for t := CounterType; t <= HistogramType; t++ {
		fmt.Fprintf(&b, "\n## %ss\n", strings.ToUpper(t.String()[:1])+t.String()[1:])
		for _, m := range All() {
			if m.Type == t {
				writeMetric(&b, m)
			}
		}
	}
	b.WriteString("\n## From libraries and Prometheus\n\n| name | source | labels |\n|---|---|---|\n")
	for _, e := range Externals() {
		labels := strings.Join(e.Labels, ", ")
		if e.Labels == nil {
			labels = "as the source has them"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", e.Name, e.Source, labels)
	}
	return b.String()
}

func writeMetric(b *strings.Builder, m *Metric) {
	fmt.Fprintf(b, "\n### %s\n%s\n", m.Name, m.Help)
	if m.Unit != None {
		fmt.Fprintf(b, "\nUnit: %s.\n", m.Unit)
	}
	if len(m.Labels) > 0 {
		b.WriteString("\n| label | meaning | values |\n|---|---|---|\n")
		for _, l := range m.Labels {
			values := l.Bound
			if l.Values != nil {
				values = "`" + strings.Join(l.Values, "` `") + "`"
			}
			fmt.Fprintf(b, "| %s | %s | %s |\n", l.Name, l.Help, values)
		}
	}
	if m.Type != HistogramType {
		return
	}
	bounds := make([]string, len(m.Buckets))
	for i, u := range m.Buckets {
		bounds[i] = strconv.FormatFloat(u, 'g', -1, 64)
	}
	fmt.Fprintf(b, "\nBuckets: %s: %s.", strings.Join(bounds, ", "), m.Why)
	if m.NativeFactor > 0 {
		fmt.Fprintf(b, " Native buckets too, each at most %g times the one before; exemplars from sampled traces.", m.NativeFactor)
	}
	b.WriteString("\n")
}
