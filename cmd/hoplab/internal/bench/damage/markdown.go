package damage

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/template"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/hostile"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/plan"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/report"
)

//go:embed security.md.tmpl
var document string

// Markdown returns the document about hopscope's security, with the results.
func Markdown(r *Results) (string, error) {
	t, err := template.New("security").Parse(document)
	if err != nil {
		return "", err
	}
	met, measured := Met(r.Verdicts())
	var b strings.Builder
	err = t.Execute(&b, map[string]any{
		"Date": strings.SplitN(r.Date, "T", 2)[0], "Command": r.Command, "Rounds": r.Rounds, "Parts": r.Parts, "Repeated": repeated(r), "Machine": r.Machine,
		"Versions": versions(r), "Rates": rates(r), "Met": met, "Measured": measured,
		"Margin": report.Number(Margin), "Slack": report.Number(Slack), "Noise": r.Noise(), "Grain": megabytes(Grain), "Swing": swing(r.Swing()), "Stolen": percent(r.Stolen()), "Watched": r.Watched, "Disturbed": r.Disturbed(), "Samples": len(r.Samples),
		"Goals": goalTable(r), "Attacks": attackTable(r),
	})
	return b.String(), err
}

// repeated names the attacks that have more rounds.
func repeated(r *Results) string {
	var all []string
	for _, a := range r.Repeated() {
		all = append(all, a.ID)
	}
	if all == nil {
		return "none in this run"
	}
	return strings.Join(all, ", ")
}

// swing writes bytes as MB.
func swing(s report.Stat) report.Stat {
	s.Median, s.Min, s.Max = s.Median/1e6, s.Min/1e6, s.Max/1e6
	return s
}

func percent(s report.Stat) report.Stat {
	s.Median, s.Min, s.Max = 100*s.Median, 100*s.Min, 100*s.Max
	return s
}

func versions(r *Results) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(r.Version)) {
		fmt.Fprintf(&b, "| %s | %s |\n", name, r.Version[name])
	}
	return b.String()
}

// proxies are the rows of each attack.
var proxies = []string{plan.Hopscope, plan.Nghttpx, plan.HAProxy}

func rates(r *Results) string {
	var all []string
	for _, p := range proxies {
		if rate, ok := r.Rate[p]; ok {
			all = append(all, fmt.Sprintf("%s %.0f", plan.Title(p), rate))
		}
	}
	return strings.Join(all, ", ")
}

// goalTable holds hopscope against the goals.
func goalTable(r *Results) string {
	var b strings.Builder
	b.WriteString("| attack | victim's p99 ÷ that beside the harmless peer | failed | met | memory, MB | better of the others, MB | met | ended with | right |\n")
	b.WriteString("|---|---|---|---|---|---|---|---|---|\n")
	for _, v := range r.Verdicts() {
		if !v.Measured {
			fmt.Fprintf(&b, "| %s | not measured | | | | | | | |\n", title(v.Attack))
			continue
		}
		fmt.Fprintf(
			&b, "| %s | %s | %d | %s | %s | %s | %s | %s | %s |\n", title(v.Attack), v.Slowdown, v.Failed, yes(v.Victim),
			megabytes(v.Growth), v.best(), yes(v.Memory), v.End, v.right(),
		)
	}
	return b.String()
}

// title names an attack, and where to read more of it.
func title(a hostile.Attack) string {
	if a.Refs == "" {
		return a.Title
	}
	return a.Title + " (" + a.Refs + ")"
}

// attackTable has a row for each attack and proxy.
func attackTable(r *Results) string {
	var b strings.Builder
	b.WriteString("| attack | proxy | alone | beside harmless | attacked | failed | memory, MB | ended with | after | at the origin |\n")
	b.WriteString("|---|---|---|---|---|---|---|---|---|---|\n")
	for _, a := range hostile.Attacks() {
		name := a.Title
		for _, p := range proxies {
			if samples := r.of(a.ID, p); len(samples) > 0 {
				fmt.Fprintf(&b, "| %s | %s | %s |\n", name, plan.Title(p), row(samples))
				name = ""
			}
		}
	}
	return b.String()
}

// row sums up an attack on a proxy.
func row(samples []Sample) string {
	latency := func(of func(Sample) Victim) string {
		p50 := statOf(calm(samples, of), func(s Sample) float64 { return of(s).P50 })
		p99 := statOf(calm(samples, of), func(s Sample) float64 { return of(s).P99 })
		return report.Number(p50.Median) + " / " + report.Number(p99.Median)
	}
	failed, requests, died := 0, 0, false
	for _, s := range samples {
		failed += s.Attacked.Failed
		requests += s.Attacked.Requests
		died = died || s.Died
	}
	long := watched(samples)
	end, after := usualEnd(long), "–"
	if ended := slices.DeleteFunc(slices.Clone(long), func(s Sample) bool { return s.End != end }); ended[0].EndedAfter > 0 {
		after = report.Number(statOf(ended, func(s Sample) float64 { return s.EndedAfter }).Median) + " s"
	}
	if died {
		end = "the proxy died"
	}
	lost := "0"
	if failed > 0 {
		lost = fmt.Sprintf("%.2g %%", 100*float64(failed)/float64(requests))
	}
	return strings.Join([]string{
		latency(quiet), latency(harmless), latency(attacked), lost,
		megabytes(statOf(long, func(s Sample) float64 { return float64(s.Growth) }).Median), end, after,
		fmt.Sprintf("%.0f", statOf(long, func(s Sample) float64 { return float64(s.Reached) }).Median),
	}, " | ")
}
