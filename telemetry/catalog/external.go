package catalog

// External is a family that a library or Prometheus itself adds. A Name that
// ends in * stands for every name with that prefix. Labels nil: not checked.
type External struct {
	Name   string
	Source string
	Labels []string
}

// Externals returns the families that hopscope exposes or Prometheus adds
// beside it, and that rules and dashboards may name.
func Externals() []External {
	const (
		tracer = "jaeger-client-go"
		prom   = "Prometheus"
		client = "client_golang"
	)
	return []External{
		{"jaeger_tracer_reporter_spans_total", tracer, []string{"result"}},
		{"jaeger_tracer_reporter_queue_length", tracer, []string{}},
		{"jaeger_tracer_sampler_queries_total", tracer, []string{"result"}},
		{"jaeger_tracer_sampler_updates_total", tracer, []string{"result"}},
		{"jaeger_tracer_*", tracer, nil},
		{"go_*", client, nil},
		{"process_*", client, nil},
		{"up", prom, []string{}},
		{"scrape_duration_seconds", prom, []string{}},
		{"scrape_samples_scraped", prom, []string{}},
		{"scrape_samples_post_metric_relabeling", prom, []string{}},
		{"scrape_series_added", prom, []string{}},
		{"ALERTS", prom, []string{"alertname", "alertstate", "severity"}},
		{"ALERTS_FOR_STATE", prom, []string{"alertname", "severity"}},
	}
}

// TargetLabels are the labels that Prometheus adds to every series it scrapes.
func TargetLabels() []string { return []string{"instance", "job"} }
