package explain

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
)

// Bounds of a line.
const (
	mostText     = 96 // characters of an expression
	mostValue    = 40 // of a label's value
	mostStatuses = 10 // alerts of one rule
)

// WriteText writes the explanation for people. where names the scenario.
func (x *Explanation) WriteText(w io.Writer, where string) error {
	p := &printer{w: w, hidden: x.common()}
	p.line("%s on %s after %s (%s): %s", x.Rule.Alert, where, x.At, x.Moment, x.state())
	for i, s := range x.Statuses {
		if i == mostStatuses {
			p.line("  … and %d more", len(x.Statuses)-i)
			break
		}
		p.line("  %s %s", p.labels(s.Labels), s.Text)
	}
	word := "why"
	if len(x.Root.Values) == 0 {
		word = "why not"
	}
	p.line("  %s: %s", word, x.Reason)
	if p.hidden.Len() > 0 {
		p.line("  everywhere: %s", Labels(p.hidden))
	}
	p.line("")
	p.node(x.Root, nil, "", "")
	return p.err
}

func (x *Explanation) state() string {
	best := "inactive"
	for _, s := range x.Statuses {
		if best == "inactive" || s.State.String() == "firing" {
			best = s.State.String()
		}
	}
	return best
}

// common returns the labels that all series of the tree have with the same value,
// if there are two series or more.
func (x *Explanation) common() labels.Labels {
	seen, series := map[labels.Label]int{}, 0
	var visit func(n *Node)
	visit = func(n *Node) {
		for _, v := range n.Values {
			if n.Scalar {
				continue
			}
			series++
			v.Metric.Range(func(l labels.Label) { seen[l]++ })
		}
		for _, c := range n.Children {
			visit(c)
		}
	}
	visit(x.Root)
	b := labels.NewBuilder(labels.EmptyLabels())
	for l, n := range seen {
		if n == series && n > 1 && l.Name != model.MetricNameLabel {
			b.Set(l.Name, l.Value)
		}
	}
	return b.Labels()
}

type printer struct {
	w      io.Writer
	hidden labels.Labels
	err    error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintln(p.w, strings.TrimRight(fmt.Sprintf(format, args...), " "))
	}
}

// labels returns labels for people, less those that all series have.
func (p *printer) labels(l labels.Labels) string {
	b := labels.NewBuilder(l)
	p.hidden.Range(func(l labels.Label) { b.Del(l.Name) })
	return Labels(b.Labels())
}

// node draws a node: mark stands before its first line, indent before the others.
func (p *printer) node(n, parent *Node, mark, indent string) {
	text := Short(n.Expr, mostText)
	if n.Recorded != nil {
		p.line("%srecorded after %s as %s (%s)", mark, n.At, text, n.Recorded.Where())
	} else {
		p.line("%s%s", mark, text)
	}
	if n.Note != "" {
		p.line("%s  %s", indent, n.Note)
	}
	// A recording rule has what its selector has shown.
	if n.Recorded == nil || !sameValues(n.Values, parent.Values) {
		p.values(n, indent)
	}
	for i, c := range n.Children {
		if i == len(n.Children)-1 {
			p.node(c, n, indent+"└─ ", indent+"   ")
		} else {
			p.node(c, n, indent+"├─ ", indent+"│  ")
		}
	}
}

func (p *printer) values(n *Node, indent string) {
	for i, v := range n.Values {
		switch {
		case i == mostSeries:
			p.line("%s  … and %d more", indent, len(n.Values)-i)
			return
		case n.Scalar:
			p.line("%s  %s", indent, Sample(v))
		default:
			p.line("%s  %s %s", indent, p.labels(v.Metric), Sample(v))
		}
	}
}

func sameValues(a, b promql.Vector) bool {
	return slices.EqualFunc(a, b, func(x, y promql.Sample) bool { return Sample(x) == Sample(y) })
}

// Short returns an expression on one line of about most characters. Of a binary
// operation both sides are shortened, so that the operator is to be seen.
func Short(expr parser.Expr, most int) string {
	text := strings.Join(strings.Fields(expr.String()), " ")
	if p, ok := expr.(*parser.ParenExpr); ok {
		return "(" + Short(p.Expr, most-2) + ")"
	}
	b, ok := expr.(*parser.BinaryExpr)
	if !ok || utf8.RuneCountInString(text) <= most {
		return Cut(text, most)
	}
	op := operator(b)
	right := Short(b.RHS, most/2)
	left := Short(b.LHS, max(most/2, most-utf8.RuneCountInString(op)-utf8.RuneCountInString(right)-2))
	return left + " " + op + " " + right
}

// Cut returns text with at most that many characters.
func Cut(text string, most int) string {
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return strings.TrimSpace(string(runes[:max(most-1, 0)])) + "…"
}

// Labels returns labels for people: without the metric's name, values cut.
func Labels(l labels.Labels) string {
	var parts []string
	l.Range(func(l labels.Label) {
		if l.Name != model.MetricNameLabel {
			parts = append(parts, fmt.Sprintf("%s=%q", l.Name, Cut(l.Value, mostValue)))
		}
	})
	return "{" + strings.Join(parts, ", ") + "}"
}

// Sample returns a sample's value for people.
func Sample(s promql.Sample) string {
	if s.H != nil {
		return fmt.Sprintf("histogram of %s, sum %s", Number(s.H.Count), Number(s.H.Sum))
	}
	return Number(s.F)
}

// Number returns a number with four digits, thousands as k, M, G and T.
func Number(f float64) string {
	size := math.Abs(f)
	switch {
	case math.IsInf(f, 0) || math.IsNaN(f):
		return strconv.FormatFloat(f, 'g', -1, 64)
	case f == math.Trunc(f) && size < 1e5:
		return strconv.FormatFloat(f, 'f', -1, 64)
	case size < 9999.5:
		return strconv.FormatFloat(f, 'g', 4, 64)
	}
	for _, unit := range []struct {
		name string
		size float64
	}{{"T", 1e12}, {"G", 1e9}, {"M", 1e6}, {"k", 1e3}} {
		if size >= unit.size {
			return strconv.FormatFloat(f/unit.size, 'g', 4, 64) + unit.name
		}
	}
	return strconv.FormatFloat(f, 'g', 4, 64)
}
