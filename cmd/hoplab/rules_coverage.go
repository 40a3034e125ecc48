package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/hopscope/hopscope/rules_test/coverage"
)

const coverageHelp = `
Usage: hoplab rules coverage [SCENARIO ...] [flags]

Says which parts of the rules the scenarios of the lab, or those named, reach: every
rule has a value; every alert is pending, fires, ends, and stays silent where it
must; both sides of and, or, unless with and without the other; every comparison
true and false; every matcher lets a series in and keeps one out; every template is
filled in. Every gap is named with its file and line.
`

// runRulesCoverage prints the gaps and the percentages.
func runRulesCoverage(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	f := newLabFlags("rules coverage", coverageHelp)
	var opts coverage.Options
	least := f.Float64("min", 0, "exit code 1 if less than `PERCENT` of the alerts fire and stay silent")
	file := f.String("json", "", "write the report as JSON to `FILE`")
	f.BoolVar(&opts.Long, "long", false, "look at the scenarios of more than three hours, too")
	l, chosen, code, ok := f.start(args, stdout, stderr)
	if !ok {
		return code
	}
	if *least < 0 || *least > 100 {
		return f.wrong(stderr, "--min %g: want 0 to 100", *least)
	}
	opts.Scenarios = chosen
	opts.Progress = newProgress(stderr, "scenarios").scenario
	report, err := coverage.Run(ctx, l, opts)
	if err != nil {
		return f.failed(stderr, err)
	}
	err = report.WriteText(stdout)
	if *file != "" {
		err = errors.Join(err, writeFile(*file, report.WriteJSON))
	}
	if report.Alerts() < *least {
		err = errors.Join(err, fmt.Errorf("%.1f %% of the alerts fire and stay silent, want %g %%", report.Alerts(), *least))
	}
	if err != nil {
		return f.failed(stderr, err)
	}
	return exitOK
}
