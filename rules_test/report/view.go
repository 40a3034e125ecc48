package report

import (
	"fmt"
	"html/template"
	"strings"
	"time"
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
	Failed                 []string
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

func (v viewer) scenario(s *Scenario) scenarioView {
	view := scenarioView{ID: "s-" + s.Name, Name: s.Name, About: s.About, Failed: s.Failed}
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
