package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/url"

	"github.com/hopscope/hopscope/telemetry/catalog"
)

const columns = 24 // of Grafana's grid

var prometheus = datasource{Type: "prometheus", UID: "${datasource}"}

// render returns the dashboard's JSON.
func render(b board) ([]byte, error) {
	d := dashboard{
		UID: b.uid, Title: b.title, Description: b.about, Tags: []string{"hopscope"},
		SchemaVersion: 42, Version: 1, GraphTooltip: 1, Refresh: "10s", Timezone: "browser",
		Time:        timeRange{"now-30m", "now"},
		Annotations: annotations{List: []annotation{alertAnnotation()}},
		Templating:  templating{List: variables()},
		Links: []link{
			{
				Title: "hopscope", Type: "dashboards", Tags: []string{"hopscope"}, Icon: "external link",
				Tooltip: "the other dashboards, at the same time", IncludeVars: true, KeepTime: true,
			},
			{
				Title: "Jaeger", Type: "link", Tags: []string{}, URL: "${jaeger}/search?service=hopscope", Icon: "bolt",
				Tooltip: "traces of the gateway", TargetBlank: true,
			},
		},
	}
	id, y := 0, 0
	next := func() int { id++; return id }
	for _, r := range b.rows {
		collapsed := false
		d.Panels = append(d.Panels, panelJSON{
			ID: next(), Type: "row", Title: r.title, GridPos: gridPos{1, columns, 0, y}, Collapsed: &collapsed, Panels: &[]panelJSON{},
		})
		y++
		x, lowest := 0, y
		for _, p := range r.panels {
			k := p.drawn()
			w, h := cmp.Or(p.wide, k.width), k.height
			if x+w > columns {
				x, y = 0, lowest
			}
			d.Panels = append(d.Panels, renderPanel(p, k, next(), gridPos{h, w, x, y}))
			x, lowest = x+w, max(lowest, y+h)
		}
		y = lowest
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(d)
	return out.Bytes(), err
}

// drawn returns the panel's kind.
func (p panel) drawn() kind {
	if p.kind.name == "" {
		return graph()
	}
	return p.kind
}

func renderPanel(p panel, k kind, id int, at gridPos) panelJSON {
	j := panelJSON{
		ID: id, Type: k.name, Title: p.title, Description: p.about, GridPos: at, Datasource: &prometheus, Options: k.options,
		FieldConfig: &fieldConfig{
			Defaults:  fieldDefaults{Unit: p.unit, Min: k.min, Max: k.max, Mappings: k.mappings, Custom: k.custom, Thresholds: steps(p.warn, p.bad)},
			Overrides: []override{},
		},
	}
	if k.byThreshold {
		j.FieldConfig.Defaults.Color = &color{"thresholds"}
	}
	if k.format == "table" {
		j.Transforms, j.FieldConfig.Overrides = columnsOf(p)
	}
	if p.traces.tag != "" {
		j.FieldConfig.Defaults.Links = []dataLink{{
			Title: "Traces in Jaeger", TargetBlank: true,
			URL: "${jaeger}/search?service=hopscope&tags=" +
				url.QueryEscape(`{"`+p.traces.tag+`":"`) + "${__field.labels." + p.traces.label + "}" + url.QueryEscape(`"}`),
		}}
	}
	for i, q := range p.queries {
		j.Targets = append(j.Targets, target{
			RefID: refID(i), Datasource: prometheus, Expr: q.expr, LegendFormat: q.legend,
			EditorMode: "code", Range: !k.instant, Instant: k.instant, Format: k.format, Exemplar: p.exemplars,
		})
	}
	return j
}

// refID names the i-th query of a panel.
func refID(i int) string { return string(rune('A' + i)) }

func steps(warn, bad float64) thresholds {
	t := thresholds{Mode: "absolute", Steps: []threshold{{Color: "green"}}}
	if warn > 0 {
		t.Steps = append(t.Steps, threshold{"orange", &warn})
	}
	if bad > 0 {
		t.Steps = append(t.Steps, threshold{"red", &bad})
	}
	return t
}

func alertAnnotation() annotation {
	return annotation{
		Name: "Firing alerts", Datasource: prometheus, Enable: true, IconColor: "red",
		Expr: `ALERTS{alertstate="firing", alertname=~"Hopscope.*"}`, Step: "15s",
		TitleFormat: "{{alertname}}", TextFormat: "{{route}} {{upstream}} {{endpoint}} {{instance}}", TagKeys: "severity",
	}
}

func variables() []variable {
	builds := catalog.BuildInfo.String()
	return []variable{
		{
			Name: "datasource", Label: "Data source", Description: "the Prometheus that scrapes the gateways",
			Type: "datasource", Query: "prometheus", Current: map[string]string{"text": "Prometheus", "value": "prometheus"},
		},
		labelVariable("job", "Job", "scrape jobs", builds),
		labelVariable("instance", "Gateway", "gateways", builds+`{job=~"$job"}`),
		labelVariable(catalog.LabelRoute, "Route", "routes", catalog.RequestsTotal.String()+`{job=~"$job"}`),
		labelVariable(catalog.LabelUpstream, "Upstream", "upstreams", catalog.RequestsTotal.String()+`{job=~"$job"}`),
		{
			Name: "jaeger", Label: "Jaeger", Description: "address of Jaeger's user interface, for links to traces",
			Type: "textbox", Query: "http://localhost:16686",
			Current: map[string]string{"text": "http://localhost:16686", "value": "http://localhost:16686"},
		},
	}
}

// labelVariable offers the values that a label has in the series of metric. All
// is the regular expression .*, which a series without the label matches, too.
func labelVariable(name, label, what, metric string) variable {
	q := "label_values(" + metric + ", " + name + ")"
	return variable{
		Name: name, Label: label, Description: "which " + what + " to show", Type: "query",
		Datasource: &prometheus, Definition: q, Query: variableQuery{q, "Variable"}, Refresh: 2, Sort: 1,
		Multi: true, IncludeAll: true, AllValue: ".*",
		Current: map[string]any{"text": []string{"All"}, "value": []string{"$__all"}},
	}
}
