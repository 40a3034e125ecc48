package record

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"github.com/hopscope/hopscope/rules_test/recording"
)

// maxLate is the part of a step by which a scrape may miss its place on the grid
// and still be told from its neighbours; a machine too busy for that has to
// record anew.
const maxLate = 0.25

// ErrBusy says that scrapes were late or left out because the machine had too much
// to do: what was recorded is not what happened.
var ErrBusy = errors.New("record on a machine that is less busy")

// grid gives each scrape of each target its place. Targets are scraped at
// different moments of a step, so each has a phase of its own.
type grid struct {
	step  time.Duration
	first map[string]int64 // instance → its first scrape, Unix milliseconds
	start int64            // the earliest of them
	slots int
}

// read turns what is stored into a recording.
func (r *Recorder) read(ctx context.Context, meta recording.Meta) (recording.Recording, error) {
	querier, err := r.db.Querier(math.MinInt64, math.MaxInt64)
	if err != nil {
		return recording.Recording{}, err
	}
	defer querier.Close()
	g, err := r.grid(ctx, querier)
	if err != nil {
		return recording.Recording{}, err
	}
	rec := recording.Recording{Meta: meta}
	scraped := 0
	start := time.UnixMilli(g.start).UTC()
	set := querier.Select(ctx, true, nil, labels.MustNewMatcher(labels.MatchNotEqual, model.MetricNameLabel, ""))
	for set.Next() {
		stored := set.At()
		scraped++
		into := r.opts.place(&rec, stored.Labels())
		if into == nil {
			continue
		}
		values, err := g.values(stored)
		if err != nil {
			return rec, err
		}
		*into = append(*into, recording.Series{Labels: recording.Rename(stored.Labels(), r.opts.Rename), Values: values})
	}
	if err := set.Err(); err != nil {
		return rec, err
	}
	if err := complete(rec.Series, g.slots); err != nil {
		return rec, err
	}
	if len(rec.Panels) == 0 && !slices.ContainsFunc(rec.Series, func(s recording.Series) bool { return !ofScrape(s.Labels) }) {
		return rec, fmt.Errorf("none of the %d series that were scraped is read by a rule or a dashboard: "+
			"name the right files, and the job that they expect (it is %q)", scraped, r.opts.Job)
	}
	rec.Meta.Start = start.Truncate(time.Second)
	rec.Meta.Step = recording.Duration(r.opts.Step)
	rec.Meta.Scrapes = g.slots
	after := func(at time.Time) recording.Duration {
		return recording.Duration(max(0, at.Sub(start)).Round(time.Second))
	}
	for _, f := range r.faults {
		fault := recording.Fault{Name: f.name, On: after(f.on)}
		if !f.off.IsZero() {
			// What happens at a stroke still has an end.
			fault.Off = max(after(f.off), fault.On+recording.Duration(time.Second))
		}
		rec.Meta.Faults = append(rec.Meta.Faults, fault)
	}
	recording.SortSeries(rec.Series)
	recording.SortSeries(rec.Panels)
	if err := errors.Join(recording.Distinct(rec.Series), recording.Distinct(rec.Panels)); err != nil {
		return rec, err
	}
	rec.Exemplars, err = r.exemplars(ctx, start)
	return rec, err
}

// complete fails where a scrape did not take place: up has a value for each, well
// or not. A gap of the recorder must not pass for one of the target.
func complete(series []recording.Series, scrapes int) error {
	for _, s := range series {
		if s.Labels.Get(model.MetricNameLabel) != "up" {
			continue
		}
		for i, v := range s.Values {
			if v.Omitted && i > 0 && !s.Values[i-1].Omitted {
				return fmt.Errorf("%s: scrape %d of %d did not take place: %w", recording.Name(s.Labels), i+1, scrapes, ErrBusy)
			}
		}
	}
	return nil
}

// grid finds the first scrape of each target in up, which exists for each scrape
// whether it succeeded or not.
func (r *Recorder) grid(ctx context.Context, q storage.Querier) (*grid, error) {
	g := &grid{step: r.opts.Step, first: map[string]int64{}, start: math.MaxInt64}
	last := int64(math.MinInt64)
	set := q.Select(ctx, true, nil, labels.MustNewMatcher(labels.MatchEqual, model.MetricNameLabel, "up"))
	for set.Next() {
		it := set.At().Iterator(nil)
		first := int64(math.MaxInt64)
		for it.Next() != chunkenc.ValNone {
			first, last = min(first, it.AtT()), max(last, it.AtT())
		}
		if err := it.Err(); err != nil {
			return nil, err
		}
		g.first[set.At().Labels().Get(model.InstanceLabel)] = first
		g.start = min(g.start, first)
	}
	if err := set.Err(); err != nil {
		return nil, err
	}
	if len(g.first) == 0 {
		return nil, errors.New("nothing was scraped: record for longer than one step")
	}
	g.slots = int(math.Round(float64(last-g.start)/float64(g.step.Milliseconds()))) + 1
	return g, nil
}

// values returns a series' samples on the grid, as many as reach its last one.
func (g *grid) values(s storage.Series) ([]recording.Value, error) {
	name := recording.Name(s.Labels())
	first, step := g.first[s.Labels().Get(model.InstanceLabel)], float64(g.step.Milliseconds())
	phase := int((first - g.start) / g.step.Milliseconds())
	var values []recording.Value
	it := s.Iterator(nil)
	for kind := it.Next(); kind != chunkenc.ValNone; kind = it.Next() {
		place := float64(it.AtT()-first) / step
		slot := math.Round(place)
		if math.Abs(place-slot) > maxLate {
			return nil, fmt.Errorf("%s: a scrape was %.0f ms off its place in steps of %s: %w", name, (place-slot)*step, g.step, ErrBusy)
		}
		index := int(slot) + phase
		if index < len(values) {
			return nil, fmt.Errorf("%s: two samples for scrape %d: %w", name, index, ErrBusy)
		}
		for len(values) < index {
			values = append(values, recording.Value{Omitted: true})
		}
		values = append(values, recording.Stored(it, kind))
	}
	g.slots = max(g.slots, len(values))
	return values, it.Err()
}
