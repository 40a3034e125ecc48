package lint

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strings"

	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/parser/posrange"
	"go.yaml.in/yaml/v3"
)

// source is a rule file with the places of what it says.
type source struct {
	file    string
	groups  []group
	ignores []*ignore
	starts  []int // lines where a group or a rule begins
}

type group struct {
	line, limitLine int
	limit           int
	labels          map[string]string
	rules           []*rule
}

// rule is a rule and where its parts stand.
type rule struct {
	rulefmt.Rule
	expr  parser.Expr
	group *group
	file  string
	nodes map[string]*yaml.Node // of values, as "expr" or "annotations.summary"
	line  int
}

// name returns what the rule is called.
func (r *rule) name() string { return r.Alert + r.Record }

// lineOf returns the line of a part of the rule, the rule's own if it is missing.
func (r *rule) lineOf(part string) int {
	if n := r.nodes[part]; n != nil {
		return n.Line
	}
	return r.line
}

// exprLine returns the line of a place in the expression; of a literal block each
// line is one of the file.
func (r *rule) exprLine(at posrange.Pos) int {
	n := r.nodes["expr"]
	if n == nil || n.Style&yaml.LiteralStyle == 0 {
		return r.lineOf("expr")
	}
	return n.Line + 1 + strings.Count(r.Expr[:min(int(at), len(r.Expr))], "\n")
}

// ignore is a comment that silences a check of one rule.
type ignore struct {
	line          int
	item          int // the line where what it is about begins
	check, reason string
	used          bool
}

// locate finds the places of a file's groups and rules, which were parsed already.
func locate(f File) (*source, error) {
	var root struct{ Groups []yaml.Node }
	if err := yaml.Unmarshal(f.text, &root); err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	s := &source{file: f.Name, groups: make([]group, len(root.Groups))}
	rest := f.Rules
	for i := range root.Groups {
		g := &s.groups[i]
		n := &root.Groups[i]
		var said struct {
			Limit  int
			Labels map[string]string
			Rules  []yaml.Node
		}
		if err := n.Decode(&said); err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		g.line, g.limit, g.labels = n.Line, said.Limit, said.Labels
		s.starts = append(s.starts, n.Line)
		if v := parts(n)["limit"]; v != nil {
			g.limitLine = v.Line
		}
		for j := range said.Rules {
			r := &rule{Rule: rest[0], group: g, file: f.Name, nodes: parts(&said.Rules[j]), line: said.Rules[j].Line}
			rest = rest[1:]
			expr, err := Parse(r.Expr)
			if err != nil {
				return nil, fmt.Errorf("%s:%d: %w", f.Name, r.line, err)
			}
			r.expr = expr
			g.rules = append(g.rules, r)
			s.starts = append(s.starts, r.line)
		}
	}
	slices.Sort(s.starts)
	s.ignores = comments(f.text, s.item)
	return s, nil
}

// parts returns the values of a mapping and of the mappings in it.
func parts(n *yaml.Node) map[string]*yaml.Node {
	all := map[string]*yaml.Node{}
	var walk func(n *yaml.Node, prefix string)
	walk = func(n *yaml.Node, prefix string) {
		if n.Kind == yaml.AliasNode {
			n = n.Alias
		}
		if n.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			all[prefix+n.Content[i].Value] = n.Content[i+1]
			walk(n.Content[i+1], prefix+n.Content[i].Value+".")
		}
	}
	walk(n, "")
	return all
}

// item returns the line where the rule or group of a line begins.
func (s *source) item(line int) int {
	i := sort.SearchInts(s.starts, line+1)
	if i == 0 {
		return 0
	}
	return s.starts[i-1]
}

// comments finds the lint:ignore comments. One on a line of its own is about what
// follows it.
func comments(text []byte, item func(line int) int) []*ignore {
	pattern := regexp.MustCompile(`#\s*lint:ignore\b\s*(\S*)\s*(.*)$`)
	lines := bytes.Split(text, []byte("\n"))
	var all []*ignore
	for i, line := range lines {
		m := pattern.FindSubmatch(line)
		if m == nil {
			continue
		}
		about := i
		for about+1 < len(lines) {
			t := bytes.TrimSpace(lines[about])
			if len(t) > 0 && t[0] != '#' {
				break
			}
			about++
		}
		all = append(all, &ignore{line: i + 1, item: item(about + 1), check: string(m[1]), reason: strings.TrimSpace(string(m[2]))})
	}
	return all
}
