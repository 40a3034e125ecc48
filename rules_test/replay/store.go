package replay

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/timestamp"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"

	"github.com/hopscope/hopscope/rules_test/recording"
)

// Data is a recording, ready for queries. It does not change.
type Data struct {
	Meta   recording.Meta
	byName series
	start  int64 // of the first scrape, in milliseconds since 1970
	end    int64 // of the last
}

// NewData takes a recording over; rec must not be changed afterwards.
func NewData(rec recording.Recording) (*Data, error) {
	if rec.Meta.Step <= 0 || rec.Meta.Scrapes < 1 {
		return nil, fmt.Errorf("recording %s: %d scrapes in steps of %s: want at least one scrape and a positive step",
			rec.Meta.Scenario, rec.Meta.Scrapes, time.Duration(rec.Meta.Step))
	}
	d := &Data{Meta: rec.Meta, byName: series{}, start: timestamp.FromTime(rec.Meta.Start)}
	d.end = d.start + rec.Meta.End().Milliseconds()
	step := time.Duration(rec.Meta.Step).Milliseconds()
	for _, s := range rec.Series {
		one := &entry{labels: s.Labels}
		for i, v := range s.Values {
			if v.Omitted {
				continue
			}
			one.samples = append(one.samples, sample{d.start + int64(i)*step, v.Value, v.Histogram})
		}
		d.byName.add(one)
	}
	return d, nil
}

// Names returns the names of all recorded series.
func (d *Data) Names() []string {
	names := make([]string, 0, len(d.byName))
	for name := range d.byName {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// after returns a moment as time after the recording's start.
func (d *Data) after(ms int64) time.Duration { return time.Duration(ms-d.start) * time.Millisecond }

// series holds time series by their metric's name, those of one name in order of
// their labels: whatever order they come in, sums agree in their last bit.
type series map[string][]*entry

func (s series) add(e *entry) {
	name := e.labels.Get(model.MetricNameLabel)
	at, _ := slices.BinarySearchFunc(s[name], e.labels, func(e *entry, l labels.Labels) int { return labels.Compare(e.labels, l) })
	s[name] = slices.Insert(s[name], at, e)
}

// entry is one series; it implements storage.Series.
type entry struct {
	labels  labels.Labels
	samples []sample // in order of time
}

// sample implements chunks.Sample.
type sample struct {
	t int64
	f float64
	h *histogram.FloatHistogram
}

func (s *sample) T() int64                { return s.t }
func (s *sample) ST() int64               { return 0 }
func (s *sample) F() float64              { return s.f }
func (s *sample) H() *histogram.Histogram { return nil }
func (s *sample) Copy() chunks.Sample     { return &sample{s.t, s.f, s.FH()} }

// FH returns a copy, because the engine calculates in it.
func (s *sample) FH() *histogram.FloatHistogram {
	if s.h == nil {
		return nil
	}
	return s.h.Copy()
}

func (s *sample) Type() chunkenc.ValueType {
	if s.h != nil {
		return chunkenc.ValFloatHistogram
	}
	return chunkenc.ValFloat
}

// Get and Len implement storage.Samples.
func (e *entry) Get(i int) chunks.Sample { return &e.samples[i] }
func (e *entry) Len() int                { return len(e.samples) }

func (e *entry) Labels() labels.Labels { return e.labels }
func (e *entry) Iterator(chunkenc.Iterator) chunkenc.Iterator {
	return storage.NewListSeriesIterator(e)
}

// view is what a query sees: the recorded series and what rules made of them. What
// a rule records hides recorded series of that name, as a Prometheus with other
// rules may have left them.
type view struct {
	data    *Data
	hidden  map[string]bool
	derived series
}

// Querier implements storage.Queryable.
func (v *view) Querier(mint, maxt int64) (storage.Querier, error) { return querier{v, mint, maxt}, nil }

type querier struct {
	*view
	mint, maxt int64
}

// Select implements storage.Querier; what it returns is always sorted.
func (q querier) Select(_ context.Context, _ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	var found []storage.Series
	take := func(all []*entry) {
		for _, e := range all {
			if len(e.samples) > 0 && e.samples[0].t <= q.maxt && e.samples[len(e.samples)-1].t >= q.mint && matches(e.labels, matchers) {
				found = append(found, e)
			}
		}
	}
	if name := exactName(matchers); name != "" { // in order: what is derived is hidden
		if !q.hidden[name] {
			take(q.data.byName[name])
		}
		take(q.derived[name])
	} else {
		for name, all := range q.data.byName {
			if !q.hidden[name] {
				take(all)
			}
		}
		for _, all := range q.derived {
			take(all)
		}
		slices.SortFunc(found, func(a, b storage.Series) int { return labels.Compare(a.Labels(), b.Labels()) })
	}
	return &seriesSet{all: found}
}

func exactName(matchers []*labels.Matcher) string {
	for _, m := range matchers {
		if m.Name == model.MetricNameLabel && m.Type == labels.MatchEqual {
			return m.Value
		}
	}
	return ""
}

func matches(l labels.Labels, matchers []*labels.Matcher) bool {
	for _, m := range matchers {
		if !m.Matches(l.Get(m.Name)) {
			return false
		}
	}
	return true
}

// LabelValues and LabelNames implement storage.LabelQuerier; PromQL asks for
// neither.
func (querier) LabelValues(context.Context, string, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

func (querier) LabelNames(context.Context, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

func (querier) Close() error { return nil }

type seriesSet struct {
	all []storage.Series
	at  storage.Series
}

func (s *seriesSet) Next() bool {
	if len(s.all) == 0 {
		return false
	}
	s.at, s.all = s.all[0], s.all[1:]
	return true
}

func (s *seriesSet) At() storage.Series                { return s.at }
func (s *seriesSet) Err() error                        { return nil }
func (s *seriesSet) Warnings() annotations.Annotations { return nil }
