package main

// What Grafana's panel types take as options and as custom of their fields.

type curve struct {
	DrawStyle   string `json:"drawStyle"`
	LineWidth   int    `json:"lineWidth"`
	FillOpacity int    `json:"fillOpacity"`
	ShowPoints  string `json:"showPoints"`
	SpanNulls   bool   `json:"spanNulls"`
	AxisSoftMin int    `json:"axisSoftMin"`
}

type timeseriesOptions struct {
	Legend  legend  `json:"legend"`
	Tooltip tooltip `json:"tooltip"`
}

type legend struct {
	ShowLegend  bool     `json:"showLegend"`
	DisplayMode string   `json:"displayMode"`
	Placement   string   `json:"placement"`
	Calcs       []string `json:"calcs"`
}

type tooltip struct {
	Mode string `json:"mode"`
	Sort string `json:"sort"`
}

type statOptions struct {
	ColorMode     string        `json:"colorMode"`
	GraphMode     string        `json:"graphMode"`
	JustifyMode   string        `json:"justifyMode"`
	TextMode      string        `json:"textMode"`
	ReduceOptions reduceOptions `json:"reduceOptions"`
}

type reduceOptions struct {
	Calcs  []string `json:"calcs"`
	Fields string   `json:"fields"`
	Values bool     `json:"values"`
}

type gaugeOptions struct {
	Orientation          string        `json:"orientation"`
	ReduceOptions        reduceOptions `json:"reduceOptions"`
	ShowThresholdLabels  bool          `json:"showThresholdLabels"`
	ShowThresholdMarkers bool          `json:"showThresholdMarkers"`
	Sizing               string        `json:"sizing"`
}

type heatmapOptions struct {
	Calculate    bool             `json:"calculate"` // false: the data is in buckets already
	CellGap      int              `json:"cellGap"`
	CellValues   unitOption       `json:"cellValues"`
	Color        heatmapColor     `json:"color"`
	Exemplars    heatmapExemplars `json:"exemplars"`
	FilterValues heatmapFilter    `json:"filterValues"`
	Legend       heatmapLegend    `json:"legend"`
	RowsFrame    heatmapRows      `json:"rowsFrame"`
	ShowValue    string           `json:"showValue"`
	Tooltip      heatmapTooltip   `json:"tooltip"`
	YAxis        heatmapAxis      `json:"yAxis"`
}

type unitOption struct {
	Unit string `json:"unit"`
}

type heatmapColor struct {
	Mode     string  `json:"mode"`
	Scheme   string  `json:"scheme"`
	Fill     string  `json:"fill"` // used where the mode is opacity
	Scale    string  `json:"scale"`
	Exponent float64 `json:"exponent"`
	Steps    int     `json:"steps"`
	Reverse  bool    `json:"reverse"`
}

type heatmapExemplars struct {
	Color string `json:"color"`
}

type heatmapFilter struct {
	LE float64 `json:"le"` // cells up to this are not drawn
}

type heatmapLegend struct {
	Show bool `json:"show"`
}

type heatmapRows struct {
	Layout string `json:"layout"`
}

type heatmapTooltip struct {
	Mode           string `json:"mode"`
	ShowColorScale bool   `json:"showColorScale"`
	YHistogram     bool   `json:"yHistogram"`
}

type heatmapAxis struct {
	AxisPlacement string `json:"axisPlacement"`
	Reverse       bool   `json:"reverse"`
	Unit          string `json:"unit"`
}

type heatmapCustom struct {
	HideFrom hideFrom `json:"hideFrom"`
}

type hideFrom struct {
	Legend  bool `json:"legend"`
	Tooltip bool `json:"tooltip"`
	Viz     bool `json:"viz"`
}

type timelineOptions struct {
	AlignValue  string  `json:"alignValue"`
	Legend      legend  `json:"legend"`
	MergeValues bool    `json:"mergeValues"` // of equal ones that follow each other
	RowHeight   float64 `json:"rowHeight"`
	ShowValue   string  `json:"showValue"`
	Tooltip     tooltip `json:"tooltip"`
}

type timelineCustom struct {
	LineWidth   int  `json:"lineWidth"`
	FillOpacity int  `json:"fillOpacity"`
	SpanNulls   bool `json:"spanNulls"`
}

type tableOptions struct {
	ShowHeader bool     `json:"showHeader"`
	CellHeight string   `json:"cellHeight"`
	SortBy     []sortBy `json:"sortBy"`
}

type sortBy struct {
	DisplayName string `json:"displayName"`
	Desc        bool   `json:"desc"`
}

type tableCustom struct {
	Align       string     `json:"align"`
	CellOptions typeOption `json:"cellOptions"`
	Inspect     bool       `json:"inspect"`
}

type typeOption struct {
	Type string `json:"type"`
}
