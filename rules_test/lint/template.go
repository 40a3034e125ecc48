package lint

import (
	"fmt"
	"slices"
	"text/template/parse"
)

// templateUse is what a template reads of an alert.
type templateUse struct {
	labels []string
	value  bool
	inner  int // how many range and with are around: there the dot is another
}

// readTemplate finds the labels that a template of Prometheus names, $labels.x or
// index $labels "x", and whether it reads the value.
func readTemplate(text string) (templateUse, error) {
	const head = `{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}`
	var use templateUse
	t := parse.New("")
	t.Mode = parse.SkipFuncCheck
	trees := map[string]*parse.Tree{}
	if _, err := t.Parse(head+text, "", "", trees); err != nil {
		return use, fmt.Errorf("template: %w", err)
	}
	for _, tree := range trees {
		for i, n := range tree.Root.Nodes {
			if i >= 4 || tree.Name != "" { // behind the head
				use.walk(n)
			}
		}
	}
	slices.Sort(use.labels)
	use.labels = slices.Compact(use.labels)
	return use, nil
}

func (u *templateUse) walk(node parse.Node) {
	switch n := node.(type) {
	case *parse.ListNode:
		if n != nil {
			for _, c := range n.Nodes {
				u.walk(c)
			}
		}
	case *parse.ActionNode:
		u.walk(n.Pipe)
	case *parse.IfNode:
		u.branch(n.BranchNode)
	case *parse.RangeNode:
		u.inside(n.BranchNode)
	case *parse.WithNode:
		u.inside(n.BranchNode)
	case *parse.TemplateNode:
		u.walk(n.Pipe)
	case *parse.PipeNode:
		if n != nil {
			for _, c := range n.Cmds {
				u.walk(c)
			}
		}
	case *parse.CommandNode:
		u.command(n)
	case *parse.VariableNode:
		u.path(n.Ident)
	case *parse.FieldNode:
		if u.inner == 0 {
			u.path(n.Ident)
		}
	}
}

func (u *templateUse) branch(b parse.BranchNode) {
	u.walk(b.Pipe)
	u.walk(b.List)
	u.walk(b.ElseList)
}

func (u *templateUse) inside(b parse.BranchNode) {
	u.walk(b.Pipe)
	u.inner++
	u.walk(b.List)
	u.inner--
	u.walk(b.ElseList)
}

// path takes a.b.c: $labels.x, $value, .Labels.x or .Value.
func (u *templateUse) path(ident []string) {
	switch ident[0] {
	case "$labels", "Labels":
		if len(ident) > 1 {
			u.labels = append(u.labels, ident[1])
		}
	case "$value", "Value":
		u.value = true
	}
}

func (u *templateUse) command(c *parse.CommandNode) {
	if f, ok := c.Args[0].(*parse.IdentifierNode); ok && f.Ident == "index" && len(c.Args) == 3 {
		if name, ok := c.Args[2].(*parse.StringNode); ok && slices.Contains([]string{"$labels", ".Labels"}, c.Args[1].String()) {
			u.labels = append(u.labels, name.Text)
		}
	}
	for _, a := range c.Args {
		u.walk(a)
	}
}
