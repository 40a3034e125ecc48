package importer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/hopscope/hopscope/rules_test/recording"
)

// Options say what is imported, and how much at most.
type Options struct {
	Name     string    // of the recording, and of its files
	From, To time.Time // both included
	// Step is the time between the recording's scrapes, whole seconds; 0: the
	// shortest scrape interval among the series.
	Step time.Duration
	// Match selects series: those that any of the selectors matches.
	Match [][]*labels.Matcher
	// Targets adds up and the scrape_* series of every target that Match found.
	Targets bool
	Rename  map[string]string // label values, old → new
	On, Off time.Time         // of the fault; both zero: none
	// MaxSeries and MaxSamples end an import that would take more.
	MaxSeries, MaxSamples int
}

// Source is a Prometheus from which series are read.
type Source interface {
	// read returns the series that match any of the selectors, with their samples
	// from o.From to o.To in order of time.
	read(ctx context.Context, o Options, match [][]*labels.Matcher) ([]series, error)
	// present says at which of n moments, step apart, queries see which series. It
	// is asked where read cannot tell staleness markers; nil: read can.
	present(ctx context.Context, match [][]*labels.Matcher, start time.Time, step time.Duration, n int) (map[string][]bool, error)
	// losses tells what recordings of this source lack.
	losses() []string
	// describe tells where recordings came from, without secrets.
	describe() string
}

// series is a stored series. Samples are in order of time, one for each moment.
type series struct {
	labels  labels.Labels
	samples []sample
}

type sample struct {
	at    int64 // Unix milliseconds
	value recording.Value
}

// Import reads a recording from a source.
func Import(ctx context.Context, src Source, o Options) (recording.Recording, error) {
	var rec recording.Recording
	if err := o.check(); err != nil {
		return rec, err
	}
	match := o.Match
	found, err := src.read(ctx, o, match)
	if err != nil {
		return rec, err
	}
	if o.Targets {
		more := aboutTargets(found)
		also, err := src.read(ctx, o, more)
		if err != nil {
			return rec, err
		}
		match = slices.Concat(match, more)
		found = union(found, also)
	}
	if err := o.bound(len(found), count(found)); err != nil {
		return rec, err
	}
	if len(found) == 0 {
		return rec, fmt.Errorf("no series matches between %s and %s: check --match, --from and --to",
			o.From.Format(time.RFC3339), o.To.Format(time.RFC3339))
	}
	if o.Step == 0 {
		if o.Step, err = scrapeInterval(found); err != nil {
			return rec, err
		}
	}
	g := newGrid(found, o.Step)
	rows := g.place(found)
	at := g.start.Add(o.Step / 2)
	seen, err := src.present(ctx, match, at, o.Step, g.slots)
	if err != nil {
		return rec, err
	}
	for i, s := range found {
		if seen != nil {
			rows[i] = markStale(rows[i], seen[s.labels.String()], g.slots)
		}
		rec.Series = append(rec.Series, recording.Series{Labels: recording.Rename(s.labels, o.Rename), Values: rows[i]})
	}
	recording.SortSeries(rec.Series)
	if err := recording.Distinct(rec.Series); err != nil {
		return rec, err
	}
	rec.Meta = recording.Meta{
		Scenario: o.Name, Description: "imported from " + src.describe(),
		Start: g.start.Truncate(time.Second), Step: recording.Duration(o.Step), Scrapes: g.slots,
		Losses: slices.Concat(src.losses(), g.losses()),
	}
	rec.Meta.Faults, err = o.faults(g)
	return rec, err
}

func (o Options) check() error {
	switch {
	case o.Step < 0 || o.Step%time.Second != 0:
		return fmt.Errorf("--step %s: want whole seconds, such as 15s", o.Step)
	case !o.From.Before(o.To):
		return fmt.Errorf("--from %s is not before --to %s", o.From.Format(time.RFC3339), o.To.Format(time.RFC3339))
	case o.On.IsZero() != o.Off.IsZero():
		return errors.New("--on and --off belong together: alerts have to fire between them, and to end after")
	case !o.On.IsZero() && o.Off.Sub(o.On) < time.Second:
		return fmt.Errorf("--on %s is not before --off %s", o.On.Format(time.RFC3339), o.Off.Format(time.RFC3339))
	case len(o.Match) == 0:
		return errors.New("nothing is selected: name series with --match, or rules and dashboards that select some")
	case o.Name == "" || strings.ContainsAny(o.Name, `/\`):
		return fmt.Errorf("name %q: want the name of a scenario, without a path", o.Name)
	}
	return nil
}

// bound reports more than was allowed.
func (o Options) bound(found, samples int) error {
	if found > o.MaxSeries {
		return fmt.Errorf("more than %d series match: select fewer with --match, or raise --max-series", o.MaxSeries)
	}
	if samples > o.MaxSamples {
		return fmt.Errorf("more than %d samples match: select fewer with --match, --from and --to, or raise --max-samples", o.MaxSamples)
	}
	return nil
}

// count returns how many samples series have.
func count(found []series) int {
	n := 0
	for _, s := range found {
		n += len(s.samples)
	}
	return n
}

// faults places the fault, named after the recording, on the recording's own time.
func (o Options) faults(g *grid) ([]recording.Fault, error) {
	if o.On.IsZero() {
		return nil, nil
	}
	end := time.Duration(g.slots-1) * g.step
	after := func(flag string, at time.Time) (recording.Duration, error) {
		d := at.Sub(g.start).Round(time.Second)
		if d < 0 || d > end {
			return 0, fmt.Errorf("%s %s is outside of what was imported, %s to %s", flag, at.Format(time.RFC3339),
				g.start.Format(time.RFC3339), g.start.Add(end).Format(time.RFC3339))
		}
		return recording.Duration(d), nil
	}
	on, err := after("--on", o.On)
	off, err2 := after("--off", o.Off)
	if err := errors.Join(err, err2); err != nil {
		return nil, err
	}
	return []recording.Fault{{Name: o.Name, On: on, Off: off}}, nil
}

// aboutTargets selects what Prometheus tells of the scrapes of the targets that
// the series came from.
func aboutTargets(found []series) [][]*labels.Matcher {
	var selectors [][]*labels.Matcher
	seen := map[target]bool{}
	for _, s := range found {
		t := targetOf(s.labels)
		if seen[t] || t.job == "" || t.instance == "" {
			continue
		}
		seen[t] = true
		selectors = append(selectors, []*labels.Matcher{
			labels.MustNewMatcher(labels.MatchRegexp, model.MetricNameLabel, "up|scrape_.+"),
			labels.MustNewMatcher(labels.MatchEqual, model.JobLabel, t.job),
			labels.MustNewMatcher(labels.MatchEqual, model.InstanceLabel, t.instance),
		})
	}
	return selectors
}

// union returns the series of both, each once.
func union(a, b []series) []series {
	seen := map[string]bool{}
	for _, s := range a {
		seen[s.labels.String()] = true
	}
	for _, s := range b {
		if name := s.labels.String(); !seen[name] {
			seen[name] = true
			a = append(a, s)
		}
	}
	return a
}

// target is what one scrape is of.
type target struct{ job, instance string }

func targetOf(l labels.Labels) target {
	return target{l.Get(model.JobLabel), l.Get(model.InstanceLabel)}
}
