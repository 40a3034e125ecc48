package replay

import (
	"context"
	"net/url"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/template"
)

// FailedTemplate begins the text that Prometheus puts in the place of a template
// that fails.
const FailedTemplate = "<error expanding template: "

// declarations are what Prometheus puts before every template (rules/alerting.go).
const declarations = "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}"

// expand fills in a template of an alert.
func expand(ctx context.Context, alert, text string, s promql.Sample, query template.QueryFunc) string {
	if !strings.Contains(text, "{{") {
		return text
	}
	data := template.AlertTemplateData(s.Metric.Map(), nil, "", s)
	out, err := template.NewTemplateExpander(ctx, declarations+text, "__alert_"+alert, data, model.Time(s.T), query, &url.URL{}, nil).Expand()
	if err != nil {
		return FailedTemplate + err.Error() + ">"
	}
	return out
}

// expandAll fills in the templates of several labels or annotations.
func expandAll(ctx context.Context, alert string, templates labels.Labels, s promql.Sample, query template.QueryFunc) labels.Labels {
	b := labels.NewScratchBuilder(templates.Len())
	templates.Range(func(l labels.Label) {
		b.Add(l.Name, expand(ctx, alert, l.Value, s, query))
	})
	return b.Labels()
}
