package main

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/record"
	"github.com/hopscope/hopscope/rules_test/recording"
)

const resortHelp = `
Usage: hoplab rules resort [SCENARIO ...] [flags]

Sorts recordings anew after rules or dashboards have changed: what rules read is
in SCENARIO.series, what only dashboards read in SCENARIO.panels.gz. Series that
neither read when they were recorded are not there: record those scenarios again.
`

// runRulesResort sorts recordings anew, all without a SCENARIO.
func runRulesResort(_ context.Context, args []string, stdout, stderr io.Writer) int {
	f := newFlags("rules resort", resortHelp)
	series := f.String("series", "rules_test/series", "`DIR` of the recordings")
	rules := f.String("rules", "alerts/*.rules.yml", "`GLOBS` of the rule files, with commas between; '' for none")
	dashboards := f.String("dashboards", "dashboards/*.json", "`GLOBS` of the dashboards; '' for none")
	const most = 1000 // scenarios; a bound for the parser, not for the work
	names, code, ok := f.parse(args, 0, most, stdout, stderr)
	if !ok {
		return code
	}
	r, err := readers(*rules, *dashboards)
	if err == nil && r == (record.Readers{}) {
		err = errors.New("--rules and --dashboards are both empty: nothing would be kept apart")
	}
	if err == nil && len(names) == 0 {
		names, err = recording.List(os.DirFS(*series))
	}
	if err != nil {
		return f.failed(stderr, err)
	}
	for _, name := range names {
		if err := r.Resort(os.DirFS(*series), *series, name); err != nil {
			return f.failed(stderr, err)
		}
	}
	return exitOK
}
