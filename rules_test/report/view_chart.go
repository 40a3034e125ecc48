package report

import (
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/hopscope/hopscope/rules_test/explain"
	"github.com/hopscope/hopscope/rules_test/lab"
	"github.com/hopscope/hopscope/rules_test/replay"
)

func (v viewer) chart(s *Scenario, c *Chart) chartView {
	view := chartView{
		ID: chartID(s, c.Cell.Alert), Name: v.alert(c.Cell.Alert), Severity: c.Rule.Labels.Get("severity"),
		Where: c.Rule.Where(), Verdict: verdict(c.Cell), Left: c.Left, Op: c.Op, Right: c.Right,
		LanesLeft: c.LanesLeft + max(len(c.Lanes)-v.lines, 0), LinesLeft: c.LinesLeft + max(len(c.Lines)-v.lines, 0), Why: clip(c.Why, v.why),
		Annotation: c.Rule.Annotations.Get("summary"),
	}
	if view.Verdict.Class == "bad" {
		view.Verdict.Text = c.Cell.Problem
	}
	if c.More > 0 {
		view.Note = fmt.Sprintf("the first of %d conditions", c.More+1)
	}
	if c.Rule.For > 0 {
		view.Rule = "for " + brief(c.Rule.For)
	}
	if c.Rule.KeepFiringFor > 0 {
		view.Rule = strings.TrimSpace(view.Rule + " keep_firing_for " + brief(c.Rule.KeepFiringFor))
	}
	view.Meters = meters(c.Cell)
	v.plot(&view, s, c)
	v.bands(&view, s, c)
	return view
}

// meters are the times of detection and resolution against their budgets.
func meters(c lab.Cell) []meter {
	var all []meter
	add := func(name string, took time.Duration, known bool, budget time.Duration) {
		if budget <= 0 && !known {
			return
		}
		m := meter{Name: name, Text: "–", Over: !known || budget > 0 && took > budget}
		if known {
			m.Text, m.Style = brief(took), part(took, budget)
		}
		if budget > 0 {
			m.Text += " of " + brief(budget)
		} else {
			m.Over = false
		}
		all = append(all, m)
	}
	if !c.Scenario.Synthetic {
		add("detected", c.Detected, c.DetectedKnown, time.Duration(c.Budget.Within))
		add("resolved", c.Resolved, c.ResolvedKnown && c.Fired, time.Duration(c.Budget.Ends))
	}
	return all
}

// plot draws the values and the threshold on 1000 × 100.
func (v viewer) plot(view *chartView, s *Scenario, c *Chart) {
	sc := newScale(c.Lines, c.Limits)
	view.High, view.Low = explain.Number(round(sc.high)), explain.Number(round(sc.low))
	view.Range = fmt.Sprintf("%g %g %g", sc.low, sc.high, s.End.Seconds())
	view.Empty = len(c.Lines) == 0
	draw := func(lines []Line, class string) (paths []path) {
		for _, l := range lines[:min(len(lines), v.lines)] {
			kind := class
			if l.Active {
				kind += " active"
			}
			paths = append(paths, path{kind, explain.Cut(l.Name, v.name), sc.path(reduce(l.Points, v.points, s.End), s.End)})
		}
		return paths
	}
	view.Paths, view.Limits = draw(c.Lines, "value"), draw(c.Limits, "limit")
	slices.Reverse(view.Paths) // those of alerts on top
	if len(c.Limits) == 1 && level(c.Limits[0]) {
		limit := c.Limits[0].Points[0].Value
		y := sc.at(limit) * 100
		class := "above"
		if y < 30 {
			class = "under"
		}
		view.Label = &label{c.Op + " " + explain.Number(limit), class, template.CSS(fmt.Sprintf("top:%.1f%%", y))}
		if c.Above {
			view.Zone = fmt.Sprintf("M0 0H1000V%.1fH0Z", y)
		} else if c.Below {
			view.Zone = fmt.Sprintf("M0 %.1fH1000V100H0Z", y)
		}
	}
}

