package recording

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"
)

// Meta says how a recording came to be.
type Meta struct {
	Scenario    string    `yaml:"scenario"`
	Description string    `yaml:"description"`
	Gateway     string    `yaml:"gateway,omitempty"` // hopscope's version; "" where it was another exporter
	Seed        uint64    `yaml:"seed,omitempty"`    // of the load's random sequences
	Start       time.Time `yaml:"start"`             // of the first scrape, whole seconds
	Step        Duration  `yaml:"step"`              // between scrapes
	Scrapes     int       `yaml:"scrapes"`
	Faults      []Fault   `yaml:"faults,omitempty"` // in order of their beginning
	Events      []Event   `yaml:"events,omitempty"` // what else happened
	// Losses say what an imported recording lacks of what its source had.
	Losses []string `yaml:"losses,omitempty"`
}

// Fault is what was wrong, and from when to when after Start. Off 0: until the end.
type Fault struct {
	Name string   `yaml:"name"`
	On   Duration `yaml:"from"`
	Off  Duration `yaml:"to,omitempty"`
}

// Event is a moment of a recording that tests refer to by name.
type Event struct {
	Name string   `yaml:"name"`
	At   Duration `yaml:"at"` // after Start
}

// The moments that every fault makes; see [Meta.At].
const (
	FaultOn  = "fault on"
	FaultOff = "fault off"
)

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

// Moments returns the events in order of time, with the beginning and the end of
// each fault among them.
func (m Meta) Moments() []Event {
	all := slices.Clone(m.Events)
	for _, f := range m.Faults {
		all = append(all, Event{FaultOn, f.On})
		if f.Off > 0 {
			all = append(all, Event{FaultOff, f.Off})
		}
	}
	slices.SortStableFunc(all, func(a, b Event) int { return int(a.At - b.At) })
	return all
}

// At returns when the named moment was, after Start: an event, [FaultOn] or
// [FaultOff] of the first fault.
func (m Meta) At(event string) (time.Duration, error) {
	for _, e := range m.Moments() {
		if e.Name == event {
			return time.Duration(e.At), nil
		}
	}
	return 0, fmt.Errorf("recording %s has no event %q", m.Scenario, event)
}

// End returns the time of the last scrape, after Start.
func (m Meta) End() time.Duration { return time.Duration(m.Step) * time.Duration(m.Scrapes-1) }

// parseMeta reads what Write wrote, strictly. Its error names the file, every line
// that is wrong and what to do.
func parseMeta(file string, text []byte) (Meta, error) {
	var m Meta
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	err := decoder.Decode(&m)
	if errors.Is(err, io.EOF) {
		err = errors.New("it is empty")
	}
	if err != nil {
		return m, fmt.Errorf("%s: %w: mend it, or record the scenario anew", file, err)
	}
	var at struct {
		Start, Step, Scrapes yaml.Node
		Faults               []yaml.Node
	}
	if err := yaml.Unmarshal(text, &at); err != nil {
		return m, fmt.Errorf("%s: %w", file, err)
	}
	var errs []error
	wrong := func(n yaml.Node, format string, args ...any) {
		// What is missing is missed in the first line.
		errs = append(errs, fmt.Errorf("%s:%d: %w: mend it, or record the scenario anew", file, max(n.Line, 1), fmt.Errorf(format, args...)))
	}
	if m.Start.Unix() <= 0 {
		wrong(at.Start, "start: %s: want a time after 1970", m.Start.Format(time.RFC3339))
	}
	if m.Step <= 0 {
		wrong(at.Step, "step: %s: want a positive time, such as 5s", time.Duration(m.Step))
	}
	if m.Scrapes < 1 {
		wrong(at.Scrapes, "scrapes: %d: want at least one", m.Scrapes)
	}
	for i, f := range m.Faults {
		if f.Name == "" || f.On < 0 || f.Off != 0 && f.Off < f.On {
			wrong(at.Faults[i], "fault %q is on from %s to %s: want a name, and an end after the beginning", f.Name, time.Duration(f.On), time.Duration(f.Off))
		}
	}
	return m, errors.Join(errs...)
}
