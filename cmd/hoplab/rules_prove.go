package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/hopscope/hopscope/rules_test/lab"
)

const rulesTestHelp = `
Usage: hoplab rules test [SCENARIO ...] [flags]

Proves the rules on every scenario of the lab, or on those named: the verdicts of
matrix.yml at several phases of evaluation, the generated promtool files by stock
promtool, and the whole course of every alert by promtool and by this engine, which
have to agree. An alert that can fire in no scenario fails, too. With --long the
scenarios of days.yml, which are spliced from recordings and take minutes.

It prints the matrix with the worst times of detection and resolution, and what is
not as expected; exit code 1 if anything is not.
`

// runRulesTest runs the lab.
func runRulesTest(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	f := newLabFlags("rules test", rulesTestHelp)
	write := f.Bool("write", false, "write the promtool files anew, and do not run them")
	phases := f.Int("phases", 5, "at `N` phases of the evaluation interval")
	long := f.Bool("long", false, "run the scenarios of hours and days (days.yml) instead, by this engine alone")
	junit := f.String("junit", "", "write JUnit's XML to `FILE`")
	words, code, ok := f.parse(args, 0, mostWords, stdout, stderr)
	if !ok {
		return code
	}
	var days []string // with --long the words name those
	if *long {
		words, days = nil, words
	}
	l, chosen, err := f.open(words)
	if err != nil {
		return f.failed(stderr, err)
	}
	if *phases < 1 || *phases > 1000 {
		return f.wrong(stderr, "--phases %d: want 1 to 1000", *phases)
	}
	if *write {
		files, failed := l.Generate(ctx)
		if err := errors.Join(l.Write(files), failed); err != nil {
			return f.failed(stderr, err)
		}
		fmt.Fprintf(stdout, "%d files written\n", len(files))
		return exitOK
	}
	progress := newProgress(stderr, "scenarios").scenario
	var o *lab.Outcome
	if *long {
		o, err = testDays(ctx, l, days, progress)
	} else {
		opts := lab.Options{Phases: *phases, Progress: progress}
		if len(chosen) < len(l.Scenarios) {
			opts.Scenarios = chosen
		}
		o, err = l.Test(ctx, opts)
	}
	if err != nil {
		return f.failed(stderr, err)
	}
	if err := o.WriteTable(stdout); err != nil {
		return f.failed(stderr, err)
	}
	if *junit != "" {
		if err := writeFile(*junit, o.WriteJUnit); err != nil {
			return f.failed(stderr, err)
		}
	}
	if o.Failed() {
		return f.failed(stderr, errors.New(o.Summary()))
	}
	return exitOK
}

func testDays(ctx context.Context, l *lab.Lab, names []string, progress func(done, all int, s *lab.Scenario)) (*lab.Outcome, error) {
	days, err := l.Days(names...)
	if err != nil {
		return nil, err
	}
	if len(days) == 0 {
		return nil, fmt.Errorf("%s has no %s", l.Dir, lab.DaysFile)
	}
	return l.TestDays(ctx, days, progress)
}

// writeFile creates a file and lets write fill it.
func writeFile(path string, write func(io.Writer) error) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(write(file), file.Close())
}
