package lab

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"
)

type junitSuites struct {
	XMLName xml.Name     `xml:"testsuites"`
	Suites  []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Time     string      `xml:"time,attr,omitempty"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	Failure *junitFailure `xml:"failure,omitempty"`
	Output  string        `xml:"system-out,omitempty"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// WriteJUnit writes the outcome as JUnit's XML: a suite for each scenario, a case
// for each alert that it says something about, with the times of detection, and one
// for what is wrong with the scenario as a whole; a suite for what is wrong with the
// lab.
func (o *Outcome) WriteJUnit(w io.Writer) error {
	var all junitSuites
	for _, r := range o.Results {
		s := junitSuite{Name: r.Scenario.Title(), Time: fmt.Sprintf("%.3f", r.Took.Seconds())}
		for _, c := range r.Cells {
			if c.Expect == Anything {
				continue
			}
			one := junitCase{Name: c.Alert + " " + c.Expect.String(), Class: r.Scenario.Title()}
			if c.DetectedKnown {
				one.Output = fmt.Sprintf("detected after %s, budget %s", c.Detected, time.Duration(c.Budget.Within))
			}
			s.add(one, c.Problem)
		}
		s.add(junitCase{Name: "promtool agrees, Alertmanager tells whom it should", Class: r.Scenario.Title()}, strings.Join(r.Problems, "\n"))
		all.Suites = append(all.Suites, s)
	}
	s := junitSuite{Name: "lab"}
	s.add(junitCase{Name: "every alert fires somewhere, no two always together", Class: "lab"}, strings.Join(o.Problems, "\n"))
	all.Suites = append(all.Suites, s)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if err := encoder.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (s *junitSuite) add(c junitCase, problem string) {
	s.Tests++
	if problem != "" {
		s.Failures++
		first, _, _ := strings.Cut(problem, "\n")
		c.Failure = &junitFailure{Message: first, Text: problem}
	}
	s.Cases = append(s.Cases, c)
}
