package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/hopscope/hopscope/rules_test/lab"
	"github.com/hopscope/hopscope/rules_test/replay"
)

const explainHelp = `
Usage: hoplab rules explain [SCENARIO ...] [flags]

Runs the rules over recordings as Prometheus would have, and says when each alert
became pending, fired and ended, with what it told. Without a SCENARIO over all.
`

// runRulesExplain prints the course of the alerts on recordings.
func runRulesExplain(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	f := newLabFlags("rules explain", explainHelp)
	l, chosen, code, ok := f.start(args, stdout, stderr)
	if !ok {
		return code
	}
	for _, s := range chosen {
		r, err := l.Run(ctx, s)
		if err != nil {
			return f.failed(stderr, err)
		}
		printCourse(ctx, stdout, s, r)
	}
	return exitOK
}

func printCourse(ctx context.Context, w io.Writer, s *lab.Scenario, r *replay.Result) {
	meta := s.Series.Meta
	fmt.Fprintf(w, "%s: %s; %d series, %s in steps of %s\n", s.Title(), s.About, len(s.Series.Series), meta.End(), time.Duration(meta.Step))
	events := meta.Events
	for _, t := range r.Transitions(ctx) {
		for len(events) > 0 && time.Duration(events[0].At) <= t.At {
			fmt.Fprintf(w, "%8s  -- %s\n", time.Duration(events[0].At), events[0].Name)
			events = events[1:]
		}
		fmt.Fprintf(w, "%8s  %-8s %s %s\n", t.At, t.State, t.Alert.Name, without(t.Alert.Labels, "job", "severity", "slo"))
		if t.State == replay.Firing {
			fmt.Fprintf(w, "%19s %s\n", "", t.Alert.Annotations["description"])
		}
	}
	for _, e := range events {
		fmt.Fprintf(w, "%8s  -- %s\n", time.Duration(e.At), e.Name)
	}
}

// without returns labels as text, less those that say nothing here.
func without(m map[string]string, names ...string) string {
	return strings.TrimSpace(labels.NewBuilder(labels.FromMap(m)).Del(names...).Labels().String())
}
