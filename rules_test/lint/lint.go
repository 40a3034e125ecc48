package lint

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/parser/posrange"
)

// names knows the series that expressions may select: those of a registry and
// what recording rules add.
type names struct {
	registry *Registry
	recorded map[string]*recordedSeries
	alerts   []string
	// scrape is the time between scrapes; 0: ranges are not checked.
	scrape time.Duration
}

// recordedSeries is what recording rules write under one name.
type recordedSeries struct {
	exprs  []parser.Expr
	labels []string // that the rules add
	output *output  // nil: not computed yet
}

// newNames returns the names that the rules in files make known, in addition to
// the registry's.
func newNames(r *Registry, files []File) (*names, error) {
	n := &names{registry: r, recorded: map[string]*recordedSeries{}}
	for _, f := range files {
		for _, r := range f.Rules {
			if r.Alert != "" {
				n.alerts = append(n.alerts, r.Alert)
				continue
			}
			expr, err := Parse(r.Expr)
			if err != nil {
				return nil, fmt.Errorf("%s: %s: %w", f.Name, r.Record, err)
			}
			if n.recorded[r.Record] == nil {
				n.recorded[r.Record] = &recordedSeries{}
			}
			s := n.recorded[r.Record]
			s.exprs = append(s.exprs, expr)
			for name := range r.Labels {
				s.labels = append(s.labels, name)
			}
		}
	}
	return n, nil
}

// Parse parses an expression as Prometheus does by default.
func Parse(expr string) (parser.Expr, error) {
	return parser.NewParser(parser.Options{}).ParseExpr(expr)
}

// Metrics returns the names of the series that an expression selects, in order.
func Metrics(expr string) ([]string, error) {
	e, err := Parse(expr)
	if err != nil {
		return nil, err
	}
	var all []string
	for _, s := range selectors(e) {
		all = append(all, metricName(s))
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// problem is something wrong at a place of an expression.
type problem struct {
	check  string
	at     posrange.Pos
	text   string
	remedy string
}

// reporter takes a problem of the node that is being looked at.
type reporter func(check, remedy, format string, args ...any)

// problems returns what is wrong with an expression, wherever it stands.
func (n *names) problems(e parser.Expr) []problem {
	var all []problem
	parser.Inspect(e, func(node parser.Node, path []parser.Node) error {
		if node == nil {
			return nil
		}
		report := func(check, remedy, format string, args ...any) {
			all = append(all, problem{check, node.PositionRange().Start, fmt.Sprintf(format, args...), remedy})
		}
		switch node := node.(type) {
		case *parser.VectorSelector:
			n.checkSelector(node, report)
			n.checkUse(node, path, report)
		case *parser.MatrixSelector:
			n.checkRange(node, report)
		case *parser.Call:
			n.checkRateOfSum(node, report)
		case *parser.AggregateExpr:
			n.checkLabels(node.Expr, node.Grouping, report)
		case *parser.BinaryExpr:
			if m := node.VectorMatching; m != nil && m.On {
				n.checkLabels(node.LHS, m.MatchingLabels, report)
				n.checkLabels(node.RHS, m.MatchingLabels, report)
			}
			n.checkThreshold(node, report)
		}
		return nil
	})
	return all
}

func (n *names) checkSelector(s *parser.VectorSelector, report reporter) {
	name := metricName(s)
	if name == "" {
		return // of any name
	}
	if _, recorded := n.recorded[name]; !recorded {
		if _, known := n.registry.lookup(name); !known {
			report(UnknownMetric, "correct the name, or record it", "there is no metric %q in %s or in a recording rule", name, n.registry.about)
			return
		}
	}
	has := n.labelsOf(name)
	metric, _ := n.registry.lookup(name)
	for _, m := range s.LabelMatchers {
		switch {
		case m.Name == model.MetricNameLabel || m.Value == "" || m.Type == labels.MatchNotEqual && !has.may(m.Name):
		case !has.may(m.Name):
			report(UnknownLabel, "correct the label's name, or say that all targets have it", "metric %s has no label %q: it has %s", name, m.Name, n.shown(has))
		case name == "ALERTS" && m.Name == labels.AlertName && m.Type == labels.MatchEqual && !slices.Contains(n.alerts, m.Value):
			report(UnknownValue, "correct the alert's name", "there is no alert %q", m.Value)
		default:
			checkValue(name, metric, m, report)
		}
	}
}

// shown lists labels, those of every target last.
func (n *names) shown(o output) string {
	names := slices.DeleteFunc(o.list(), func(l string) bool {
		return l == model.MetricNameLabel || slices.Contains(n.registry.target, l)
	})
	for _, l := range n.registry.target {
		if o.may(l) {
			names = append(names, l)
		}
	}
	return strings.Join(names, ", ")
}

// checkValue reports values that a closed set of label values does not have.
func checkValue(name string, metric Metric, matcher *labels.Matcher, report reporter) {
	wanted := []string{matcher.Value}
	if matcher.Type == labels.MatchRegexp || matcher.Type == labels.MatchNotRegexp {
		wanted = matcher.SetMatches()
	}
	for _, v := range wanted {
		switch closed := metric.Values[matcher.Name]; {
		case matcher.Name == labels.BucketLabel && metric.Bounds != nil && !slices.Contains(metric.Bounds, v):
			report(UnknownValue, "take one of the bounds "+strings.Join(metric.Bounds, ", "), "histogram %s has no bucket with le=%q",
				strings.TrimSuffix(name, "_bucket"), v)
		case closed != nil && !slices.Contains(closed, v):
			report(UnknownValue, "correct the value", "label %s of %s is never %q: it is one of %s", matcher.Name, name, v, strings.Join(closed, ", "))
		}
	}
}

// checkLabels reports labels that no series below expr has.
func (n *names) checkLabels(expr parser.Expr, names []string, report reporter) {
	has := n.output(expr)
	for _, name := range names {
		if !has.may(name) {
			report(UnknownLabel, "correct the label's name, or keep it below", "no series in %q has the label %q", expr, name)
		}
	}
}

// metricName returns the name that a selector asks for, "" if for several.
func metricName(s *parser.VectorSelector) string {
	if s.Name != "" {
		return s.Name
	}
	for _, m := range s.LabelMatchers {
		if m.Name == model.MetricNameLabel && m.Type == labels.MatchEqual {
			return m.Value
		}
	}
	return ""
}

// selectors returns every selector of an expression.
func selectors(e parser.Node) []*parser.VectorSelector {
	var all []*parser.VectorSelector
	parser.Inspect(e, func(node parser.Node, _ []parser.Node) error {
		if s, ok := node.(*parser.VectorSelector); ok {
			all = append(all, s)
		}
		return nil
	})
	return all
}
