package report

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	"github.com/hopscope/hopscope/rules_test/lab"
)

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
