package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/hopscope/hopscope/rules_test/coverage"
	"github.com/hopscope/hopscope/rules_test/lab"
	"github.com/hopscope/hopscope/rules_test/mutate"
	"github.com/hopscope/hopscope/rules_test/report"
	"github.com/hopscope/hopscope/rules_test/ruleset"
)

const reportHelp = `
Usage: hoplab rules report [SCENARIO ...] [flags]

Draws what the rules do on every scenario of the lab, or on those named, into one
HTML file that needs no network: the matrix with times of detection against their
budgets, each alert's value against its threshold over time, when it was pending,
fired and ended, and why; then what the scenarios reach of the rules, and which
mutants survive, unless --quick leaves that out.
`

// runRulesReport writes the report.
func runRulesReport(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	f := newLabFlags("rules report", reportHelp)
	out := f.String("out", "rules-report.html", "write the page to `FILE`")
	phases := f.Int("phases", 5, "at `N` phases of the evaluation interval")
	quick := f.Bool("quick", false, "without coverage and mutants")
	l, chosen, code, ok := f.start(args, stdout, stderr)
	if !ok {
		return code
	}
	if *phases < 1 || *phases > 1000 {
		return f.wrong(stderr, "--phases %d: want 1 to 1000", *phases)
	}
	r, err := report.Build(ctx, l, report.Options{
		Scenarios: chosen, Phases: *phases, Why: true, Progress: newProgress(stderr, "scenarios").scenario,
	})
	if err == nil && !*quick {
		err = addWorth(ctx, l, r, chosen, stderr)
	}
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

// addWorth adds coverage and mutants to the report.
func addWorth(ctx context.Context, l *lab.Lab, r *report.Report, chosen []*lab.Scenario, stderr io.Writer) error {
	covered, err := coverage.Run(ctx, l, coverage.Options{Scenarios: chosen, Long: true})
	if err != nil {
		return err
	}
	progress := newProgress(stderr, "mutants")
	mutants, err := mutate.Run(ctx, l, mutate.Options{
		Scenarios: chosen, Rules: l.Set.Rules(), Long: true, Phases: 1,
		Progress: func(done, all int, rule *ruleset.Rule) { progress.step(done, all, rule.Name()) },
	})
	if err != nil {
		return err
	}
	r.Coverage, r.Mutants = report.NewCoverage(covered), report.NewMutants(mutants)
	return nil
}
