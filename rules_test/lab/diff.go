package lab

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/hopscope/hopscope/rules_test/replay"
	"github.com/hopscope/hopscope/rules_test/ruleset"
)

// Change is a cell of the matrix that another revision of the rules changes.
type Change struct {
	Scenario *Scenario
	Alert    string
	// What is a line for people: "silent -> fires 42s after the fault".
	What string
	// Breaks is what is not as expected with the new rules and was with the old ones.
	Breaks string
}

// Diff runs two revisions of the rules over the scenarios and returns what changes,
// in the scenarios' order.
func (l *Lab) Diff(ctx context.Context, before, after *ruleset.Set, scenarios []*Scenario) ([]Change, error) {
	var mu sync.Mutex
	found := map[int][]Change{}
	err := Each(ctx, scenarios, func(ctx context.Context, i int, s *Scenario) error {
		a, err := replay.Run(ctx, s.Data, before, replay.Options{OneInterval: s.Synthetic})
		if err != nil {
			return fmt.Errorf("%s, with the old rules: %w", s.Title(), err)
		}
		b, err := replay.Run(ctx, s.Data, after, replay.Options{OneInterval: s.Synthetic, Base: a})
		if err != nil {
			return fmt.Errorf("%s, with the new rules: %w", s.Title(), err)
		}
		changes := s.diff(ctx, a, b)
		mu.Lock()
		defer mu.Unlock()
		found[i] = changes
		return nil
	})
	var all []Change
	for i := range scenarios {
		all = append(all, found[i]...)
	}
	return all, err
}

func (s *Scenario) diff(ctx context.Context, a, b *replay.Result) []Change {
	olds, news := map[string]Verdict{}, map[string]Verdict{}
	var names []string
	for _, v := range s.Judge(ctx, a) {
		olds[v.Alert], names = v, append(names, v.Alert)
	}
	for _, v := range s.Judge(ctx, b) {
		news[v.Alert], names = v, append(names, v.Alert)
	}
	slices.Sort(names)
	var changes []Change
	for _, name := range slices.Compact(names) {
		before, was := olds[name]
		after, is := news[name]
		c := Change{Scenario: s, Alert: name}
		x, y := describe(before, was), describe(after, is)
		switch {
		case x == y && was && is && before.Fired:
			c.What = tells(firstAlerts(ctx, a, before), firstAlerts(ctx, b, after))
		case x != y && (before.Fired || after.Fired):
			c.What = x + " -> " + y
		}
		if before.Problem == "" {
			c.Breaks = after.Problem
		}
		if c.What == "" && c.Breaks != "" {
			c.What = "another course"
		}
		if c.What != "" {
			changes = append(changes, c)
		}
	}
	return changes
}

func firstAlerts(ctx context.Context, r *replay.Result, v Verdict) []replay.Alert {
	return r.Firing(ctx, v.Alert, v.First)
}

// tells says how the labels and texts of alerts differ, empty if they do not.
func tells(a, b []replay.Alert) string {
	if len(a) != len(b) {
		return fmt.Sprintf("%d alerts -> %d alerts", len(a), len(b))
	}
	var parts []string
	compare := func(kind string, x, y map[string]string) {
		var keys []string
		for k := range x {
			keys = append(keys, k)
		}
		for k := range y {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range slices.Compact(keys) {
			if x[k] != y[k] {
				parts = append(parts, fmt.Sprintf("%s %s: %q -> %q", kind, k, x[k], y[k]))
			}
		}
	}
	for i := range a {
		compare("label", a[i].Labels, b[i].Labels)
		compare("annotation", a[i].Annotations, b[i].Annotations)
		if len(parts) > 0 {
			break // the others will differ in the same way
		}
	}
	return strings.Join(parts, ", ")
}

// describe puts a verdict into words.
func describe(v Verdict, exists bool) string {
	switch {
	case !exists:
		return "no such alert"
	case !v.Fired:
		return "silent"
	case !v.DetectedKnown:
		return fmt.Sprintf("fires after %s", v.First)
	}
	text := fmt.Sprintf("fires %s after the fault", v.Detected)
	if v.ResolvedKnown {
		return text + fmt.Sprintf(", ends %s after its end", v.Resolved)
	}
	return text + ", does not end"
}
