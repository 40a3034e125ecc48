package lab

import (
	"fmt"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"

	"github.com/hopscope/hopscope/rules_test/recording"
)

// Part is a recording in a splice, repeated as a whole until it lasts For or longer;
// 0: once.
type Part struct {
	Recording recording.Recording
	For       time.Duration
}

// splice puts recordings one after the other, so that windows of hours and days see
// what was recorded in minutes. Counters go on where they were: each sample is the
// one before plus what the recording counted meanwhile, so no seam looks like a
// reset or a jump, nor does a series that was away meanwhile. The first sample of
// each repetition is the last one of that before. keep says which series are wanted.
// Events and faults are those of all repetitions, at their time.
func splice(meta recording.Meta, parts []Part, keep func(labels.Labels) bool) (recording.Recording, error) {
	out := recording.Recording{Meta: meta}
	all := map[string]*spliced{}
	var order []*spliced
	at := 0 // scrapes that are there
	for i, p := range parts {
		m := p.Recording.Meta
		if m.Step != meta.Step {
			return out, fmt.Errorf("%s has steps of %s, and the splice of %s: rates would be wrong", m.Scenario, time.Duration(m.Step), time.Duration(meta.Step))
		}
		if m.Scrapes < 2 {
			return out, fmt.Errorf("%s has %d scrapes: want at least 2", m.Scenario, m.Scrapes)
		}
		cycle := m.Scrapes - 1
		lasts := m.End()
		repeat := max(1, int((p.For+lasts-1)/lasts))
		if at == 0 {
			at = 1
		}
		for r := range repeat {
			later := time.Duration(at-1)*time.Duration(meta.Step) + time.Duration(r)*lasts
			happened(&out.Meta, m, later, i == len(parts)-1 && r == repeat-1)
		}
		for _, s := range p.Recording.Series {
			if !keep(s.Labels) {
				continue
			}
			name := s.Labels.String()
			one := all[name]
			if one == nil {
				one = &spliced{labels: s.Labels, counter: cumulative(s), last: recording.Value{Omitted: true}}
				all[name], order = one, append(order, one)
			}
			for r := range repeat {
				one.add(at-1+r*cycle, s.Values)
			}
		}
		at += repeat * cycle
	}
	for _, s := range order {
		out.Series = append(out.Series, recording.Series{Labels: s.labels, Values: s.values})
	}
	out.Meta.Scrapes = at
	return out, nil
}

// happened adds the events and faults of a recording that begins later. A fault that
// lasts until its end does not go on behind it, unless the recording is the last one.
func happened(to *recording.Meta, m recording.Meta, later time.Duration, last bool) {
	for _, e := range m.Events {
		e.At += recording.Duration(later)
		to.Events = append(to.Events, e)
	}
	for _, f := range m.Faults {
		if f.Off == 0 && !last {
			f.Off = recording.Duration(m.End())
		}
		f.On += recording.Duration(later)
		if f.Off > 0 {
			f.Off += recording.Duration(later)
		}
		to.Faults = append(to.Faults, f)
	}
}

// cumulative reports whether a series counts up: by Prometheus' naming, or because
// it is a native histogram that is no gauge.
func cumulative(s recording.Series) bool {
	name := s.Labels.Get(model.MetricNameLabel)
	for _, suffix := range []string{"_total", "_count", "_sum", "_bucket"} {
		if strings.HasSuffix(name, suffix) {
			return true
		}
	}
	for _, v := range s.Values {
		if v.Histogram != nil {
			return v.Histogram.CounterResetHint != histogram.GaugeType
		}
	}
	return false
}

// spliced is a series that grows.
type spliced struct {
	labels  labels.Labels
	counter bool
	values  []recording.Value
	// last is the last value that was there, omitted before the first.
	last recording.Value
}

// add appends a recording's values, the first of which falls on scrape number at: on
// the last scrape of what is there.
func (s *spliced) add(at int, values []recording.Value) {
	kept := at
	if len(values) > 0 && values[0].Omitted { // what is there at the seam stays
		kept, values = kept+1, values[1:]
	}
	for len(s.values) < kept {
		s.values = append(s.values, recording.Value{Omitted: true})
	}
	s.values = s.values[:kept]
	before := recording.Value{Omitted: true} // the recording's last value that was there
	for _, v := range values {
		if !v.Omitted && !value.IsStaleNaN(v.Value) {
			raw := v
			if s.counter && !s.last.Omitted {
				v = increased(s.last, before, v)
			}
			s.last, before = v, raw
		}
		s.values = append(s.values, v)
	}
}

// increased returns base plus what a counter counted from before to v. The first
// value of a recording (no before) counts nothing; one that fell was reset.
func increased(base, before, v recording.Value) recording.Value {
	if v.Histogram != nil {
		if base.Histogram == nil {
			return v
		}
		if before.Omitted || before.Histogram == nil {
			return base
		}
		grown := v.Histogram.Copy()
		if v.Histogram.Count >= before.Histogram.Count {
			if diff, _, _, err := grown.Sub(before.Histogram); err == nil {
				grown = diff
			}
		}
		if sum, _, _, err := grown.Add(base.Histogram); err == nil {
			grown = sum
		}
		return recording.Value{Histogram: grown}
	}
	switch {
	case before.Omitted:
		return base
	case v.Value < before.Value:
		return recording.Value{Value: base.Value + v.Value}
	default:
		return recording.Value{Value: base.Value + v.Value - before.Value}
	}
}
