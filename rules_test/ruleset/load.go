package ruleset

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"go.yaml.in/yaml/v3"
)

// Glob returns the rule files that patterns match, each once, in order. A pattern
// that matches nothing is an error.
func Glob(patterns ...string) ([]string, error) {
	var files []string
	for _, p := range patterns {
		found, err := filepath.Glob(p)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p, err)
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("no rule file matches %s: name your rule files, for example --rules 'alerts/*.yml'", p)
		}
		files = append(files, found...)
	}
	slices.Sort(files)
	return slices.Compact(files), nil
}

// Load reads rule files as strictly as promtool check rules. The error names every
// problem with its file and line.
func Load(files ...string) (*Set, error) {
	set := &Set{}
	var errs []error
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err == nil {
			var groups []*Group
			groups, err = Parse(name, text)
			set.Groups = append(set.Groups, groups...)
		}
		if err != nil {
			errs = append(errs, err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return set, nil
}

// Groups reads what one file says, as strictly as promtool check rules. name is its
// path, for the error, which names every problem with its line.
func Groups(name string, text []byte) (*rulefmt.RuleGroups, error) {
	groups, problems := rulefmt.Parse(text, false, model.UTF8Validation, parser.NewParser(parser.Options{}), slog.New(slog.DiscardHandler))
	if len(problems) == 0 {
		return groups, nil
	}
	var at document
	_ = yaml.Unmarshal(text, &at) // an error is among the problems
	var errs []error
	for _, problem := range problems {
		errs = append(errs, fmt.Errorf("%s:%w", name, position{problem, at.line(problem)}))
	}
	return nil, errors.Join(errs...)
}

// Parse reads the groups of one file. name is its path, for errors.
func Parse(name string, text []byte) ([]*Group, error) {
	file, err := Groups(name, text)
	if err != nil {
		return nil, err
	}
	p := parser.NewParser(parser.Options{})
	var at document
	if err := yaml.Unmarshal(text, &at); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	lines := strings.Split(string(text), "\n")
	var groups []*Group
	for i, g := range file.Groups {
		group := &Group{
			File: name, Name: g.Name, Line: at.Groups[i].Name.Line,
			Interval: time.Duration(g.Interval), Limit: g.Limit,
		}
		if g.QueryOffset != nil {
			group.QueryOffset = time.Duration(*g.QueryOffset)
		}
		for j, r := range g.Rules {
			node := at.Groups[i].Rules[j]
			expr, err := p.ParseExpr(r.Expr)
			if err != nil {
				return nil, fmt.Errorf("%s:%d: %w", name, node.Expr.Line, err)
			}
			rule := &Rule{
				File: name, Line: max(node.Alert.Line, node.Record.Line), ExprLine: node.Expr.Line,
				Record: r.Record, Alert: r.Alert, Expr: expr, Source: r.Expr,
				For: time.Duration(r.For), KeepFiringFor: time.Duration(r.KeepFiringFor),
				Labels: merged(g.Labels, r.Labels), Annotations: labels.FromMap(r.Annotations),
			}
			if node.Expr.Style == yaml.LiteralStyle || node.Expr.Style == yaml.FoldedStyle {
				rule.ExprLine++ // the text begins below its mark
			}
			rule.Comments = comments(lines, node.Line-1)
			rule.derive()
			group.Rules = append(group.Rules, rule)
		}
		groups = append(groups, group)
	}
	return groups, nil
}

// position prints a problem of rulefmt, which begins with LINE:COLUMN where it
// knows them, so that it can follow the name of the file.
type position struct {
	err  error
	line int // of the rule; 0: not known
}

func (p position) Error() string {
	text := p.err.Error()
	if text != "" && text[0] >= '0' && text[0] <= '9' {
		return text
	}
	if p.line > 0 {
		return fmt.Sprintf("%d: %s", p.line, text)
	}
	return " " + strings.TrimPrefix(text, "yaml: ")
}

func (p position) Unwrap() error { return p.err }

// document is where things stand in a rule file.
type document struct {
	Groups []struct {
		Name  yaml.Node
		Rules []ruleNode
	}
}

// line returns the line of the rule that a problem is about, 0 if it does not say.
func (d document) line(problem error) int {
	about := (*rulefmt.Error)(nil)
	if !errors.As(problem, &about) {
		return 0
	}
	for _, g := range d.Groups {
		if g.Name.Value == about.Group && about.Rule > 0 && about.Rule <= len(g.Rules) {
			return g.Rules[about.Rule-1].Line
		}
	}
	return 0
}

type ruleNode struct {
	Line          int
	Alert, Record yaml.Node
	Expr          yaml.Node
}

// UnmarshalYAML implements yaml.Unmarshaler.
func (r *ruleNode) UnmarshalYAML(n *yaml.Node) error {
	var fields struct{ Alert, Record, Expr yaml.Node }
	if err := n.Decode(&fields); err != nil {
		return err
	}
	*r = ruleNode{n.Line, fields.Alert, fields.Record, fields.Expr}
	return nil
}

// comments returns the comment lines directly above lines[first] and those until
// the rule ends: at a line that is indented no deeper than its dash.
func comments(lines []string, first int) []string {
	var found []string
	add := func(line string) bool {
		text, ok := strings.CutPrefix(strings.TrimSpace(line), "#")
		if ok {
			found = append(found, strings.TrimSpace(text))
		}
		return ok
	}
	above := first
	for above > 0 && strings.HasPrefix(strings.TrimSpace(lines[above-1]), "#") {
		above--
	}
	for _, l := range lines[above:first] {
		add(l)
	}
	indent := indentation(lines[first])
	for _, l := range lines[first+1:] {
		if strings.TrimSpace(l) != "" && indentation(l) <= indent {
			break
		}
		add(l)
	}
	return found
}

func indentation(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

func merged(group, rule map[string]string) labels.Labels {
	b := labels.NewBuilder(labels.FromMap(group))
	for name, value := range rule {
		b.Set(name, value)
	}
	return b.Labels()
}
