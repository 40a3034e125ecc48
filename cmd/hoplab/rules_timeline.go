package main

import (
	"context"
	"io"
	"os"

	"github.com/hopscope/hopscope/rules_test/report"
)

const timelineHelp = `
Usage: hoplab rules timeline [SCENARIO ...] [flags]

Draws the timelines of rules report in the terminal: of each alert that fired, had
to or was pending its value in blocks, below them where that crosses the threshold
(▔), and when the alert was pending (░), fired (█) and was over (─). Without a SCENARIO all recordings.

Colours only on a terminal, and not if NO_COLOR is set.
`

// runRulesTimeline prints timelines.
func runRulesTimeline(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	f := newLabFlags("rules timeline", timelineHelp)
	phases := f.Int("phases", 1, "verdicts are the worst of `N` phases of the evaluation interval")
	width := f.Int("width", 0, "`columns` to draw; those of the terminal if 0")
	l, chosen, code, ok := f.start(args, stdout, stderr)
	if !ok {
		return code
	}
	if *phases < 1 || *phases > 1000 {
		return f.wrong(stderr, "--phases %d: want 1 to 1000", *phases)
	}
	if *width < 0 || *width > 1000 {
		return f.wrong(stderr, "--width %d: want 0 to 1000", *width)
	}
	if *width == 0 {
		*width = min(terminalWidth(stdout), 1000)
	}
	if len(chosen) == len(l.Scenarios) {
		chosen = nil
		for _, s := range l.Scenarios {
			if !s.Synthetic {
				chosen = append(chosen, s)
			}
		}
	}
	r, err := report.Build(ctx, l, report.Options{Scenarios: chosen, Phases: *phases, Progress: newProgress(stderr, "scenarios").scenario})
	if err == nil {
		color := isTerminal(stdout) && os.Getenv("NO_COLOR") == ""
		err = r.WriteTimelines(stdout, report.Terminal{Width: *width, Color: color})
	}
	if err != nil {
		return f.failed(stderr, err)
	}
	return exitOK
}
