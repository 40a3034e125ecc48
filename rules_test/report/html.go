package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
)

//go:embed page.html.tmpl
var pageText string

//go:embed style.css
var styleText string

//go:embed script.js
var scriptText string

// WriteHTML writes the report as one page that needs nothing else.
func (r *Report) WriteHTML(w io.Writer) error {
	t, err := template.New("page").Funcs(template.FuncMap{
		"percent": func(f float64) string { return fmt.Sprintf("%.1f", 100*f) },
		"share":   func(c *Coverage) float64 { return share(c.Covered()) },
		"used":    func(f float64) template.CSS { return template.CSS(fmt.Sprintf("--used:%.1f%%", 100*f)) },
	}).Parse(pageText)
	if err != nil {
		return err
	}
	p := r.view()
	p.Style, p.Script = template.CSS(styleText), template.JS(scriptText)
	return t.Execute(w, p)
}
