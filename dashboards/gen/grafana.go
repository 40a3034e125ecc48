package main

// The parts of Grafana's classic dashboard model (schemaVersion 42, which Grafana
// 12 and 13 load) that these dashboards use.

type dashboard struct {
	UID           string      `json:"uid"`
	Title         string      `json:"title"`
	Description   string      `json:"description"`
	Tags          []string    `json:"tags"`
	SchemaVersion int         `json:"schemaVersion"`
	Version       int         `json:"version"`
	Editable      bool        `json:"editable"`
	GraphTooltip  int         `json:"graphTooltip"` // 1: one crosshair for all panels
	Refresh       string      `json:"refresh"`
	Timezone      string      `json:"timezone"`
	Time          timeRange   `json:"time"`
	Annotations   annotations `json:"annotations"`
	Templating    templating  `json:"templating"`
	Links         []link      `json:"links"`
	Panels        []panelJSON `json:"panels"`
}

type timeRange struct {
	From string `json:"from"`
	To   string `json:"to"`
}

type datasource struct {
	Type string `json:"type"`
	UID  string `json:"uid"`
}

type annotations struct {
	List []annotation `json:"list"`
}

type annotation struct {
	Name        string     `json:"name"`
	Datasource  datasource `json:"datasource"`
	Enable      bool       `json:"enable"`
	Expr        string     `json:"expr"`
	IconColor   string     `json:"iconColor"`
	Step        string     `json:"step"`
	TitleFormat string     `json:"titleFormat"`
	TextFormat  string     `json:"textFormat"`
	TagKeys     string     `json:"tagKeys"`
}

type templating struct {
	List []variable `json:"list"`
}

type variable struct {
	Name        string      `json:"name"`
	Label       string      `json:"label"`
	Description string      `json:"description"`
	Type        string      `json:"type"` // datasource | query | textbox
	Query       any         `json:"query"`
	Datasource  *datasource `json:"datasource,omitempty"`
	Definition  string      `json:"definition,omitempty"`
	Refresh     int         `json:"refresh,omitempty"` // 2: when the time range changes
	Sort        int         `json:"sort,omitempty"`    // 1: by name
	Multi       bool        `json:"multi"`
	IncludeAll  bool        `json:"includeAll"`
	AllValue    string      `json:"allValue,omitempty"`
	Current     any         `json:"current,omitempty"`
	Hide        int         `json:"hide"`
}

type variableQuery struct {
	Query string `json:"query"`
	RefID string `json:"refId"`
}

type link struct {
	Title       string   `json:"title"`
	Type        string   `json:"type"` // dashboards | link
	Tags        []string `json:"tags"`
	URL         string   `json:"url"`
	Icon        string   `json:"icon"`
	Tooltip     string   `json:"tooltip"`
	AsDropdown  bool     `json:"asDropdown"`
	IncludeVars bool     `json:"includeVars"`
	KeepTime    bool     `json:"keepTime"`
	TargetBlank bool     `json:"targetBlank"`
}

type panelJSON struct {
	ID          int          `json:"id"`
	Type        string       `json:"type"` // row, or a kind's name
	Title       string       `json:"title"`
	Description string       `json:"description,omitempty"`
	GridPos     gridPos      `json:"gridPos"`
	Datasource  *datasource  `json:"datasource,omitempty"`
	Targets     []target     `json:"targets,omitempty"`
	FieldConfig *fieldConfig `json:"fieldConfig,omitempty"`
	Options     any          `json:"options,omitempty"`
	Transforms  []transform  `json:"transformations,omitempty"`
	Links       []dataLink   `json:"links,omitempty"`
	Collapsed   *bool        `json:"collapsed,omitempty"` // rows
	Panels      *[]panelJSON `json:"panels,omitempty"`    // rows: empty while they are expanded
}

type gridPos struct {
	H int `json:"h"`
	W int `json:"w"`
	X int `json:"x"`
	Y int `json:"y"`
}

type target struct {
	RefID        string     `json:"refId"`
	Datasource   datasource `json:"datasource"`
	Expr         string     `json:"expr"`
	LegendFormat string     `json:"legendFormat"`
	EditorMode   string     `json:"editorMode"`
	Range        bool       `json:"range"`
	Format       string     `json:"format,omitempty"` // heatmap | table; else as series
	Instant      bool       `json:"instant"`
	Exemplar     bool       `json:"exemplar"`
}

type fieldConfig struct {
	Defaults  fieldDefaults `json:"defaults"`
	Overrides []override    `json:"overrides"`
}

// override changes properties of the fields that it matches.
type override struct {
	Matcher    matcher    `json:"matcher"`
	Properties []property `json:"properties"`
}

type matcher struct {
	ID      string `json:"id"` // byName
	Options string `json:"options"`
}

type property struct {
	ID    string `json:"id"` // as in fieldDefaults; custom.x for one of Custom
	Value any    `json:"value"`
}

type fieldDefaults struct {
	Unit       string     `json:"unit"`
	Min        *float64   `json:"min,omitempty"`
	Max        *float64   `json:"max,omitempty"`
	Color      *color     `json:"color,omitempty"`
	Mappings   []mapping  `json:"mappings,omitempty"`
	Links      []dataLink `json:"links,omitempty"`
	Custom     any        `json:"custom,omitempty"`
	Thresholds thresholds `json:"thresholds"`
}

type thresholds struct {
	Mode  string      `json:"mode"`
	Steps []threshold `json:"steps"`
}

type threshold struct {
	Color string   `json:"color"`
	Value *float64 `json:"value"` // null: from minus infinity
}

type color struct {
	Mode string `json:"mode"` // thresholds
}

// mapping shows words instead of values.
type mapping struct {
	Type    string               `json:"type"` // value
	Options map[string]stateText `json:"options"`
}

type stateText struct {
	Text  string `json:"text"`
	Color string `json:"color"`
	Index int    `json:"index"`
}

type dataLink struct {
	Title       string `json:"title"`
	URL         string `json:"url"`
	TargetBlank bool   `json:"targetBlank"`
}
