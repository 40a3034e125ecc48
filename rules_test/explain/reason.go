package explain

import (
	"fmt"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/hopscope/hopscope/rules_test/ruleset"
)

// reason says why the expression has series, or what emptied it.
func (b *builder) reason(root *Node) string {
	if len(root.Values) == 0 {
		n, rule := blame(root, nil)
		text := fmt.Sprintf("%s: %s", Short(n.Expr, mostText), n.Note)
		if rule != nil {
			text += fmt.Sprintf(" (in %s, %s)", rule.Record, rule.Where())
		}
		return text
	}
	first := root.Values[0]
	n, e := deciding(root)
	if e == nil {
		return fmt.Sprintf("the expression has %s: %s %s", count(len(root.Values), "series"), Labels(first.Metric), Sample(first))
	}
	c := condition(e)
	text := fmt.Sprintf("%s is %s %s ", Labels(first.Metric), Sample(first), c.Op)
	if isScalar(c.Right) {
		text += Number(limit(n, e))
	} else {
		text += Short(c.Right, mostText/2)
	}
	if more := len(root.Values) - 1; more > 0 {
		text += fmt.Sprintf(", and %d more series", more)
	}
	if all, ok := First(root.Expr); ok && all.More > 0 {
		text += fmt.Sprintf("; %s there too", map[bool]string{true: "the other condition is", false: "the other conditions are"}[all.More == 1])
	}
	return text
}

// deciding returns the first comparison's node of a tree whose conditions are all
// joined by and or unless; nil if there is none.
func deciding(n *Node) (*Node, *parser.BinaryExpr) {
	for {
		e, ok := n.Expr.(*parser.BinaryExpr)
		switch {
		case !ok || e.Op == parser.LOR || len(n.Children) == 0:
			return nil, nil
		case filters(e):
			return n, e
		case !e.Op.IsSetOperator():
			return nil, nil
		}
		n = n.Children[0]
	}
}

// blame returns the part of an empty node that emptied it, and the recording rule
// that it is in, if any.
func blame(n *Node, in *ruleset.Rule) (*Node, *ruleset.Rule) {
	if n.Recorded != nil {
		in = n.Recorded
	}
	if call, ok := n.Expr.(*parser.Call); ok && (call.Func.Name == "absent" || call.Func.Name == "absent_over_time") {
		return n, in
	}
	unless := false
	if e, ok := n.Expr.(*parser.BinaryExpr); ok {
		unless = e.Op == parser.LUNLESS
	}
	for _, c := range n.Children {
		if len(c.Values) == 0 && c.Note != "" {
			return blame(c, in)
		}
		if unless { // an empty right side drops nothing
			break
		}
	}
	return n, in
}
