package suite

import (
	"bytes"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/hopscope/hopscope/rules_test/recording"
)

// The events of a recording that a fault makes.
const (
	faultOn  = "fault on"
	faultOff = "fault off"
)

// Case is one run of the rules over series, and what is expected of it.
type Case struct {
	Name  string
	About string
	// Synthetic series are written by hand, for what no recording covers.
	Synthetic bool
	Series    recording.Recording
	// Fires and Silent are checked at their moment.
	Fires, Silent []Expectation
	// Within is checked over the whole course.
	Within []Budget
	// Only lists the alerts that may fire at any time; nil: not checked.
	Only []string
}

// Expectation names an alert at a moment.
type Expectation struct {
	Alert string             `yaml:"alert"`
	At    recording.Duration `yaml:"at"`
}

// Budget says how long an alert may take to notice a fault and its end.
type Budget struct {
	Alert  string             `yaml:"alert"`
	Within recording.Duration `yaml:"within"`
	// Ends is the time after the fault's end by which it no longer fires; 0: it
	// outlasts the recording, as alerts on long windows do.
	Ends recording.Duration `yaml:"ends,omitempty"`
}

// Load reads the cases of cases/recorded.yml and cases/synthetic.yml in fsys,
// and the recordings in series.
func Load(fsys fs.FS) ([]Case, error) {
	recorded, err := loadRecorded(fsys)
	if err != nil {
		return nil, err
	}
	synthetic, err := loadSynthetic(fsys)
	return append(recorded, synthetic...), err
}

func loadRecorded(fsys fs.FS) ([]Case, error) {
	var list []struct {
		Scenario string   `yaml:"scenario"`
		Fires    []Budget `yaml:"fires"`
		May      []string `yaml:"may_fire"`
	}
	if err := decode(fsys, "cases/recorded.yml", &list); err != nil {
		return nil, err
	}
	series, err := fs.Sub(fsys, "series")
	if err != nil {
		return nil, err
	}
	var cases []Case
	for _, l := range list {
		rec, err := recording.Read(series, l.Scenario)
		if err != nil {
			return nil, err
		}
		c := Case{Name: l.Scenario, About: rec.Meta.Description, Series: rec, Within: l.Fires, Only: append([]string{}, l.May...)}
		for _, f := range l.Fires {
			c.Only = append(c.Only, f.Alert)
		}
		cases = append(cases, c)
	}
	return cases, nil
}

func loadSynthetic(fsys fs.FS) ([]Case, error) {
	var list []struct {
		Name   string             `yaml:"name"`
		About  string             `yaml:"about"`
		Start  time.Time          `yaml:"start"`
		Step   recording.Duration `yaml:"step"`
		Series []string           `yaml:"series"`
		Fires  []Expectation      `yaml:"fires"`
		Silent []Expectation      `yaml:"silent"`
	}
	const file = "cases/synthetic.yml"
	if err := decode(fsys, file, &list); err != nil {
		return nil, err
	}
	var cases []Case
	for _, l := range list {
		c := Case{Name: l.Name, About: l.About, Synthetic: true, Fires: l.Fires, Silent: l.Silent}
		c.Series.Meta = recording.Meta{Scenario: l.Name, Description: l.About, Start: l.Start, Step: l.Step}
		if l.Start.IsZero() {
			c.Series.Meta.Start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		}
		if l.Step <= 0 {
			return nil, fmt.Errorf("%s: %s: step %s: want a positive time", file, l.Name, time.Duration(l.Step))
		}
		for _, line := range l.Series {
			s, err := recording.Parse(line)
			if err != nil {
				return nil, fmt.Errorf("%s: %s: %w", file, l.Name, err)
			}
			c.Series.Series = append(c.Series.Series, s)
			c.Series.Meta.Scrapes = max(c.Series.Meta.Scrapes, len(s.Values))
		}
		var last time.Duration
		for _, e := range slices.Concat(l.Fires, l.Silent) {
			if time.Duration(e.At) > c.Series.Meta.End() {
				return nil, fmt.Errorf("%s: %s: %s is looked at after %s, but the series end after %s",
					file, l.Name, e.Alert, time.Duration(e.At), c.Series.Meta.End())
			}
			last = max(last, time.Duration(e.At))
		}
		// Nobody looks at what comes later.
		c.Series.Meta.Scrapes = int(last/time.Duration(l.Step)) + 1
		cases = append(cases, c)
	}
	return cases, nil
}

func decode(fsys fs.FS, file string, into any) error {
	text, err := fs.ReadFile(fsys, file)
	if err != nil {
		return err
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}
