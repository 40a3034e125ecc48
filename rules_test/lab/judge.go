package lab

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/hopscope/hopscope/rules_test/replay"
)

// Expect is what a matrix' cell says.
type Expect uint8

// The cells of a matrix.
const (
	Anything   Expect = iota // a synthetic scenario does not name the alert
	MustSilent               // it must not fire at any time
	MayFire                  // it may fire
	MustFire                 // it must fire, within a budget for a recording
)

// String returns a word for people.
func (e Expect) String() string {
	return [...]string{"anything", "must stay silent", "may fire", "must fire"}[e]
}

// Verdict is one cell of the matrix after a run.
type Verdict struct {
	Alert  string
	Expect Expect
	Budget Budget // of MustFire, for a recording
	Fired  bool
	// First is the first evaluation after which it fired.
	First time.Duration
	// Detected is the time from the fault to First; Resolved from the fault's end
	// to the first evaluation after which it no longer fired. Known tells whether
	// they are: Resolved is not if it fired until the end.
	Detected, Resolved           time.Duration
	DetectedKnown, ResolvedKnown bool
	// Problem says what is not as expected; empty: all is.
	Problem string
}

// Expectation returns what the scenario expects of an alert.
func (s *Scenario) Expectation(alert string) (Expect, Budget) {
	for _, b := range s.Must {
		if b.Alert == alert {
			return MustFire, b
		}
	}
	is := func(m Moment) bool { return m.Alert == alert }
	switch {
	case slices.Contains(s.May, alert):
		return MayFire, Budget{}
	case slices.ContainsFunc(s.Fires, is):
		return MustFire, Budget{}
	case !s.Synthetic || slices.ContainsFunc(s.Silent, is):
		return MustSilent, Budget{}
	default:
		return Anything, Budget{}
	}
}

// Judge compares a run over the scenario with what is expected, a verdict for each
// alert of the run's rules, in their order.
func (s *Scenario) Judge(ctx context.Context, r *replay.Result) []Verdict {
	var all []Verdict
	for _, name := range r.Set.Alerts() {
		all = append(all, s.JudgeAlert(ctx, r, name))
	}
	return all
}

// JudgeAlert is Judge for one alert.
func (s *Scenario) JudgeAlert(ctx context.Context, r *replay.Result, name string) Verdict {
	v := s.course(r, name)
	v.Expect, v.Budget = s.Expectation(name)
	if s.Synthetic {
		v.Problem = s.atMoments(ctx, r, name)
	} else {
		v.Problem = s.overall(ctx, r, v)
	}
	return v
}

// course fills in what the alert did.
func (s *Scenario) course(r *replay.Result, name string) Verdict {
	v := Verdict{Alert: name}
	on, off, faulty := s.Fault()
	if v.First, v.Fired = r.FirstFiring(name, 0); !v.Fired {
		return v
	}
	if !faulty {
		return v
	}
	if first, ok := r.FirstFiring(name, on); ok {
		v.Detected, v.DetectedKnown = first-on, true
	}
	v.ResolvedKnown = true
	for _, c := range r.Courses(name) {
		for _, span := range c.Spans {
			if span.State == replay.Firing {
				v.ResolvedKnown = v.ResolvedKnown && !span.Open
				v.Resolved = max(v.Resolved, span.To-off)
			}
		}
	}
	return v
}

// atMoments returns what is wrong at the moments that a synthetic scenario names.
func (s *Scenario) atMoments(ctx context.Context, r *replay.Result, name string) string {
	for _, m := range s.Fires {
		if m.Alert == name && len(r.Firing(ctx, name, time.Duration(m.At))) == 0 {
			return fmt.Sprintf("should fire after %s and does not%s", time.Duration(m.At), hint(r, name))
		}
	}
	for _, m := range s.Silent {
		if m.Alert != name {
			continue
		}
		if a := r.Firing(ctx, name, time.Duration(m.At)); len(a) > 0 {
			return fmt.Sprintf("should be silent after %s and fires with %v%s", time.Duration(m.At), a[0].Labels, hint(r, name))
		}
	}
	return ""
}

// overall returns what is wrong with an alert's course over a recording.
func (s *Scenario) overall(ctx context.Context, r *replay.Result, v Verdict) string {
	switch v.Expect {
	case MustSilent:
		if v.Fired {
			a := r.Firing(ctx, v.Alert, v.First)
			return fmt.Sprintf("fires after %s and is not expected to: %v, %s", v.First, a[0].Labels, a[0].Annotations["description"])
		}
	case MustFire:
		return s.budget(r, v)
	}
	return ""
}

func (s *Scenario) budget(r *replay.Result, v Verdict) string {
	on, off, _ := s.Fault()
	within, ends := time.Duration(v.Budget.Within), time.Duration(v.Budget.Ends)
	switch {
	case v.Fired && v.First <= on:
		return fmt.Sprintf("fires after %s already, before the fault, which began after %s", v.First, on)
	case !v.DetectedKnown || v.Detected > within || on+v.Detected > off:
		return fmt.Sprintf("should fire within %s of the fault, which began after %s%s", within, on, hint(r, v.Alert))
	case ends > 0 && off+ends > s.Series.Meta.End():
		return fmt.Sprintf("should end %s after the fault, but the recording ends before that", ends)
	case ends > 0 && (!v.ResolvedKnown || v.Resolved > ends):
		return fmt.Sprintf("still fires %s after the fault ended", ends)
	default:
		return ""
	}
}

// hint says when the alert fires instead.
func hint(r *replay.Result, alert string) string {
	if at, ok := r.FirstFiring(alert, 0); ok {
		return fmt.Sprintf(" (it first fires after %s)", at)
	}
	return " (it never fires)"
}
