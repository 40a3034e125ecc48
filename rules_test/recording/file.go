package recording

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Extensions of a recording's two files.
const (
	SeriesExt = ".series"   // one line of notation for each series
	MetaExt   = ".meta.yml" // what happened while it was recorded
)

// Recording is a scenario: series on a grid of scrapes, and what happened.
type Recording struct {
	Meta   Meta
	Series []Series // in order of their names
}

// Meta says how a recording came to be.
type Meta struct {
	Scenario    string    `yaml:"scenario"`
	Description string    `yaml:"description"`
	Gateway     string    `yaml:"gateway"` // hopscope's version
	Start       time.Time `yaml:"start"`   // of the first scrape, whole seconds
	Step        Duration  `yaml:"step"`    // between scrapes
	Scrapes     int       `yaml:"scrapes"`
	Events      []Event   `yaml:"events,omitempty"`
	// Losses say what an imported recording lacks of what its source had.
	Losses []string `yaml:"losses,omitempty"`
}

// Event is a moment of a recording that tests refer to by name.
type Event struct {
	Name string   `yaml:"name"`
	At   Duration `yaml:"at"` // after Start
}

// Duration is a time.Duration that is written as 1m30s.
type Duration time.Duration

// MarshalYAML implements yaml.Marshaler.
func (d Duration) MarshalYAML() (any, error) { return time.Duration(d).String(), nil }

// UnmarshalYAML implements yaml.Unmarshaler.
func (d *Duration) UnmarshalYAML(n *yaml.Node) error {
	parsed, err := time.ParseDuration(n.Value)
	if err != nil {
		return fmt.Errorf("line %d: %w", n.Line, err)
	}
	*d = Duration(parsed)
	return nil
}

// At returns when the named event happened, after Start.
func (m Meta) At(event string) (time.Duration, error) {
	for _, e := range m.Events {
		if e.Name == event {
			return time.Duration(e.At), nil
		}
	}
	return 0, fmt.Errorf("recording %s has no event %q", m.Scenario, event)
}

// End returns the time of the last scrape, after Start.
func (m Meta) End() time.Duration { return time.Duration(m.Step) * time.Duration(m.Scrapes-1) }

// Write writes the recording's two files into dir, named after the scenario.
func (r Recording) Write(dir string) error {
	SortSeries(r.Series)
	var lines bytes.Buffer
	for _, s := range r.Series {
		line, err := Encode(s)
		if err != nil {
			return err
		}
		lines.WriteString(line + "\n")
	}
	meta, err := yaml.Marshal(r.Meta)
	if err != nil {
		return err
	}
	base := filepath.Join(dir, r.Meta.Scenario)
	return errors.Join(
		os.WriteFile(base+SeriesExt, lines.Bytes(), 0o644),
		os.WriteFile(base+MetaExt, meta, 0o644),
	)
}

// Read reads the recording of a scenario from fsys.
func Read(fsys fs.FS, scenario string) (Recording, error) {
	var r Recording
	meta, err := fs.ReadFile(fsys, scenario+MetaExt)
	if err != nil {
		return r, fmt.Errorf("%w: record it with hoplab rules record", err)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(meta))
	decoder.KnownFields(true)
	if err := decoder.Decode(&r.Meta); err != nil {
		return r, fmt.Errorf("%s%s: %w", scenario, MetaExt, err)
	}
	if r.Meta.Start.Unix() <= 0 || r.Meta.Step <= 0 {
		return r, fmt.Errorf("%s%s: start %s, step %s: want a time after 1970 and a positive step",
			scenario, MetaExt, r.Meta.Start, time.Duration(r.Meta.Step))
	}
	text, err := fs.ReadFile(fsys, scenario+SeriesExt)
	if err != nil {
		return r, err
	}
	for i, line := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
		s, err := Parse(line)
		if err != nil {
			return r, fmt.Errorf("%s%s:%d: %w", scenario, SeriesExt, i+1, err)
		}
		if len(s.Values) > r.Meta.Scrapes {
			return r, fmt.Errorf("%s%s:%d: %d values, but the recording has %d scrapes", scenario, SeriesExt, i+1, len(s.Values), r.Meta.Scrapes)
		}
		r.Series = append(r.Series, s)
	}
	return r, nil
}

// List returns the scenarios that are recorded in fsys, in order.
func List(fsys fs.FS) ([]string, error) {
	files, err := fs.Glob(fsys, "*"+MetaExt)
	for i := range files {
		files[i] = strings.TrimSuffix(files[i], MetaExt)
	}
	return files, err
}
