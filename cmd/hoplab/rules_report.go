package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/hopscope/hopscope/rules_test/lab"
	"github.com/hopscope/hopscope/rules_test/report"
)

const reportHelp = `
Usage: hoplab rules report [SCENARIO ...] [flags]

Draws what the rules do on every scenario of the lab, or on those named, into one
HTML file that needs no network: the matrix with times of detection against their
budgets, each alert's value against its threshold over time, when it was pending,
fired and ended, and why. --mutants and --coverage add what mutation and coverage
found.
`

// runRulesReport writes the report.
func runRulesReport(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	f := newLabFlags("rules report", reportHelp)
	out := f.String("out", "rules-report.html", "write the page to `FILE`")
	phases := f.Int("phases", 5, "at `N` phases of the evaluation interval")
	mutants := f.String("mutants", "", "`FILE` (JSON) with the survivors of a mutation run")
	coverage := f.String("coverage", "", "`FILE` (JSON) with the coverage of the rules")
	l, chosen, code, ok := f.start(args, stdout, stderr)
	if !ok {
		return code
	}
	if *phases < 1 || *phases > 1000 {
		return f.wrong(stderr, "--phases %d: want 1 to 1000", *phases)
	}
	r, err := buildReport(ctx, l, *mutants, *coverage, report.Options{
		Scenarios: chosen, Phases: *phases, Why: true, Progress: newProgress(stderr, "scenarios").scenario,
	})
	if err == nil {
		err = os.MkdirAll(filepath.Dir(*out), 0o755)
	}
	if err == nil {
		err = writeFile(*out, r.WriteHTML)
	}
	if err != nil {
		return f.failed(stderr, err)
	}
	info, err := os.Stat(*out)
	if err != nil {
		return f.failed(stderr, err)
	}
	fmt.Fprintf(stdout, "%s: %d scenarios, %d alerts, %d not as expected; %d kB\n",
		*out, len(r.Scenarios), len(r.Alerts), r.Problems(), (info.Size()+999)/1000)
	return exitOK
}

// buildReport reads what others found before it runs the scenarios, so that a
// wrong file is told at once.
func buildReport(ctx context.Context, l *lab.Lab, mutants, coverage string, opts report.Options) (*report.Report, error) {
	var m *report.Mutants
	var c *report.Coverage
	var err error
	if mutants != "" {
		if m, err = report.ReadMutants(mutants); err != nil {
			return nil, err
		}
	}
	if coverage != "" {
		if c, err = report.ReadCoverage(coverage); err != nil {
			return nil, err
		}
	}
	r, err := report.Build(ctx, l, opts)
	if err != nil {
		return nil, err
	}
	r.Mutants, r.Coverage = m, c
	return r, nil
}
