package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/hopscope/hopscope/rules_test/explain"
	"github.com/hopscope/hopscope/rules_test/lab"
	"github.com/hopscope/hopscope/rules_test/replay"
)

const explainHelp = `
Usage: hoplab rules explain [SCENARIO ...] [ALERT ...] [flags]

Runs the rules over recordings as Prometheus would have.

With the name of an ALERT it says why that alert fires at a moment, or why not: the
value of every part of its expression and of the recording rules that it reads, what
emptied it, and how long for and keep_firing_for have still to run. Without --at the
moment is when it first fires, else when it is pending for the longest, else when it
comes nearest.

Without an ALERT it says when each alert became pending, fired and ended, with what
it told. Without a SCENARIO it does so over all.
`

// runRulesExplain prints the course of the alerts on recordings, or why one fires.
func runRulesExplain(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	f := newLabFlags("rules explain", explainHelp)
	var at *time.Duration
	f.Func("at", "`TIME` after the first scrape, such as 1m30s, to explain an alert at", func(text string) error {
		d, err := time.ParseDuration(text)
		at = &d
		return err
	})
	words, code, ok := f.parse(args, 0, mostWords, stdout, stderr)
	if !ok {
		return code
	}
	l, _, err := f.open(nil)
	if err != nil {
		return f.failed(stderr, err)
	}
	alerts, scenarios := splitAlerts(l, words)
	chosen, err := l.Select(scenarios...)
	switch {
	case err != nil:
		return f.failed(stderr, err)
	case at != nil && len(alerts) == 0:
		return f.wrong(stderr, "--at %s: want an alert's name with it", *at)
	case len(alerts) > 0 && len(scenarios) == 0:
		return f.wrong(stderr, "want a scenario with %s", alerts[0])
	}
	for i, s := range chosen {
		r, err := l.RunAt(ctx, s, 0)
		if err != nil {
			return f.failed(stderr, err)
		}
		if len(alerts) == 0 {
			printCourse(ctx, stdout, s, r)
		}
		for k, a := range alerts {
			if i+k > 0 {
				fmt.Fprintln(stdout)
			}
			if err := printWhy(ctx, stdout, s, r, a, at); err != nil {
				return f.failed(stderr, err)
			}
		}
	}
	return exitOK
}

// splitAlerts tells the names of alerts from those of scenarios. What is neither
// counts as a scenario, unless there are two words and it is the second.
func splitAlerts(l *lab.Lab, words []string) (alerts, scenarios []string) {
	known := l.Set.Alerts()
	for i, w := range words {
		scenario := slices.ContainsFunc(l.Scenarios, func(s *lab.Scenario) bool { return s.Name == w })
		if slices.Contains(known, w) || !scenario && i == 1 && len(words) == 2 {
			alerts = append(alerts, w)
		} else {
			scenarios = append(scenarios, w)
		}
	}
	return alerts, scenarios
}

func printWhy(ctx context.Context, w io.Writer, s *lab.Scenario, r *replay.Result, alert string, at *time.Duration) error {
	why, err := explain.Alert(ctx, r, alert, at)
	if err != nil {
		return fmt.Errorf("%s: %w", s.Title(), err)
	}
	for i, x := range why {
		if i > 0 {
			fmt.Fprintln(w)
		}
		if err := x.WriteText(w, s.Title()); err != nil {
			return err
		}
	}
	return nil
}

func printCourse(ctx context.Context, w io.Writer, s *lab.Scenario, r *replay.Result) {
	meta := s.Series.Meta
	fmt.Fprintf(w, "%s: %s; %d series, %s in steps of %s\n", s.Title(), s.About, len(s.Series.Series), meta.End(), time.Duration(meta.Step))
	events := meta.Moments()
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
