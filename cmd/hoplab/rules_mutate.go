package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/hopscope/hopscope/rules_test/lab"
	"github.com/hopscope/hopscope/rules_test/mutate"
	"github.com/hopscope/hopscope/rules_test/replay"
	"github.com/hopscope/hopscope/rules_test/ruleset"
)

const mutateHelp = `
Usage: hoplab rules mutate [SCENARIO ...] [flags]

Changes one thing of one rule at a time (an operator, a threshold, a matcher, an
aggregation, a range, for, keep_firing_for, a label) and asks the scenarios of the
lab, or those named, whether they tell the difference: a check of the generated
promtool files fails, or a verdict of the matrix changes. What survives is a change
that no test would notice.

A mutant that makes no difference is said to be so by a comment in its rule:
# equivalent: KIND REASON, or # equivalent: KIND[part of the change] REASON.
`

// runRulesMutate prints the survivors and the score.
func runRulesMutate(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	f := newLabFlags("rules mutate", mutateHelp)
	var opts mutate.Options
	alert := f.String("alert", "", "only `ALERT` and what it reads")
	since := f.String("since", "", "only rules that changed since `REVISION` of git, and what reads them")
	old := f.String("rules-old", "", "the same, compared with the rule files `GLOBS`")
	score := f.Float64("min-score", 0, "exit code 1 if less than `PERCENT` of the mutants are killed")
	file := f.String("json", "", "write the report as JSON to `FILE`")
	f.BoolVar(&opts.Long, "long", false, "run the scenarios of more than three hours, too")
	f.IntVar(&opts.Phases, "phases", 3, "recordings at `N` phases of the evaluation interval")
	l, chosen, code, ok := f.start(args, stdout, stderr)
	if !ok {
		return code
	}
	if opts.Phases < 1 || opts.Phases > 1000 {
		return f.wrong(stderr, "--phases %d: want 1 to 1000", opts.Phases)
	}
	if *score < 0 || *score > 100 {
		return f.wrong(stderr, "--min-score %g: want 0 to 100", *score)
	}
	var err error
	if opts.Rules, err = rulesToMutate(ctx, l, *alert, *since, *old); err != nil {
		return f.failed(stderr, err)
	}
	opts.Scenarios = chosen
	progress := newProgress(stderr, "mutants")
	opts.Progress = func(done, all int, r *ruleset.Rule) { progress.step(done, all, r.Name()) }
	report, err := mutate.Run(ctx, l, opts)
	if err != nil {
		return f.failed(stderr, err)
	}
	err = report.WriteText(stdout)
	if *file != "" {
		err = errors.Join(err, writeFile(*file, report.WriteJSON))
	}
	if report.Score() < *score {
		err = errors.Join(err, fmt.Errorf("%.2f %% of the mutants are killed, want %g %%: add scenarios that tell the survivors, or say in the rule why they make no difference", report.Score(), *score))
	}
	if len(report.Stale) > 0 {
		err = errors.Join(err, errors.New(strings.Join(report.Stale, "\n")))
	}
	if err != nil {
		return f.failed(stderr, err)
	}
	return exitOK
}

// rulesToMutate returns the rules that the flags ask for; nil: all.
func rulesToMutate(ctx context.Context, l *lab.Lab, alert, since, old string) ([]*ruleset.Rule, error) {
	rules := l.Set.Rules()
	if alert != "" {
		if !slices.Contains(l.Set.Alerts(), alert) {
			return nil, fmt.Errorf("there is no alert %q; there are %s", alert, strings.Join(l.Set.Alerts(), ", "))
		}
		graph := replay.NewGraph(l.Set)
		rules = slices.DeleteFunc(rules, func(r *ruleset.Rule) bool { return !slices.Contains(graph.Alerts(r), alert) })
	}
	if since == "" && old == "" {
		return rules, nil
	}
	before, err := oldRules(ctx, l, since, old)
	if err != nil {
		return nil, err
	}
	changed := mutate.Changed(before, l.Set)
	return slices.DeleteFunc(rules, func(r *ruleset.Rule) bool { return !slices.Contains(changed, r) }), nil
}

func oldRules(ctx context.Context, l *lab.Lab, since, old string) (*ruleset.Set, error) {
	if since != "" {
		return ruleset.AtRevision(ctx, since, l.Patterns())
	}
	files, err := ruleset.Glob(strings.Split(old, ",")...)
	if err != nil {
		return nil, err
	}
	return ruleset.Load(files...)
}
