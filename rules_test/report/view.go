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

// Bounds of the page's size, in bytes for all charts together: with many charts
// each has fewer points and shorter explanations.
const (
	pathBytes  = 500_000
	whyBytes   = 400_000
	nameBytes  = 200_000 // of lines and lanes
	pointBytes = 10      // of a point in a path, about
	mostPoints = 160
	leastPoint = 16
	mostWhy    = 12_000
	mostName   = 200
	leastName  = 32
	leastWhy   = 1000 // a shorter one says nothing
	manyCharts = 200  // from here on each has half of its lines and lanes
)

// page is what the template shows.
type page struct {
	Style               template.CSS
	Script              template.JS
	Problems            int
	Facts               []string
	Matrix              matrix
	Recorded, Synthetic []scenarioView
	Mutants             *Mutants
	Coverage            *Coverage
}

// matrix is scenario × alert, a row for each alert.
type matrix struct {
	Columns []column
	Rows    []row
}

type column struct{ ID, Name, About string }

type row struct {
	Name  name
	Cells []cell
	Hand  []cell // of synthetic scenarios, together: fire, silent, not as expected
}

// name is an alert's, with what all of them begin with apart, so that a narrow
// screen can leave it out.
type name struct{ Prefix, Rest string }

// cell is one verdict. Class names its colour; Symbol says the same without.
type cell struct {
	Class, Symbol, Text, Title, Link string
	Share                            template.CSS // of the budget that was used
}

type scenarioView struct {
	ID, Name, About, Facts string
	Open                   bool
	Badges                 []cell
	Main, Others           []chartView
}

type chartView struct {
	ID         string
	Name       name
	Severity   string
	Verdict    cell
	Meters     []meter
	Rule       string // with for and keep_firing_for
	Where      string
	Left, Op   string
	Right      string
	Note       string
	High, Low  string // of the scale
	Zone       string // where the comparison holds, an SVG path
	Paths      []path
	Limits     []path
	Label      *label
	Fault      *span
	Deadlines  []span
	Lanes      []lane
	LanesLeft  int
	Ticks      []label
	Moments    []label // of synthetic scenarios: what is looked at
	Why        string
	LinesLeft  int
	Range      string // low, high and end for the script
	Empty      bool
	Annotation string
}

type meter struct {
	Name, Text string
	Style      template.CSS
	Over       bool
}

type path struct {
	Class, Name, D string
}

type label struct {
	Text, Class string
	Style       template.CSS
}

type span struct {
	Class, Title string
	Style        template.CSS
}

type lane struct {
	Name  string
	Spans []span
}

// viewer makes views.
type viewer struct {
	prefix string
	points int // of a line, at most
	name   int // characters of a line's or lane's name
	why    int // bytes of an explanation; 0: none
	lines  int // lines and lanes of a chart
}

func (r *Report) view() page {
	charts, lines, names := 0, 0, 0
	for _, s := range r.Scenarios {
		for _, c := range s.Charts {
			charts++
			lines += len(c.Lines) + len(c.Limits)
			names += len(c.Lines) + len(c.Lanes)
		}
	}
	v := viewer{prefix: commonPrefix(r.Alerts)}
	v.points = min(max(pathBytes/pointBytes/max(lines, 1), leastPoint), mostPoints)
	v.name = min(max(nameBytes/max(names, 1), leastName), mostName)
	if v.why = min(whyBytes/max(charts, 1), mostWhy); v.why < leastWhy {
		v.why = 0
	}
	if v.lines = mostLines; charts > manyCharts {
		v.lines = mostLines / 2
	}
	p := page{Problems: r.Problems(), Matrix: v.matrix(r), Mutants: r.Mutants, Coverage: r.Coverage}
	for _, s := range r.Scenarios {
		if s.Synthetic {
			p.Synthetic = append(p.Synthetic, v.scenario(s))
		} else {
			p.Recorded = append(p.Recorded, v.scenario(s))
		}
	}
	p.Facts = []string{
		counted(len(r.Alerts), "alert"), counted(len(p.Recorded), "recorded scenario"),
		counted(len(p.Synthetic), "scenario") + " by hand", counted(r.Phases, "phase") + " of evaluation",
	}
	return p
}

// commonPrefix returns the word that all names begin with, so that something is
// left of each: names in CamelCase are cut before a capital.
func commonPrefix(names []string) string {
	if len(names) < 2 {
		return ""
	}
	prefix := names[0]
	for _, n := range names {
		for prefix != "" && (!strings.HasPrefix(n, prefix) || n == prefix) {
			prefix = prefix[:len(prefix)-1]
		}
	}
	for prefix != "" && slices.ContainsFunc(names, func(n string) bool { return n[len(prefix)] < 'A' || n[len(prefix)] > 'Z' }) {
		prefix = prefix[:len(prefix)-1]
	}
	return prefix
}

func (v viewer) alert(alert string) name {
	return name{v.prefix, strings.TrimPrefix(alert, v.prefix)}
}

