package suite

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hopscope/hopscope/rules_test/replay"
)

// Check is one look at one alert: what has to fire at that moment, nothing if
// Alerts is empty.
type Check struct {
	At     time.Duration
	Alert  string
	Alerts []replay.Alert
}

// Build runs the rule files over the case and returns the checks for promtool.
// known are the alerts that exist. The error holds every expectation that was
// not met.
func Build(c Case, known []string, ruleFiles ...string) ([]Check, error) {
	r, err := replay.Run(c.Series, ruleFiles...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	b := builder{c: c, line: r.Timeline}
	b.names(known)
	b.moments()
	b.budgets()
	b.unexpected()
	if c.Only != nil {
		b.others(known)
	}
	slices.SortStableFunc(b.checks, func(x, y Check) int {
		if d := x.At - y.At; d != 0 {
			return int(d)
		}
		return strings.Compare(x.Alert, y.Alert)
	})
	b.checks = slices.CompactFunc(b.checks, func(x, y Check) bool { return x.At == y.At && x.Alert == y.Alert })
	return b.checks, errors.Join(append(b.errs, r.Close())...)
}

type builder struct {
	c      Case
	line   replay.Timeline
	checks []Check
	errs   []error
}

func (b *builder) fail(format string, args ...any) {
	b.errs = append(b.errs, fmt.Errorf(b.c.Name+": "+format, args...))
}

func (b *builder) check(alert string, at time.Duration) []replay.Alert {
	firing := b.line.Firing(alert, at)
	b.checks = append(b.checks, Check{At: at, Alert: alert, Alerts: firing})
	return firing
}

// names guards against silence that means nothing: promtool takes any name.
func (b *builder) names(known []string) {
	var used []string
	for _, e := range append(slices.Clone(b.c.Fires), b.c.Silent...) {
		used = append(used, e.Alert)
	}
	for _, w := range b.c.Within {
		used = append(used, w.Alert)
	}
	for _, name := range append(used, b.c.Only...) {
		if !slices.Contains(known, name) {
			b.fail("there is no alert %q", name)
		}
	}
}

func (b *builder) moments() {
	for _, e := range b.c.Fires {
		if len(b.check(e.Alert, time.Duration(e.At))) == 0 {
			b.fail("%s should fire after %s and does not%s", e.Alert, time.Duration(e.At), b.hint(e.Alert))
		}
	}
	for _, e := range b.c.Silent {
		if a := b.check(e.Alert, time.Duration(e.At)); len(a) > 0 {
			b.fail("%s should be silent after %s and fires with %v%s", e.Alert, time.Duration(e.At), a[0].Labels, b.hint(e.Alert))
		}
	}
}

// hint says when the alert fires instead.
func (b *builder) hint(alert string) string {
	if at, ok := b.line.FirstFiring(alert, 0); ok {
		return fmt.Sprintf(" (it first fires after %s)", at)
	}
	return " (it never fires)"
}

func (b *builder) budgets() {
	if len(b.c.Within) == 0 {
		return
	}
	on, err := b.c.Series.Meta.At(faultOn)
	off, err2 := b.c.Series.Meta.At(faultOff)
	if err := errors.Join(err, err2); err != nil {
		b.fail("%w", err)
		return
	}
	for _, w := range b.c.Within {
		if len(b.check(w.Alert, on)) > 0 {
			b.fail("%s fires already when the fault begins", w.Alert)
		}
		first, fired := b.line.FirstFiring(w.Alert, on)
		if !fired || first > on+time.Duration(w.Within) || first > off {
			b.fail("%s should fire within %s of the fault, which began after %s%s", w.Alert, time.Duration(w.Within), on, b.hint(w.Alert))
			continue
		}
		b.check(w.Alert, first)
		b.check(w.Alert, off)
		if w.Ends == 0 {
			continue
		}
		end := off + time.Duration(w.Ends)
		if end > b.c.Series.Meta.End() {
			b.fail("%s should end %s after the fault, but the recording ends before that", w.Alert, time.Duration(w.Ends))
		} else if len(b.check(w.Alert, end)) > 0 {
			b.fail("%s still fires %s after the fault ended", w.Alert, time.Duration(w.Ends))
		}
	}
}

// unexpected fails on every alert that fires and may not.
func (b *builder) unexpected() {
	if b.c.Only == nil {
		return
	}
	for _, name := range b.line.EverFired() {
		if !slices.Contains(b.c.Only, name) {
			at, _ := b.line.FirstFiring(name, 0)
			a := b.line.Firing(name, at)
			b.fail("%s fires after %s and is not expected to: %v, %s", name, at, a[0].Labels, a[0].Annotations["description"])
		}
	}
}

// others looks at every other alert where the fault has lasted longest and at
// the end.
func (b *builder) others(known []string) {
	at := []time.Duration{b.c.Series.Meta.End()}
	if off, err := b.c.Series.Meta.At(faultOff); err == nil {
		at = append(at, off)
	}
	for _, name := range known {
		if slices.Contains(b.c.Only, name) {
			continue
		}
		for _, t := range at {
			b.check(name, t)
		}
	}
}
