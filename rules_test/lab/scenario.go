package lab

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/hopscope/hopscope/rules_test/recording"
	"github.com/hopscope/hopscope/rules_test/replay"
)

// The events of a recording that a fault makes.
const (
	faultOn  = "fault on"
	faultOff = "fault off"
)

// SyntheticFile holds series by hand; see [Scenario].Synthetic.
const SyntheticFile = "synthetic.yml"

// longest is how long a scenario may be without being one of the long ones, which
// have a target of their own.
const longest = 3 * time.Hour

// Scenario is series, and what is expected of the alerts on them.
type Scenario struct {
	Name  string
	About string
	// Synthetic series are written by hand, for what no recording covers: the
	// edges of thresholds, and windows of days. Nothing is expected of alerts that
	// they do not name.
	Synthetic bool
	Series    recording.Recording
	Data      *replay.Data
	// Must and May are the matrix' row of a recording.
	Must []Budget
	May  []string
	Told map[string][]string
	// Fires and Silent are what is expected of synthetic series.
	Fires, Silent []Moment

	where string // FILE:LINE of its row
}

// Moment is a look at one alert.
type Moment struct {
	Alert string             `yaml:"alert"`
	At    recording.Duration `yaml:"at"`
}

// Long reports whether the scenario is one of hours or days.
func (s *Scenario) Long() bool { return s.Series.Meta.End() > longest }

// Fault returns when the fault began and ended, and false if there was none.
func (s *Scenario) Fault() (on, off time.Duration, ok bool) {
	on, err := s.Series.Meta.At(faultOn)
	off, err2 := s.Series.Meta.At(faultOff)
	return on, off, err == nil && err2 == nil
}

// alerts returns every name that the scenario mentions.
func (s *Scenario) alerts() []string {
	names := slices.Clone(s.May)
	for _, b := range s.Must {
		names = append(names, b.Alert)
	}
	for _, m := range slices.Concat(s.Fires, s.Silent) {
		names = append(names, m.Alert)
	}
	for _, told := range s.Told {
		names = append(names, told...)
	}
	return names
}

// readRecorded reads the recordings of a matrix. The error names all that is wrong.
func readRecorded(dir string, m Matrix) ([]*Scenario, error) {
	var all []*Scenario
	var errs []error
	folder := filepath.Join(dir, "series")
	for i, row := range m.Scenarios {
		where := m.file.at("scenarios", i)
		rec, err := recording.Read(os.DirFS(folder), row.Scenario)
		if err != nil {
			// It begins with the file's name.
			errs = append(errs, fmt.Errorf("%s: %s: %s%c%w", where, row.Scenario, folder, filepath.Separator, err))
			continue
		}
		s := &Scenario{Name: row.Scenario, About: rec.Meta.Description, Series: rec, Must: row.Must, May: row.May, Told: row.Told, where: where}
		if _, _, ok := s.Fault(); !ok && len(s.Must) > 0 {
			errs = append(errs, fmt.Errorf(
				"%s: %s has to show alerts, but its recording has no events %q and %q: list them in may, record it with a fault, or import it with --on and --off",
				m.file.at("scenarios", i, "must"), s.Name, faultOn, faultOff))
		}
		all = append(all, s)
	}
	return all, errors.Join(errs...)
}

type syntheticYAML struct {
	Name   string             `yaml:"name"`
	About  string             `yaml:"about"`
	Start  time.Time          `yaml:"start"`
	Step   recording.Duration `yaml:"step"`
	Series []string           `yaml:"series"`
	Fires  []Moment           `yaml:"fires"`
	Silent []Moment           `yaml:"silent"`
}

// readSynthetic reads the series by hand; a lab need not have any. The error names
// all that is wrong.
func readSynthetic(dir string) ([]*Scenario, error) {
	var list []syntheticYAML
	file, err := readDocument(filepath.Join(dir, SyntheticFile), &list)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	var all []*Scenario
	var errs []error
	for i, l := range list {
		s, err := l.scenario(file, i)
		all, errs = append(all, s), append(errs, err)
	}
	return all, errors.Join(errs...)
}

// scenario returns the scenario that is the i-th of its file.
func (l syntheticYAML) scenario(file *document, i int) (*Scenario, error) {
	s := &Scenario{Name: l.Name, About: l.About, Synthetic: true, Fires: l.Fires, Silent: l.Silent, where: file.at(i)}
	s.Series.Meta = recording.Meta{Scenario: l.Name, Description: l.About, Start: l.Start, Step: l.Step}
	if l.Start.IsZero() {
		s.Series.Meta.Start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	var errs []error
	if l.Name == "" {
		errs = append(errs, fmt.Errorf("%s: name: there is none, and the generated file is named after it", s.where))
	}
	for j, line := range l.Series {
		one, err := recording.Parse(line)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %s: %w: want NAME{LABELS} VALUES in the notation of promtool's tests", file.at(i, "series", j), l.Name, err))
		}
		s.Series.Series = append(s.Series.Series, one)
		s.Series.Meta.Scrapes = max(s.Series.Meta.Scrapes, len(one.Values))
	}
	looks := slices.Concat(l.Fires, l.Silent)
	if l.Step <= 0 {
		errs = append(errs, fmt.Errorf("%s: %s: step %s: want a positive time, for example step: 15s", file.at(i, "step"), l.Name, time.Duration(l.Step)))
	}
	if len(looks) == 0 || len(l.Series) == 0 {
		errs = append(errs, fmt.Errorf("%s: %s: want series, and fires or silent", s.where, l.Name))
	}
	if err := errors.Join(errs...); err != nil {
		return s, err
	}
	last := slices.MaxFunc(looks, func(a, b Moment) int { return cmp.Compare(a.At, b.At) })
	if end := s.Series.Meta.End(); time.Duration(last.At) > end {
		return s, fmt.Errorf("%s: %s: %s is looked at after %s, but the series end after %s: look sooner, or make a series longer",
			s.where, l.Name, last.Alert, time.Duration(last.At), end)
	}
	// Nobody looks at what comes later.
	s.Series.Meta.Scrapes = int(last.At/l.Step) + 1
	return s, nil
}
