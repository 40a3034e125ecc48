package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"

	"github.com/hopscope/hopscope/rules_test/lab"
	"github.com/hopscope/hopscope/rules_test/margin"
)

const marginsHelp = `
Usage: hoplab rules margins [SCENARIO ...] [flags]

Says by which factor each threshold, and each for, would have to differ until the
verdict of a scenario is another: an alert that must fire no longer does in time, or
one that must stay silent fires. The smallest margins come first. Without a
SCENARIO it looks at the recordings, because synthetic ones stand at the edges of
thresholds on purpose.
`

// runRulesMargins prints the smallest margins.
func runRulesMargins(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	f := newLabFlags("rules margins", marginsHelp)
	var opts margin.Options
	count := f.Int("count", 40, "print the `N` smallest")
	flag := f.Float64("flag", 10, "mark those below `PERCENT`")
	file := f.String("json", "", "write all of them as JSON to `FILE`")
	synthetic := f.Bool("synthetic", false, "look at synthetic scenarios, too")
	f.BoolVar(&opts.Long, "long", false, "look at the scenarios of more than three hours, too")
	l, chosen, code, ok := f.start(args, stdout, stderr)
	if !ok {
		return code
	}
	if *count < 0 || *flag < 0 {
		return f.wrong(stderr, "--count %d, --flag %g: want no negative numbers", *count, *flag)
	}
	if len(chosen) == len(l.Scenarios) && !*synthetic {
		chosen = slices.DeleteFunc(slices.Clone(chosen), func(s *lab.Scenario) bool { return s.Synthetic })
	}
	opts.Scenarios = chosen
	opts.Progress = newProgress(stderr, "scenarios").scenario
	all, err := margin.Run(ctx, l, opts)
	if err != nil {
		return f.failed(stderr, err)
	}
	err = margin.WriteText(stdout, all, *count, *flag/100)
	if *file != "" {
		err = errors.Join(err, writeFile(*file, func(w io.Writer) error { return json.NewEncoder(w).Encode(all) }))
	}
	if err != nil {
		return f.failed(stderr, err)
	}
	return exitOK
}