func (v viewer) matrix(r *Report) matrix {
	var m matrix
	for i, a := range r.Alerts {
		line := row{Name: v.alert(a)}
		hand := map[string]int{}
		for _, s := range r.Scenarios {
			c := s.Cells[i]
			if s.Synthetic {
				hand[verdict(c).Class]++
				continue
			}
			line.Cells = append(line.Cells, v.cell(s, c))
		}
		for _, kind := range []cell{
			{Class: "bad", Symbol: "✕", Title: "not as expected"},
			{Class: "hit", Symbol: "●", Title: "scenarios by hand in which it fires as it must"},
			{Class: "quiet", Symbol: "·", Title: "scenarios by hand in which it stays silent as it must"},
		} {
			if n := hand[kind.Class]; n > 0 {
				kind.Text = fmt.Sprint(n)
				line.Hand = append(line.Hand, kind)
			}
		}
		m.Rows = append(m.Rows, line)
	}
	for _, s := range r.Scenarios {
		if !s.Synthetic {
			m.Columns = append(m.Columns, column{"s-" + s.Name, s.Name, s.About})
		}
	}
	return m
}

// cell is a matrix' cell, which leads to its chart.
func (v viewer) cell(s *Scenario, c lab.Cell) cell {
	view := verdict(c)
	if slices.ContainsFunc(s.Charts, func(c2 *Chart) bool { return c2.Cell.Alert == c.Alert }) {
		view.Link = chartID(s, c.Alert)
	}
	if c.DetectedKnown && c.Expect == lab.MustFire {
		view.Text = brief(c.Detected)
		view.Share = part(c.Detected, time.Duration(c.Budget.Within))
	} else {
		view.Text = ""
	}
	view.Title = c.Alert + " in " + s.Name + ": " + view.Title
	return view
}

func chartID(s *Scenario, alert string) string { return "c-" + s.Name + "-" + alert }

// part is how much of a budget was used, as a style.
func part(used, budget time.Duration) template.CSS {
	if budget <= 0 {
		return ""
	}
	return template.CSS(fmt.Sprintf("--used:%.1f%%", min(100, 100*float64(used)/float64(budget))))
}

// verdict says in a word, a sign and a colour how a cell came out.
func verdict(c lab.Cell) cell {
	switch {
	case c.Problem != "":
		return cell{Class: "bad", Symbol: "✕", Text: "not as expected", Title: c.Problem}
	case c.Expect == lab.MustFire && c.DetectedKnown:
		text := fmt.Sprintf("fires %s after the fault, within %s", brief(c.Detected), brief(time.Duration(c.Budget.Within)))
		return cell{Class: "hit", Symbol: "●", Text: "fires in time", Title: text}
	case c.Expect == lab.MustFire:
		return cell{Class: "hit", Symbol: "●", Text: "fires when it must", Title: "fires when it must"}
	case c.Expect == lab.MayFire && c.Fired:
		return cell{Class: "may", Symbol: "◐", Text: "fires, and may", Title: "fires, and may"}
	case c.Expect == lab.MayFire:
		return cell{Class: "may", Symbol: "○", Text: "silent, and might fire", Title: "silent, and might fire"}
	case c.Expect == lab.MustSilent && c.Scenario.Synthetic:
		return cell{Class: "quiet", Symbol: "·", Text: "silent when it must be", Title: "silent when it must be"}
	case c.Expect == lab.MustSilent:
		return cell{Class: "quiet", Symbol: "·", Text: "silent, as it must be", Title: "silent, as it must be"}
	default:
		return cell{Class: "none"}
	}
}

func (v viewer) scenario(s *Scenario) scenarioView {
	view := scenarioView{ID: "s-" + s.Name, Name: s.Name, About: s.About}
	facts := []string{brief(s.End), "every " + brief(time.Duration(s.Series.Meta.Step)), counted(len(s.Series.Series), "series")}
	if on, off, ok := s.Fault(); ok {
		facts = append(facts, fmt.Sprintf("fault from %s to %s", brief(on), brief(off)))
	}
	view.Facts = strings.Join(facts, " · ")
	counts := map[string]int{}
	for _, c := range s.Cells {
		counts[verdict(c).Class]++
	}
	for _, kind := range []cell{{Class: "bad", Symbol: "✕"}, {Class: "hit", Symbol: "●"}, {Class: "may", Symbol: "◐"}, {Class: "quiet", Symbol: "·"}} {
		if n := counts[kind.Class]; n > 0 {
			kind.Text = fmt.Sprintf("%d %s", n, map[string]string{
				"bad": "not as expected", "hit": "must fire", "may": "may fire", "quiet": "silent",
			}[kind.Class])
			view.Badges = append(view.Badges, kind)
		}
	}
	for i, c := range s.Charts {
		one := v.chart(s, c)
		if i > 0 && s.Charts[i-1].Cell.Alert == c.Cell.Alert {
			one.ID += fmt.Sprint("-", i)
		}
		if c.Main() || s.Synthetic {
			view.Main = append(view.Main, one)
		} else {
			view.Others = append(view.Others, one)
		}
	}
	view.Open = s.Problems() > 0 || !s.Synthetic && len(view.Main) > 0
	return view
}

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

// clip cuts text to about most bytes, at a line's end; to nothing if most is 0.
func clip(text string, most int) string {
	if most == 0 {
		return ""
	}
	if len(text) <= most {
		return text
	}
	cut := strings.LastIndexByte(text[:most], '\n')
	return text[:max(cut, 0)] + "\n… hoplab rules explain shows the rest"
}

func counted(n int, what string) string {
	if n != 1 && !strings.HasSuffix(what, "s") {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}
