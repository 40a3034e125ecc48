package report

import (
	"time"

	"github.com/hopscope/hopscope/rules_test/lab"
	"github.com/hopscope/hopscope/rules_test/replay"
	"github.com/hopscope/hopscope/rules_test/ruleset"
)

// Bounds of a chart; what is beyond is counted.
const (
	mostLines = 4
	mostLanes = 4
)

// Report is everything that is drawn. All times count from a recording's start.
type Report struct {
	Alerts    []string // in order of evaluation
	Phases    int      // at how many the recordings were run
	Scenarios []*Scenario
	// Mutants and Coverage are shown if they are there.
	Mutants  *Mutants
	Coverage *Coverage
}

// Scenario is one run over a recording, at phase 0, and the worst of all phases.
type Scenario struct {
	*lab.Scenario
	End    time.Duration
	Cells  []lab.Cell // of all alerts, in their order
	Failed []string   // rules that could not be evaluated: their silence proves nothing
	Charts []*Chart   // of those that fired, had to or were pending
}

// Chart is one rule of an alert in one scenario.
type Chart struct {
	Rule *ruleset.Rule
	Cell lab.Cell
	// Left is drawn against Right; Op is empty where the expression is no
	// comparison, and Left is all of it.
	Left, Op, Right string
	Above, Below    bool // on which side of Right the alert is active
	More            int  // conditions that have to hold besides
	Lines           []Line
	LinesLeft       int // lines that are not drawn
	Limits          []Line
	Lanes           []Lane
	LanesLeft       int
	// Why explains the moment that tells most; empty if it was not asked for.
	Why string
}

// Line is a value over time.
type Line struct {
	Name   string
	Active bool // belongs to an alert that was pending or fired
	Points []Point
}

// Point is a value at one time.
type Point struct {
	At    time.Duration
	Value float64
	// Gap: there was no value between the point before and this one.
	Gap bool
}

// Lane is the course of one alert.
type Lane struct {
	Name  string
	Spans []replay.Span
}

// Fired reports whether an alert of the chart's rule fired.
func (c *Chart) Fired() bool {
	for _, l := range c.Lanes {
		for _, s := range l.Spans {
			if s.State == replay.Firing {
				return true
			}
		}
	}
	return false
}

// Main reports whether the chart is one to look at first: it fired, had to, or is
// not as expected.
func (c *Chart) Main() bool {
	return c.Fired() || c.Cell.Fired || c.Cell.Expect == lab.MustFire || c.Cell.Problem != ""
}

// Problems counts the cells that are not as expected.
func (r *Report) Problems() int {
	n := 0
	for _, s := range r.Scenarios {
		n += s.Problems()
	}
	return n
}

// Problems counts the scenario's cells that are not as expected, and the rules that
// failed.
func (s *Scenario) Problems() int {
	n := len(s.Failed)
	for _, c := range s.Cells {
		if c.Problem != "" {
			n++
		}
	}
	return n
}
