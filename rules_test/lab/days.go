package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/hopscope/hopscope/rules_test/recording"
	"github.com/hopscope/hopscope/rules_test/replay"
)

// DaysFile lists scenarios of hours and days, spliced from recordings. They are too
// large for promtool, so our engine runs them alone, at an interval of their own.
const DaysFile = "days.yml"

// Day is a scenario that is spliced from recordings.
type Day struct {
	Scenario
	// Interval between evaluations.
	Interval time.Duration
}

type dayYAML struct {
	Name     string             `yaml:"name"`
	About    string             `yaml:"about"`
	Interval recording.Duration `yaml:"interval"`
	Parts    []struct {
		Scenario string             `yaml:"scenario"`
		For      recording.Duration `yaml:"for"`
	} `yaml:"parts"`
	Must []Budget `yaml:"must"`
	May  []string `yaml:"may"`
}

// Days reads the days of these names, all if there are none, of days.yml; a lab need
// not have one. Only series that the rules read are spliced.
func (l *Lab) Days(names ...string) ([]*Day, error) {
	var list []dayYAML
	file, err := readDocument(filepath.Join(l.Dir, DaysFile), &list)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	for _, n := range names {
		if !slices.ContainsFunc(list, func(d dayYAML) bool { return d.Name == n }) {
			return nil, fmt.Errorf("%s: there is no day %q", file.path, n)
		}
	}
	var days []*Day
	for i, d := range list {
		if len(names) > 0 && !slices.Contains(names, d.Name) {
			continue
		}
		if err := file.expectations(d.Name, d.Must, d.May, i); err != nil {
			return nil, err
		}
		day, err := l.day(d)
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", file.at(i), d.Name, err)
		}
		days = append(days, day)
	}
	return days, nil
}

func (l *Lab) day(d dayYAML) (*Day, error) {
	if d.Interval <= 0 || len(d.Parts) == 0 {
		return nil, errors.New("want an interval between evaluations and parts, for example interval: 1m and parts: [{scenario: healthy, for: 24h}]")
	}
	var parts []Part
	for _, p := range d.Parts {
		found, err := l.Select(p.Scenario)
		if err != nil {
			return nil, err
		}
		parts = append(parts, Part{found[0].Series, time.Duration(p.For)})
	}
	first := parts[0].Recording.Meta
	rec, err := splice(recording.Meta{
		Scenario: d.Name, Description: d.About, Gateway: first.Gateway, Start: first.Start, Step: first.Step,
	}, parts, l.reads)
	if err != nil {
		return nil, err
	}
	day := &Day{Scenario{Name: d.Name, About: d.About, Series: rec, Must: d.Must, May: d.May}, time.Duration(d.Interval)}
	if _, _, ok := day.Fault(); !ok && len(d.Must) > 0 {
		return nil, errors.New("it has to show alerts, but none of its parts has a fault")
	}
	for _, a := range day.alerts() {
		if err := l.known(a); err != nil {
			return nil, err
		}
	}
	day.Data, err = replay.NewData(rec)
	// The recording would be as large again as the data.
	day.Series.Series = nil
	return day, err
}

// reads reports whether a rule selects the series.
func (l *Lab) reads(series labels.Labels) bool {
	for _, r := range l.Set.Rules() {
	selectors:
		for _, s := range r.Selectors() {
			for _, m := range s.LabelMatchers {
				if !m.Matches(series.Get(m.Name)) {
					continue selectors
				}
			}
			return true
		}
	}
	return false
}

// TestDays runs the days, one after the other, because each takes hundreds of
// megabytes.
func (l *Lab) TestDays(ctx context.Context, days []*Day, progress func(done, all int, s *Scenario)) (*Outcome, error) {
	o := &Outcome{}
	for i, d := range days {
		began := time.Now()
		r, err := replay.Run(ctx, d.Data, l.Set, replay.Options{Interval: d.Interval})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", d.Name, err)
		}
		result := ScenarioResult{Scenario: &d.Scenario, Run: r, Problems: failures(r)}
		for _, v := range d.Judge(ctx, r) {
			result.Cells = append(result.Cells, Cell{Scenario: &d.Scenario, Verdict: v})
		}
		result.Took = time.Since(began)
		o.Results = append(o.Results, result)
		if progress != nil {
			progress(i+1, len(days), &d.Scenario)
		}
	}
	return o, nil
}
