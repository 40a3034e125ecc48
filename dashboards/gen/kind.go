package main

// kind is how Grafana draws a panel, and what it wants for that.
type kind struct {
	name          string // of Grafana's panel type
	width, height int    // on the grid
	format        string // in which the data source answers; "": as series
	instant       bool   // only the present moment is asked for
	byThreshold   bool   // the value's colour is that of its threshold
	min, max      *float64
	mappings      []mapping // what stands for a value
	custom        any
	options       any
}

// stat is one large number, with its course behind it.
func stat() kind {
	return kind{name: "stat", width: 4, height: 4, options: statOptions{
		ColorMode: "value", GraphMode: "area", JustifyMode: "auto", TextMode: "auto", ReduceOptions: last(),
	}}
}

// share is a gauge: which part of a limit is in use.
func share() kind {
	nothing, all := 0.0, 1.0
	return kind{name: "gauge", width: 4, height: 4, byThreshold: true, min: &nothing, max: &all, options: gaugeOptions{
		Orientation: "auto", ShowThresholdMarkers: true, Sizing: "auto", ReduceOptions: last(),
	}}
}

// graph draws series over time.
func graph() kind {
	return kind{
		name: "timeseries", width: 8, height: 8,
		custom: curve{DrawStyle: "line", LineWidth: 1, FillOpacity: 10, ShowPoints: "never"},
		options: timeseriesOptions{
			Legend:  legend{ShowLegend: true, DisplayMode: "table", Placement: "bottom", Calcs: []string{"lastNotNull", "max"}},
			Tooltip: tooltip{Mode: "multi", Sort: "desc"},
		},
	}
}

// heatmap draws the buckets of a histogram over time. bounds is the unit of their
// bounds; the panel's own is that of what they count.
func heatmap(bounds, counted string) kind {
	return kind{name: "heatmap", width: 24, height: 8, format: "heatmap", custom: heatmapCustom{}, options: heatmapOptions{
		CellGap: 1,
		Color: heatmapColor{
			Mode: "scheme", Scheme: "Oranges", Fill: "dark-orange", Exponent: 0.5, Scale: "exponential", Steps: 64,
		},
		CellValues:   unitOption{counted},
		YAxis:        heatmapAxis{AxisPlacement: "left", Unit: bounds},
		FilterValues: heatmapFilter{1e-9},
		RowsFrame:    heatmapRows{"auto"},
		Legend:       heatmapLegend{true},
		Exemplars:    heatmapExemplars{"rgba(255,0,255,0.7)"},
		ShowValue:    "never",
		Tooltip:      heatmapTooltip{Mode: "single", ShowColorScale: true, YHistogram: true},
	}}
}

// timeline draws which state something was in over time.
func timeline(states ...mapping) kind {
	return kind{
		name: "state-timeline", width: 24, height: 8, mappings: states, byThreshold: true,
		custom: timelineCustom{LineWidth: 0, FillOpacity: 80},
		options: timelineOptions{
			MergeValues: true, ShowValue: "never", AlignValue: "left", RowHeight: 0.8,
			Legend:  legend{ShowLegend: true, DisplayMode: "list", Placement: "bottom", Calcs: []string{}},
			Tooltip: tooltip{Mode: "single", Sort: "none"},
		},
	}
}

// table shows one row for each combination of labels, now, with a column for each
// query.
func table() kind {
	return kind{
		name: "table", width: 24, height: 8, format: "table", instant: true,
		custom:  tableCustom{Align: "auto", CellOptions: typeOption{"auto"}},
		options: tableOptions{ShowHeader: true, CellHeight: "sm", SortBy: []sortBy{}},
	}
}

func last() reduceOptions { return reduceOptions{Calcs: []string{"lastNotNull"}} }

// state maps values to words, in the order of the values.
func state(texts ...stateText) mapping {
	m := mapping{Type: "value", Options: make(map[string]stateText)}
	for i, t := range texts {
		t.Index = i
		m.Options[string(rune('0'+i))] = t
	}
	return m
}
