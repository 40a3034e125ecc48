package report

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/hopscope/hopscope/rules_test/replay"
)

// scale maps values to heights.
type scale struct{ low, high float64 }

// newScale fits all lines, with zero where that is not far.
func newScale(all ...[]Line) scale {
	low, high := math.Inf(1), math.Inf(-1)
	for _, lines := range all {
		for _, l := range lines {
			for _, p := range l.Points {
				if !math.IsNaN(p.Value) && !math.IsInf(p.Value, 0) {
					low, high = min(low, p.Value), max(high, p.Value)
				}
			}
		}
	}
	switch {
	case low > high:
		return scale{0, 1}
	case low > 0 && low < 0.9*high:
		low = 0
	case high < 0 && high > 0.9*low:
		high = 0
	}
	if low == high {
		d := max(math.Abs(low)/2, 0.5)
		if low >= 0 && low < d {
			return scale{0, high + 2*d}
		}
		return scale{low - d, high + d}
	}
	if high <= 0 {
		return scale{low, high + (high-low)*0.1}
	}
	return scale{low, ceil(high)}
}

// ceil returns the next number of two digits that leaves some room.
func ceil(f float64) float64 {
	unit := math.Pow(10, math.Floor(math.Log10(f))-1)
	for _, n := range []float64{11, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100, 110} {
		if n*unit >= 1.03*f {
			return n * unit
		}
	}
	return 1.1 * f
}

// at returns a value's place, from 0 at the top to 1 at the bottom.
func (s scale) at(v float64) float64 {
	return min(max((s.high-v)/(s.high-s.low), 0), 1)
}

// reduce returns a line of at most most points: those that a flat stretch does not
// need go first, then each piece of time keeps its least and its greatest value.
func reduce(points []Point, most int, end time.Duration) []Point {
	points = unbent(points)
	if len(points) <= most || most < 4 || end <= 0 {
		return points
	}
	pieces := most / 2
	var out []Point
	for from := 0; from < len(points); {
		piece := int(points[from].At * time.Duration(pieces) / (end + 1))
		to, least, greatest, gap := from, from, from, false
		for ; to < len(points) && int(points[to].At*time.Duration(pieces)/(end+1)) == piece; to++ {
			if points[to].Value < points[least].Value {
				least = to
			}
			if points[to].Value > points[greatest].Value {
				greatest = to
			}
			gap = gap || points[to].Gap
		}
		first, second := points[min(least, greatest)], points[max(least, greatest)]
		first.Gap, second.Gap = gap, false
		if out = append(out, first); least != greatest {
			out = append(out, second)
		}
		from = to
	}
	return out
}

// unbent drops the points inside of level stretches.
func unbent(points []Point) []Point {
	var out []Point
	for i, p := range points {
		if i > 0 && i+1 < len(points) && !p.Gap && !points[i+1].Gap &&
			points[i-1].Value == p.Value && points[i+1].Value == p.Value {
			continue
		}
		out = append(out, p)
	}
	return out
}

// coarse returns spans unless they are more than most; then it looks at most pieces
// of time, each in the highest state that it has.
func coarse(spans []replay.Span, most int, end time.Duration) []replay.Span {
	if len(spans) <= most {
		return spans
	}
	at := func(i int) time.Duration { return end * time.Duration(i) / time.Duration(most) }
	var out []replay.Span
	for i := range most {
		state := replay.Inactive
		for _, s := range spans {
			if s.From < at(i+1) && (s.Open || s.To > at(i)) {
				state = max(state, s.State)
			}
		}
		last := len(out) - 1
		switch {
		case last >= 0 && out[last].State == state && out[last].To == at(i):
			out[last].To = at(i + 1)
		case state != replay.Inactive:
			out = append(out, replay.Span{State: state, From: at(i), To: at(i + 1)})
		}
	}
	return out
}

// ticks returns the marks of a time axis, at most most.
func ticks(end time.Duration, most int) []time.Duration {
	day := 24 * time.Hour
	steps := []time.Duration{
		time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
		time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
		time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, day,
	}
	step := steps[len(steps)-1]
	for _, s := range steps {
		if end/s < time.Duration(most) {
			step = s
			break
		}
	}
	for end/step >= time.Duration(most) {
		step *= 2
	}
	var all []time.Duration
	for t := time.Duration(0); t <= end; t += step {
		all = append(all, t)
	}
	return all
}

// brief writes a time without units that are zero: 1m, 2h30m, 3d.
func brief(d time.Duration) string {
	if d < 0 {
		return "-" + brief(-d)
	}
	if d >= time.Second {
		d = d.Round(100 * time.Millisecond)
	}
	var b strings.Builder
	if days := d / (24 * time.Hour); days > 0 {
		fmt.Fprintf(&b, "%dd", days)
		d -= days * 24 * time.Hour
	}
	if d > 0 || b.Len() == 0 {
		text := d.String()
		if d >= time.Minute {
			text = strings.TrimSuffix(text, "0s")
			if strings.HasSuffix(text, "h0m") {
				text = strings.TrimSuffix(text, "0m")
			}
			// 10s ends in 0s, too.
			if last := text[len(text)-1]; last >= '0' && last <= '9' {
				text += "0s"
			}
		}
		b.WriteString(text)
	}
	return b.String()
}
