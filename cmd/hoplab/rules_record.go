package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/record"
)

const recordHelp = `
Usage: hoplab rules record [SCENARIO ...] [flags]

Records the series of rules_test anew. For each scenario it starts the demo on
free ports, lets it run in peace, turns the fault on, then off, and writes what
Prometheus scraped of the gateway meanwhile: SCENARIO.series, in the notation of
promtool's tests, and SCENARIO.meta.yml, which says what happened when. Only
series that rules or dashboards name are kept, with up and scrape_*.

Run it in the project's folder, then go generate ./rules_test. Without a SCENARIO
all are recorded, which takes about four minutes for each.
`

// runRulesRecord records scenarios one after the other.
func runRulesRecord(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	f := newFlags("rules record", recordHelp)
	plan := record.DefaultPlan()
	out := f.String("out", "rules_test/series", "`DIR` to write the recordings to")
	rules := f.String("rules", "alerts", "`DIR` of the rule files")
	boards := f.String("dashboards", "dashboards", "`DIR` of the dashboards")
	f.StringVar(&plan.Binary, "gateway", "", "`PATH` of the hopscope program; the one beside hoplab if empty")
	f.DurationVar(&plan.Step, "step", plan.Step, "`time` between scrapes, whole seconds")
	f.DurationVar(&plan.Before, "before", plan.Before, "`time` in peace before the fault")
	f.DurationVar(&plan.During, "during", plan.During, "`time` that the fault lasts")
	f.DurationVar(&plan.After, "after", plan.After, "`time` to recover")
	names := record.ScenarioNames()
	words, code, ok := f.parse(args, 0, len(names), stdout, stderr)
	if !ok {
		return code
	}
	if len(words) == 0 {
		words = names
	}
	for _, w := range words {
		if !slices.Contains(names, w) {
			return f.wrong(stderr, "unknown scenario %q; there are %s", w, strings.Join(names, ", "))
		}
	}
	if plan.Binary == "" {
		plan.Binary = besideHoplab("hopscope")
	}
	version, err := exec.CommandContext(ctx, plan.Binary, "version").Output()
	if err != nil {
		return f.failed(stderr, fmt.Errorf("%s version: %w: make build builds the gateway", plan.Binary, err))
	}
	first, _, _ := strings.Cut(string(version), "\n")
	plan.Version = strings.TrimPrefix(strings.TrimSpace(first), "hopscope ")
	if plan.Keep, err = record.Referenced(os.DirFS(*rules), os.DirFS(*boards)); err != nil {
		return f.failed(stderr, err)
	}
	if err := os.MkdirAll(*out, 0o755); err != nil {
		return f.failed(stderr, err)
	}
	for _, w := range words {
		began := time.Now()
		rec, err := plan.Record(ctx, w)
		if err == nil {
			err = rec.Write(*out)
		}
		if err != nil {
			return f.failed(stderr, fmt.Errorf("%s: %w", w, err))
		}
		fmt.Fprintf(stdout, "%s: %d series, %d scrapes, in %s\n", w, len(rec.Series), rec.Meta.Scrapes, time.Since(began).Round(time.Second))
	}
	return exitOK
}
