package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/hopscope/hopscope/rules_test/lint"
	"github.com/hopscope/hopscope/rules_test/ruleset"
)

// Selection is a set of selectors. What they match, with all of their matchers, is
// what a recording needs of a target's series.
type Selection struct {
	selectors [][]*labels.Matcher
}

// RuleSelection reads the selectors of the rule files that globs, with commas
// between them, match. Errors name the file, the line and the remedy.
func RuleSelection(globs string) (*Selection, error) {
	s := &Selection{}
	return s, each("--rules", globs, s.addRules)
}

// PanelSelection reads the selectors of the Grafana dashboards that globs match,
// as they are when every variable is open. Errors name the file, the line and the
// remedy, too.
func PanelSelection(globs string) (*Selection, error) {
	s := &Selection{}
	return s, each("--dashboards", globs, s.addDashboard)
}

// each calls f for every file that one of a flag's globs matches; commas stand
// between them.
func each(flag, globs string, f func(file string) error) error {
	var errs []error
	for glob := range strings.SplitSeq(globs, ",") {
		files, err := filepath.Glob(glob)
		if err != nil {
			return fmt.Errorf("%s %q: %w", flag, glob, err)
		}
		if len(files) == 0 {
			return fmt.Errorf("%s %q matches no file: run it in the project's folder, or name others; %s '' does without", flag, glob, flag)
		}
		for _, file := range files {
			errs = append(errs, f(file))
		}
	}
	return errors.Join(errs...)
}

func (s *Selection) addRules(file string) error {
	set, err := ruleset.Load(file)
	if err != nil {
		return fmt.Errorf("%w: promtool check rules shows what else is wrong", err)
	}
	for _, r := range set.Rules() {
		for _, v := range r.Selectors() {
			s.selectors = append(s.selectors, v.LabelMatchers)
		}
	}
	return nil
}

func (s *Selection) addDashboard(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var page any
	if err := json.Unmarshal(text, &page); err != nil {
		return fmt.Errorf("%s:%d: %w: export the dashboard from Grafana anew", file, badLine(text, err), err)
	}
	var errs []error
	for _, q := range queries(page) {
		if err := s.addQuery(q); err != nil {
			errs = append(errs, fmt.Errorf("%s:%d: %w in the query\n%s", file, lint.LineOf(text, q), err, q))
		}
	}
	return errors.Join(errs...)
}

// badLine returns the line of a JSON text at which an error was found.
func badLine(text []byte, err error) int {
	offset := int64(0)
	if bad := (*json.SyntaxError)(nil); errors.As(err, &bad) {
		offset = bad.Offset
	}
	if bad := (*json.UnmarshalTypeError)(nil); errors.As(err, &bad) { // a number that is too large
		offset = bad.Offset
	}
	return 1 + bytes.Count(text[:offset], []byte("\n"))
}

// queries returns every PromQL query below a node of a Grafana dashboard, however
// deep its panels are nested.
func queries(node any) []string {
	var found []string
	switch node := node.(type) {
	case []any:
		for _, n := range node {
			found = append(found, queries(n)...)
		}
	case map[string]any:
		for key, n := range node {
			text, isText := n.(string)
			switch {
			case key == "expr" && isText && text != "":
				found = append(found, text)
			case isText && strings.HasPrefix(text, "label_values("):
				if comma := strings.LastIndex(text, ","); comma > 0 { // label_values(SERIES, LABEL)
					found = append(found, strings.TrimPrefix(text[:comma], "label_values("))
				}
			default:
				found = append(found, queries(n)...)
			}
		}
	}
	return found
}

// anything stands for a variable of a dashboard until the query is parsed.
const anything = "HOPLABANYTHING"

// variable is a variable of a dashboard: $x, ${x}, ${x:regex} or [[x]].
const variable = `(?:\$\w+|\$\{[^}]*\}|\[\[\w+\]\])`

var (
	rangeVariable = regexp.MustCompile(`([\[:])` + variable)
	anyVariable   = regexp.MustCompile(variable)
)

// addQuery takes the selectors of a dashboard's query. A matcher whose value a
// variable chooses leaves open what it matches.
func (s *Selection) addQuery(expr string) error {
	plain := rangeVariable.ReplaceAllString(expr, "${1}1m")
	plain = anyVariable.ReplaceAllString(plain, anything)
	parsed, err := parser.NewParser(parser.Options{}).ParseExpr(plain)
	if err != nil {
		return err
	}
	parser.Inspect(parsed, func(node parser.Node, _ []parser.Node) error {
		if v, ok := node.(*parser.VectorSelector); ok {
			s.selectors = append(s.selectors, slices.DeleteFunc(slices.Clone(v.LabelMatchers), func(m *labels.Matcher) bool {
				return strings.Contains(m.Value, anything)
			}))
		}
		return nil
	})
	return nil
}

// Keeps reports whether one of the selectors matches a series with these labels.
// A nil Selection keeps nothing.
func (s *Selection) Keeps(l labels.Labels) bool {
	if s == nil {
		return false
	}
	return slices.ContainsFunc(s.selectors, func(matchers []*labels.Matcher) bool {
		for _, m := range matchers {
			if !m.Matches(l.Get(m.Name)) {
				return false
			}
		}
		return true
	})
}
