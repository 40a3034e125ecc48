package lint

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/promql/parser"
)

// Input is what is checked, and against what.
type Input struct {
	Files    []File
	Registry *Registry
	// Scrape is the time between scrapes.
	Scrape time.Duration
	// Severities are the values of the severity label that alerts are routed by.
	Severities []string
	// Dashboards are those that alerts link to, and whose queries are checked too;
	// DashboardDir stands before their names in findings. nil: neither links nor
	// recorded series that only dashboards read are checked.
	Dashboards   []Dashboard
	DashboardDir string
	// Runbook is the page that alerts link to; its Name empty: links are not checked.
	Runbook Runbook
}

// Runbook is a page in Markdown with a section for each alert.
type Runbook struct{ Name, Text string }

type checker struct {
	in       Input
	names    *names
	anchors  []string
	rules    []*rule // of all files, in order
	queries  []parser.Expr
	findings []Finding
}

// Check returns what is wrong with rules and dashboards, in order of their places.
// What a comment in a rule file silences is left out:
//
//	# lint:ignore CHECK reason
//
// in the rule or above it.
func Check(in Input) ([]Finding, error) {
	names, err := newNames(in.Registry, in.Files)
	if err != nil {
		return nil, err
	}
	names.scrape = in.Scrape
	c := &checker{in: in, names: names, anchors: anchors(in.Runbook.Text)}
	var sources []*source
	for _, f := range in.Files {
		s, err := locate(f)
		if err != nil {
			return nil, err
		}
		sources = append(sources, s)
		for i := range s.groups {
			c.checkGroup(s, &s.groups[i])
		}
	}
	for _, d := range in.Dashboards {
		if err := c.checkDashboard(d); err != nil {
			return nil, err
		}
	}
	c.checkTwice()
	c.checkRecords()
	for _, s := range sources {
		c.silence(s)
	}
	slices.SortStableFunc(c.findings, func(a, b Finding) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	return slices.Compact(c.findings), nil
}

// add notes a finding about a rule.
func (c *checker) add(r *rule, line int, check, remedy, format string, args ...any) {
	c.findings = append(c.findings, Finding{
		File: r.file, Line: line, Rule: r.name(), Check: check, Text: fmt.Sprintf(format, args...), Remedy: remedy,
	})
}

func (c *checker) checkGroup(s *source, g *group) {
	alerts := false
	for _, r := range g.rules {
		c.rules = append(c.rules, r)
		for _, p := range c.names.problems(r.expr) {
			c.add(r, r.exprLine(p.at), p.check, p.remedy, "%s", p.text)
		}
		if r.Alert != "" {
			alerts = true
			c.checkAlert(r)
		}
	}
	if alerts && g.limit > 0 {
		c.findings = append(c.findings, Finding{
			File: s.file, Line: g.limitLine, Check: Limit, Remedy: "take it away, and bound what the alert selects",
			Text: fmt.Sprintf("a limit of %d in a group with alerts: when it is passed, all alerts of the rule end", g.limit),
		})
	}
}

func (c *checker) checkDashboard(d Dashboard) error {
	file := path.Join(c.in.DashboardDir, d.Name)
	for _, q := range d.Queries {
		// Grafana makes $__rate_interval at least four scrapes.
		expr, err := Parse(Expand(q.Expr, 4*c.in.Scrape))
		if err != nil {
			return fmt.Errorf("%s:%d: %s: %w", file, q.Line, q.Expr, err)
		}
		c.queries = append(c.queries, expr)
		for _, p := range c.names.problems(expr) {
			if q.Listed && (p.check == CounterWithoutRate || p.check == CounterComparison) {
				continue
			}
			c.findings = append(c.findings, Finding{File: file, Line: q.Line, Check: p.check, Text: p.text, Remedy: p.remedy})
		}
	}
	return nil
}

// silence takes away the findings that comments of a file silence, and reports
// comments that are wrong.
func (c *checker) silence(s *source) {
	c.findings = slices.DeleteFunc(c.findings, func(f Finding) bool {
		if f.File != s.file {
			return false
		}
		silent := false
		for _, i := range s.ignores {
			if i.check == f.Check && i.item == s.item(f.Line) && i.reason != "" {
				i.used, silent = true, true
			}
		}
		return silent
	})
	for _, i := range s.ignores {
		f := Finding{File: s.file, Line: i.line, Check: Ignore}
		switch {
		case !slices.Contains(Checks(), i.check):
			f.Text, f.Remedy = fmt.Sprintf("there is no check %q", i.check), "name one of "+strings.Join(Checks(), ", ")
		case i.reason == "":
			f.Text, f.Remedy = fmt.Sprintf("%s is silenced without a reason", i.check), "write the reason behind it"
		case !i.used:
			f.Text, f.Remedy = fmt.Sprintf("%s finds nothing here", i.check), "remove the comment"
		default:
			continue
		}
		c.findings = append(c.findings, f)
	}
}
