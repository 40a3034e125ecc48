package report

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/template"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/plan"
)

//go:embed benchmarks.md.tmpl
var document string

// Markdown returns the document about the results. picture is the path of what
// SVG returned, from the document.
func Markdown(r *Results, picture string) (string, error) {
	t, err := template.New("benchmarks").Parse(document)
	if err != nil {
		return "", err
	}
	met, measured := 0, 0
	for _, v := range r.Verdicts() {
		if v.Measured {
			measured++
		}
		if v.Met {
			met++
		}
	}
	var b strings.Builder
	err = t.Execute(&b, map[string]any{
		"Picture": picture, "Date": strings.SplitN(r.Date, "T", 2)[0], "Command": r.Command, "Rounds": r.Rounds, "Machine": r.Machine,
		"Versions": versions(r), "Met": met, "Measured": measured, "Goals": goalTable(r), "Results": resultTable(r),
		"Variants": variantTable(r), "W2": fieldList(), "Unique": "`" + strings.Join(plan.UniqueFields(), "`, `") + "`",
	})
	return b.String(), err
}

func versions(r *Results) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(r.Version)) {
		fmt.Fprintf(&b, "| %s | %s |\n", name, r.Version[name])
	}
	return b.String()
}

func fieldList() string {
	var all []string
	for _, f := range plan.GRPCFields() {
		all = append(all, f.Name)
	}
	return "`" + strings.Join(all, "`, `") + "`"
}

// goalTable holds every goal against the results.
func goalTable(r *Results) string {
	var b strings.Builder
	b.WriteString("| work | measure | goal | measured | met |\n|---|---|---|---|---|\n")
	for _, v := range r.Verdicts() {
		w, _ := plan.Find(v.Workload)
		got := v.Got.String()
		if v.Measured && v.To == "" {
			got += " " + w.Unit(v.Metric)
		}
		fmt.Fprintf(&b, "| %s | %s | ≤ %s | %s | %s |\n", w.Title, measure(w, v.Goal), limit(w, v.Goal), got, v.Word())
	}
	return b.String()
}

// mainProxies are the columns of the results.
var mainProxies = []string{plan.Hopscope, plan.Nghttpx, plan.HAProxy, plan.Reverse}

func resultTable(r *Results) string {
	var b strings.Builder
	b.WriteString("| work | measure |")
	for _, p := range mainProxies {
		fmt.Fprintf(&b, " %s |", plan.Title(p))
	}
	b.WriteString("\n|---|---|" + strings.Repeat("---|", len(mainProxies)) + "\n")
	for _, w := range plan.Workloads() {
		for _, metric := range plan.Metrics() {
			if !measured(r, w, metric) {
				continue
			}
			fmt.Fprintf(&b, "| %s | %s, %s |", w.Title, w.Measure(metric), w.Unit(metric))
			for _, p := range mainProxies {
				fmt.Fprintf(&b, " %s |", r.Stat(w.ID, metric, p))
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

func measured(r *Results, w plan.Workload, metric string) bool {
	return slices.ContainsFunc(w.Proxies, func(p string) bool { return r.Stat(w.ID, metric, p).N > 0 })
}

// variantTable sets hopscope beside itself.
func variantTable(r *Results) string {
	var b strings.Builder
	ours := []string{plan.Hopscope, plan.Quiet, plan.TwoCores}
	b.WriteString("| work | measure | one thread, telemetry on | telemetry off | two threads |\n|---|---|---|---|---|\n")
	for _, w := range plan.Workloads() {
		if !slices.Contains(w.Proxies, plan.Quiet) {
			continue
		}
		fmt.Fprintf(&b, "| %s | %s, %s |", w.Title, w.Measure(plan.CPU), w.Unit(plan.CPU))
		for _, p := range ours {
			fmt.Fprintf(&b, " %s |", r.Stat(w.ID, plan.CPU, p))
		}
		b.WriteString("\n")
	}
	return b.String()
}
