package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/hopscope/hopscope/rules_test/recording"
	"github.com/hopscope/hopscope/rules_test/replay"
)

const explainHelp = `
Usage: hoplab rules explain [SCENARIO ...] [flags]

Runs the rules over recordings as Prometheus would have, and says when each alert
became pending, fired and ended, with what it told. Without a SCENARIO over all.
`

// runRulesExplain prints the course of the alerts on recordings.
func runRulesExplain(_ context.Context, args []string, stdout, stderr io.Writer) int {
	f := newFlags("rules explain", explainHelp)
	series := f.String("series", "rules_test/series", "`DIR` of the recordings")
	rules := f.String("rules", "alerts/*.rules.yml", "`GLOB` of the rule files")
	const most = 1000 // scenarios; a bound for the parser, not for the work
	words, code, ok := f.parse(args, 0, most, stdout, stderr)
	if !ok {
		return code
	}
	files, err := filepath.Glob(*rules)
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("no rule files match %s: run it in the project's folder, or name them with --rules", *rules)
	}
	if err == nil && len(words) == 0 {
		words, err = recording.List(os.DirFS(*series))
	}
	if err != nil {
		return f.failed(stderr, err)
	}
	for _, w := range words {
		if err := explain(stdout, *series, w, files); err != nil {
			return f.failed(stderr, err)
		}
	}
	return exitOK
}

func explain(w io.Writer, dir, scenario string, rules []string) error {
	rec, err := recording.Read(os.DirFS(dir), scenario)
	if err != nil {
		return err
	}
	r, err := replay.Run(rec, rules...)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%s: %s; %d series, %s in steps of %s\n", scenario, rec.Meta.Description, len(rec.Series),
		rec.Meta.End(), time.Duration(rec.Meta.Step))
	events := rec.Meta.Events
	for _, t := range r.Timeline.Transitions() {
		for len(events) > 0 && time.Duration(events[0].At) <= t.At {
			fmt.Fprintf(w, "%8s  -- %s\n", time.Duration(events[0].At), events[0].Name)
			events = events[1:]
		}
		fmt.Fprintf(w, "%8s  %-7s %s %s\n", t.At, t.State, t.Alert.Name, without(t.Alert.Labels, "job", "severity", "slo"))
		if t.State == "firing" {
			fmt.Fprintf(w, "%18s %s\n", "", t.Alert.Annotations["description"])
		}
	}
	for _, e := range events {
		fmt.Fprintf(w, "%8s  -- %s\n", time.Duration(e.At), e.Name)
	}
	return r.Close()
}

// without returns labels as text, less those that say nothing here.
func without(m map[string]string, names ...string) string {
	return strings.TrimSpace(labels.NewBuilder(labels.FromMap(m)).Del(names...).Labels().String())
}
