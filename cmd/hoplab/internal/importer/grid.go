package importer

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hopscope/hopscope/rules_test/recording"
)

// grid gives each sample its place in a recording. Prometheus scrapes each target
// at a moment of its own within the interval, and with some jitter: both are
// moved onto common steps, and counted.
type grid struct {
	step  time.Duration
	start time.Time
	slots int
	// phases maps a target to a moment on its own grid, Unix milliseconds.
	phases map[target]int64

	samples, moved, dropped int
	furthest                time.Duration
}

// scrapeInterval returns the most frequent distance between samples, of the
// target where it is shortest, in whole seconds.
func scrapeInterval(found []series) (time.Duration, error) {
	distances := map[target]map[time.Duration]int{}
	for _, s := range found {
		t := targetOf(s.labels)
		if distances[t] == nil {
			distances[t] = map[time.Duration]int{}
		}
		for i := 1; i < len(s.samples); i++ {
			d := time.Duration(s.samples[i].at-s.samples[i-1].at) * time.Millisecond
			distances[t][max(time.Second, d.Round(time.Second))]++
		}
	}
	var step time.Duration
	for _, counts := range distances {
		best, most := time.Duration(0), 0
		for d, n := range counts {
			if n > most || n == most && d < best {
				best, most = d, n
			}
		}
		if best > 0 && (step == 0 || best < step) {
			step = best
		}
	}
	if step == 0 {
		return 0, errors.New("no series has two samples, so the scrape interval is not known: name it with --step")
	}
	return step, nil
}

// newGrid finds each target's phase: the median of how its samples lie to the
// steps, so that one late scrape does not move all others.
func newGrid(found []series, step time.Duration) *grid {
	g := &grid{step: step, phases: map[target]int64{}}
	first := map[target]int64{}
	for _, s := range found {
		t := targetOf(s.labels)
		if at, ok := first[t]; !ok || s.samples[0].at < at {
			first[t] = s.samples[0].at
		}
	}
	rest := map[target][]int64{}
	for _, s := range found {
		t := targetOf(s.labels)
		for _, p := range s.samples {
			since := p.at - first[t]
			rest[t] = append(rest[t], since-round(since, step)*step.Milliseconds())
		}
	}
	start, begun := int64(0), false
	for t, r := range rest {
		slices.Sort(r)
		g.phases[t] = first[t] + r[len(r)/2]
		if !begun || g.phases[t] < start {
			start, begun = g.phases[t], true
		}
	}
	g.start = time.UnixMilli(start).UTC()
	return g
}

// slot returns the step that a moment of a target belongs to.
func (g *grid) slot(t target, at int64) int {
	phase := g.phases[t]
	return int(round(at-phase, g.step) + round(phase-g.start.UnixMilli(), g.step))
}

// place returns the samples on the grid, a row for each series that reaches to
// its last one. Where two fall on one step the later stays.
func (g *grid) place(found []series) [][]recording.Value {
	rows := make([][]recording.Value, len(found))
	for i, s := range found {
		t := targetOf(s.labels)
		for _, p := range s.samples {
			slot := max(0, g.slot(t, p.at))
			off := time.Duration(p.at-g.start.UnixMilli())*time.Millisecond - time.Duration(slot)*g.step
			g.samples++
			if off != 0 {
				g.moved++
				g.furthest = max(g.furthest, off.Abs())
			}
			if slot < len(rows[i]) {
				g.dropped++
				rows[i][slot] = p.value
				continue
			}
			for len(rows[i]) < slot {
				rows[i] = append(rows[i], recording.Value{Omitted: true})
			}
			rows[i] = append(rows[i], p.value)
		}
		g.slots = max(g.slots, len(rows[i]))
	}
	return rows
}

// losses tells what the grid changed.
func (g *grid) losses() []string {
	var all []string
	if g.moved > 0 {
		all = append(all, fmt.Sprintf("%d of %d samples were not on the grid of %s and moved by up to %s; a shorter --step moves them less",
			g.moved, g.samples, g.step, g.furthest))
	}
	if g.dropped > 0 {
		all = append(all, fmt.Sprintf("%d samples fell on the same step as a later one and are missing: a shorter --step keeps them", g.dropped))
	}
	if rest := g.start.Sub(g.start.Truncate(time.Second)); rest > 0 {
		all = append(all, fmt.Sprintf("the whole recording was moved by %s, to begin on a whole second", rest))
	}
	return all
}

// markStale puts a staleness marker at the first step after a sample where
// queries no longer see the series; present has a value for each of all steps.
func markStale(row []recording.Value, present []bool, slots int) []recording.Value {
	alive := false
	for slot := range slots {
		switch {
		case slot < len(row) && !row[slot].Omitted:
			alive = true
		case alive && (slot >= len(present) || !present[slot]):
			alive = false
			if slot == len(row) {
				row = append(row, recording.Value{})
			}
			row[slot] = recording.Stale()
		case slot == len(row):
			row = append(row, recording.Value{Omitted: true})
		}
	}
	// The steps that nothing follows say nothing.
	for len(row) > 0 && row[len(row)-1].Omitted {
		row = row[:len(row)-1]
	}
	return row
}

// round returns how many steps a time is, to the nearest.
func round(ms int64, step time.Duration) int64 {
	s := step.Milliseconds()
	half := s / 2
	if ms < 0 {
		return -((-ms + half) / s)
	}
	return (ms + half) / s
}
