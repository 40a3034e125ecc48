package main

import (
	"bytes"
	"encoding/json"
	"net/url"

	"github.com/hopscope/hopscope/telemetry/catalog"
)

const (
	columns     = 24 // of Grafana's grid
	graphWidth  = 8
	graphHeight = 8
	statWidth   = 4
	statHeight  = 4
)

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
			w, h := graphWidth, graphHeight
			if p.stat {
				w, h = statWidth, statHeight
			}
			if x+w > columns {
				x, y = 0, lowest
			}
			d.Panels = append(d.Panels, renderPanel(p, next(), gridPos{h, w, x, y}))
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

func renderPanel(p panel, id int, at gridPos) panelJSON {
	j := panelJSON{
		ID: id, Type: "timeseries", Title: p.title, Description: p.about, GridPos: at, Datasource: &prometheus,
		FieldConfig: &fieldConfig{
			Defaults:  fieldDefaults{Unit: p.unit, Thresholds: steps(p)},
			Overrides: []any{},
		},
		Options: timeseriesOptions{
			Legend:  legend{ShowLegend: true, DisplayMode: "table", Placement: "bottom", Calcs: []string{"lastNotNull", "max"}},
			Tooltip: tooltip{Mode: "multi", Sort: "desc"},
		},
	}
	if p.stat {
		j.Type = "stat"
		j.Options = statOptions{
			ColorMode: "value", GraphMode: "area", JustifyMode: "auto", TextMode: "auto",
			ReduceOptions: reduceOptions{Calcs: []string{"lastNotNull"}},
		}
	} else {
		j.FieldConfig.Defaults.Custom = curve{DrawStyle: "line", LineWidth: 1, FillOpacity: 10, ShowPoints: "never"}
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
			RefID: string(rune('A' + i)), Datasource: prometheus, Expr: q.expr, LegendFormat: q.legend,
			EditorMode: "code", Range: true, Exemplar: p.exemplars,
		})
	}
	return j
}

func steps(p panel) thresholds {
	t := thresholds{Mode: "absolute", Steps: []threshold{{Color: "green"}}}
	if p.warn > 0 {
		t.Steps = append(t.Steps, threshold{"orange", &p.warn})
	}
	if p.bad > 0 {
		t.Steps = append(t.Steps, threshold{"red", &p.bad})
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
