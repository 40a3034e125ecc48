package lab

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hopscope/hopscope/rules_test/replay"
)

var errNoPromtool = errors.New("there is no promtool on the PATH: it is part of Prometheus, and make test-rules builds it into .cache/bin")

// Promtool runs stock promtool test rules over test files, which are paths. The
// error holds what it printed.
func Promtool(ctx context.Context, files ...string) error {
	cmd := exec.CommandContext(ctx, "promtool", append([]string{"test", "rules"}, files...)...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return errNoPromtool
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return fmt.Errorf("promtool test rules: %w\n%s", err, strings.TrimSpace(out.String()))
	default:
		return nil
	}
}

// mostLooks bounds at how many evaluations agree looks at each alert; of a longer
// course it takes every second, third, … and those at which something changed.
const mostLooks = 400

// agree runs stock promtool over the whole course of every alert as our engine found
// it, silence included. Where the two differ is in the error.
func (l *Lab) agree(ctx context.Context, s *Scenario, r *replay.Result, dir string) error {
	looks := map[string]map[time.Duration]bool{} // of each alert
	for _, e := range r.Rules {
		if e.Rule.Alert == "" {
			continue
		}
		at := looks[e.Rule.Alert]
		if at == nil {
			at = map[time.Duration]bool{}
			looks[e.Rule.Alert] = at
		}
		for i := 0; i < e.Count; i += 1 + e.Count/mostLooks {
			at[e.At(i)] = true
		}
		for _, c := range e.Courses {
			for _, span := range c.Spans {
				at[max(span.From-e.Interval, 0)], at[span.From], at[span.To] = true, true, true
			}
		}
	}
	var checks []Check
	for name, times := range looks {
		for at := range times {
			checks = append(checks, Check{at, name, r.Firing(ctx, name, at)})
		}
	}
	slices.SortFunc(checks, func(x, y Check) int {
		return cmp.Or(cmp.Compare(x.At, y.At), strings.Compare(x.Alert, y.Alert))
	})
	var rules []string
	for _, f := range l.RuleFiles {
		path, err := filepath.Abs(f)
		if err != nil {
			return err
		}
		rules = append(rules, path)
	}
	text, err := l.render(s, checks, rules)
	if err != nil {
		return err
	}
	file := filepath.Join(dir, strings.ReplaceAll(s.Title(), ": ", "-")+testExt)
	if err := os.WriteFile(file, text, 0o644); err != nil {
		return err
	}
	if err := Promtool(ctx, file); err != nil {
		return fmt.Errorf("promtool and this engine do not agree on the whole course of %s: %w", s.Title(), err)
	}
	return nil
}
