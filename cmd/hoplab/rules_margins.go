package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"

	"github.com/hopscope/hopscope/rules_test/margin"
)

const marginsHelp = `
Usage: hoplab rules margins [SCENARIO ...] [flags]

Says by which factor each threshold, and each for, would have to differ until the
verdict of a scenario is another: an alert that must fire no longer does in time, or
one that must stay silent fires. The smallest margins come first.
`

// runRulesMargins prints the smallest margins.
func runRulesMargins(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	f := newLabFlags("rules margins", marginsHelp)
	var opts margin.Options
	count := f.Int("count", 40, "print the `N` smallest")
	flag := f.Float64("flag", 10, "mark those below `PERCENT`")
	file := f.String("json", "", "write all of them as JSON to `FILE`")
	f.BoolVar(&opts.Long, "long", false, "look at the scenarios of more than three hours, too")
	l, chosen, code, ok := f.start(args, stdout, stderr)
	if !ok {
		return code
	}
	if *count < 0 || *flag < 0 {
		return f.wrong(stderr, "--count %d, --flag %g: want no negative numbers", *count, *flag)
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