func level(l Line) bool {
	return !slices.ContainsFunc(l.Points, func(p Point) bool { return p.Value != l.Points[0].Value })
}

// round keeps three digits, for the ends of a scale.
func round(f float64) float64 {
	if f == 0 || math.IsInf(f, 0) || math.IsNaN(f) {
		return f
	}
	unit := math.Pow(10, math.Floor(math.Log10(math.Abs(f)))-2)
	return math.Round(f/unit) * unit
}

// path returns an SVG path over points; a single value is a short stroke.
func (sc scale) path(points []Point, end time.Duration) string {
	var b strings.Builder
	for i, p := range points {
		if math.IsNaN(p.Value) {
			continue
		}
		command := "L"
		if b.Len() == 0 || p.Gap || math.IsNaN(points[i-1].Value) {
			command = "M"
		}
		fmt.Fprintf(&b, "%s%.0f %.3g", command, 1000*fraction(p.At, end), 100*sc.at(p.Value))
		if command == "M" && (i+1 == len(points) || points[i+1].Gap) {
			b.WriteString("h0")
		}
	}
	return b.String()
}

func fraction(at, end time.Duration) float64 {
	return min(max(float64(at)/float64(max(end, 1)), 0), 1)
}

// bands draws what lies on the axis of time: fault, budgets, the alerts' courses.
func (v viewer) bands(view *chartView, s *Scenario, c *Chart) {
	if on, off, ok := s.Fault(); ok {
		view.Fault = &span{"fault", fmt.Sprintf("fault from %s to %s", brief(on), brief(off)), between(on, off, s.End)}
		deadline := func(title string, at time.Duration) {
			if at <= s.End {
				view.Deadlines = append(view.Deadlines, span{"deadline", title + " " + brief(at), place(at, s.End)})
			}
		}
		if within := time.Duration(c.Cell.Budget.Within); within > 0 {
			deadline("has to fire by", on+within)
		}
		if ends := time.Duration(c.Cell.Budget.Ends); ends > 0 {
			deadline("has to be over by", off+ends)
		}
	}
	for _, l := range c.Lanes[:min(len(c.Lanes), v.lines)] {
		view.Lanes = append(view.Lanes, lane{explain.Cut(l.Name, v.name), spans(coarse(l.Spans, v.points, s.End), s.End)})
	}
	for _, t := range ticks(s.End, 5) {
		view.Ticks = append(view.Ticks, label{Text: brief(t), Style: place(t, s.End)})
	}
	look := func(all []lab.Moment, text, class string) {
		for _, m := range all {
			if m.Alert == c.Cell.Alert {
				at := time.Duration(m.At)
				view.Moments = append(view.Moments, label{fmt.Sprintf("%s at %s", text, brief(at)), class, place(at, s.End)})
			}
		}
	}
	look(s.Fires, "has to fire", "fires")
	look(s.Silent, "has to be silent", "silent")
}

// spans returns a lane's bands: pending, firing, and resolved until the next.
func spans(states []replay.Span, end time.Duration) []span {
	var all []span
	for i, s := range states {
		to := s.To
		if s.Open {
			to = end
		}
		all = append(all, span{s.State.String(), fmt.Sprintf("%s from %s to %s", s.State, brief(s.From), brief(to)), between(s.From, to, end)})
		next := end
		if i+1 < len(states) {
			next = states[i+1].From
		}
		if s.State == replay.Firing && !s.Open && next > to {
			all = append(all, span{"resolved", "resolved after " + brief(to), between(to, next, end)})
		}
	}
	return all
}

func place(at, end time.Duration) template.CSS {
	return template.CSS(fmt.Sprintf("left:%.2f%%", 100*fraction(at, end)))
}

func between(from, to, end time.Duration) template.CSS {
	a, b := fraction(from, end), fraction(to, end)
	return template.CSS(fmt.Sprintf("left:%.2f%%;width:%.2f%%", 100*a, 100*(b-a)))
}
