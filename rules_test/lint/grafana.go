package lint

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"time"
)

// Dashboard is what checks read of a Grafana dashboard.
type Dashboard struct {
	Name               string // of its file
	UID                string
	Title, Description string
	Variables          []string
	Panels             []Panel // that query something, in the file's order
	Queries            []Query
}

// Panel is what draws some of a dashboard's queries.
type Panel struct {
	ID          int
	Title, Type string
	Exprs       []string // with their variables
}

// Query is a PromQL expression of a dashboard, with its variables.
type Query struct {
	Expr string
	Line int // of the file
	// Listed: a variable lists its labels, its values are not read.
	Listed bool
}

// Dashboards reads the dashboards in fsys, *.json.
func Dashboards(fsys fs.FS) ([]Dashboard, error) {
	names, err := fs.Glob(fsys, "*.json")
	if err != nil {
		return nil, err
	}
	var all []Dashboard
	for _, name := range names {
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		d, err := parseDashboard(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		d.Name = name
		all = append(all, d)
	}
	return all, nil
}

// DashboardQueries returns every PromQL expression in the JSON of a Grafana
// dashboard: of panels, annotations, and the series that variables list.
func DashboardQueries(dashboard []byte) ([]string, error) {
	d, err := parseDashboard(dashboard)
	var queries []string
	for _, q := range d.Queries {
		queries = append(queries, q.Expr)
	}
	return queries, err
}

type panel struct {
	ID          int
	Title, Type string
	Targets     []target
	Panels      []panel // of a row that is folded
}

type target struct{ Expr string }

func parseDashboard(text []byte) (Dashboard, error) {
	var d struct {
		UID, Title, Description string
		Panels                  []panel
		Annotations             struct{ List []target }
		Templating              struct {
			List []struct{ Name, Definition string }
		}
	}
	if err := json.Unmarshal(text, &d); err != nil {
		return Dashboard{}, err
	}
	out := Dashboard{UID: d.UID, Title: d.Title, Description: d.Description}
	add := func(expr string, listed bool) {
		if expr != "" {
			out.Queries = append(out.Queries, Query{expr, LineOf(text, expr), listed})
		}
	}
	var walk func([]panel)
	walk = func(panels []panel) {
		for _, p := range panels {
			drawn := Panel{ID: p.ID, Title: p.Title, Type: p.Type}
			for _, t := range p.Targets {
				add(t.Expr, false)
				if t.Expr != "" {
					drawn.Exprs = append(drawn.Exprs, t.Expr)
				}
			}
			if drawn.Exprs != nil {
				out.Panels = append(out.Panels, drawn)
			}
			walk(p.Panels)
		}
	}
	walk(d.Panels)
	for _, a := range d.Annotations.List {
		add(a.Expr, false)
	}
	for _, v := range d.Templating.List {
		out.Variables = append(out.Variables, v.Name)
		// label_values(SERIES, LABEL)
		if inner, ok := strings.CutPrefix(v.Definition, "label_values("); ok {
			if comma := strings.LastIndex(inner, ","); comma >= 0 {
				add(inner[:comma], true)
			}
		}
	}
	return out, nil
}

// LineOf returns the line of a JSON text that holds a string, 1 if it was written
// with escapes that differ from Go's.
func LineOf(text []byte, s string) int {
	var quoted bytes.Buffer
	e := json.NewEncoder(&quoted)
	e.SetEscapeHTML(bytes.Contains(text, []byte(`\u003`)))
	if e.Encode(s) != nil {
		return 1
	}
	at := bytes.Index(text, bytes.Trim(quoted.Bytes(), "\"\n"))
	return bytes.Count(text[:max(at, 0)], []byte("\n")) + 1
}

// Expand replaces the variables of a dashboard's query as Grafana does when
// everything is chosen: in strings by a pattern that all match, in ranges by
// rateInterval, elsewhere by 1. $__rate_interval is four scrape intervals unless
// set otherwise.
func Expand(expr string, rateInterval time.Duration) string {
	var out strings.Builder
	quote, brackets := byte(0), 0
	for i := 0; i < len(expr); i++ {
		c := expr[i]
		if name := variable(expr[i:]); name > 0 {
			switch {
			case quote != 0:
				matchAll(&out, quote)
			case brackets > 0 || strings.Contains(expr[i:i+name], "__"):
				out.WriteString(rateInterval.String())
			default:
				out.WriteByte('1')
			}
			i += name - 1
			continue
		}
		switch {
		case quote != 0 && c == '\\' && quote != '`' && i+1 < len(expr):
			out.WriteByte(c)
			i++
			c = expr[i]
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && strings.IndexByte("\"'`", c) >= 0:
			quote = c
		case quote == 0 && c == '[':
			brackets++
		case quote == 0 && c == ']':
			brackets--
		}
		out.WriteByte(c)
	}
	return out.String()
}

// matchAll writes the pattern for a variable. A matcher that compares for equality
// becomes one that compares with a pattern.
func matchAll(out *strings.Builder, quote byte) {
	text := out.String()
	if head, ok := strings.CutSuffix(text, "="+string(quote)); ok && !strings.HasSuffix(head, "!") {
		out.Reset()
		out.WriteString(head + "=~" + string(quote))
	}
	out.WriteString(".*")
}

// variable returns the length of the variable that s begins with, 0: none.
func variable(s string) int {
	switch {
	case strings.HasPrefix(s, "${"):
		return strings.IndexByte(s, '}') + 1
	case strings.HasPrefix(s, "[["):
		if end := strings.Index(s, "]]"); end > 0 {
			return end + 2
		}
	case strings.HasPrefix(s, "$"):
		n := 1
		for n < len(s) && (s[n] == '_' || s[n] >= '0' && s[n] <= '9' || s[n]|0x20 >= 'a' && s[n]|0x20 <= 'z') {
			n++
		}
		if n > 1 {
			return n
		}
	}
	return 0
}
