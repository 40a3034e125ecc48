package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/hopscope/hopscope/telemetry/catalog"
)

// Names knows the series that expressions may select: the catalogue's and what
// recording rules add. Its zero value is not usable; see [New].
type Names struct {
	// recorded maps a recorded series to its labels; nil: not known.
	recorded map[string][]string
	alerts   []string
}

// New returns the names that the rules in files make known, in addition to the
// catalogue's.
func New(files []File) (*Names, error) {
	n := &Names{recorded: map[string][]string{}}
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
			n.recorded[r.Record] = outputLabels(expr)
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
	var names []string
	parser.Inspect(e, func(node parser.Node, _ []parser.Node) error {
		if s, ok := node.(*parser.VectorSelector); ok {
			names = append(names, metricName(s))
		}
		return nil
	})
	slices.Sort(names)
	return slices.Compact(names), nil
}

// Check returns what is wrong with an expression, nothing if all is well.
func (n *Names) Check(expr string) []string {
	e, err := Parse(expr)
	if err != nil {
		return []string{err.Error()}
	}
	var problems []string
	report := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	parser.Inspect(e, func(node parser.Node, path []parser.Node) error {
		switch node := node.(type) {
		case *parser.VectorSelector:
			n.checkSelector(node, path, report)
		case *parser.AggregateExpr:
			n.checkLabels(node.Expr, node.Grouping, report)
		case *parser.BinaryExpr:
			if node.VectorMatching != nil {
				n.checkLabels(node, node.VectorMatching.MatchingLabels, report)
			}
		}
		return nil
	})
	return problems
}

func (n *Names) checkSelector(s *parser.VectorSelector, path []parser.Node, report func(string, ...any)) {
	name := metricName(s)
	series, known := n.lookup(name)
	if !known {
		report("there is no metric %q in the catalogue or in a recording rule", name)
		return
	}
	for _, m := range s.LabelMatchers {
		switch {
		case m.Name == model.MetricNameLabel:
		case series.labels != nil && !slices.Contains(series.labels, m.Name):
			report("metric %s has no label %q: it has %s", name, m.Name, strings.Join(series.labels, ", "))
		case name == "ALERTS" && m.Name == labels.AlertName && m.Type == labels.MatchEqual && !slices.Contains(n.alerts, m.Value):
			report("there is no alert %q", m.Value)
		default:
			checkValue(series.metric, m, report)
		}
	}
	call := function(path)
	switch {
	case series.counter && !slices.Contains([]string{"rate", "increase", "irate", "resets"}, call):
		report("counter %s is used without rate or increase", name)
	case !series.counter && series.metric != nil && series.metric.Type != catalog.HistogramType && (call == "rate" || call == "increase"):
		report("gauge %s is used with %s, which is for counters", name, call)
	}
}

// checkValue reports values that a closed set of label values does not have.
func checkValue(m *catalog.Metric, matcher *labels.Matcher, report func(string, ...any)) {
	if m == nil {
		return
	}
	for _, l := range m.Labels {
		if l.Name != matcher.Name || l.Values == nil {
			continue
		}
		wanted := []string{matcher.Value}
		if matcher.Type == labels.MatchRegexp || matcher.Type == labels.MatchNotRegexp {
			wanted = matcher.SetMatches()
		}
		for _, v := range wanted {
			if !slices.Contains(l.Values, v) {
				report("label %s of %s is never %q: it is one of %s", l.Name, m.Name, v, strings.Join(l.Values, ", "))
			}
		}
	}
	if m.Type == catalog.HistogramType && matcher.Name == labels.BucketLabel && matcher.Type == labels.MatchEqual {
		checkBound(m, matcher.Value, report)
	}
}

func checkBound(m *catalog.Metric, le string, report func(string, ...any)) {
	for _, b := range m.Buckets {
		if le == bound(b) {
			return
		}
	}
	if le != "+Inf" {
		report("histogram %s has no bucket with le=%q", m.Name, le)
	}
}

// checkLabels reports labels that no series below expr has.
func (n *Names) checkLabels(expr parser.Expr, names []string, report func(string, ...any)) {
	for _, name := range names {
		found := false
		parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
			if s, ok := node.(*parser.VectorSelector); ok {
				series, known := n.lookup(metricName(s))
				found = found || !known || series.labels == nil || slices.Contains(series.labels, name)
			}
			return nil
		})
		if !found {
			report("no series in %q has the label %q", expr, name)
		}
	}
}

type series struct {
	metric  *catalog.Metric // nil: recorded or external
	labels  []string        // nil: not known
	counter bool
}

func (n *Names) lookup(name string) (series, bool) {
	if l, ok := n.recorded[name]; ok {
		return series{labels: l}, true
	}
	s, ok := catalog.Lookup(name)
	if !ok {
		return series{}, false
	}
	out := series{metric: s.Metric, counter: s.Counter}
	if s.Labels != nil {
		out.labels = slices.Concat(s.Labels, catalog.TargetLabels())
	}
	if name == "ALERTS" || name == "ALERTS_FOR_STATE" {
		// Alerts carry the labels of whatever they are about.
		out.labels = nil
	}
	return out, true
}

func metricName(s *parser.VectorSelector) string {
	if s.Name != "" {
		return s.Name
	}
	for _, m := range s.LabelMatchers {
		if m.Name == model.MetricNameLabel && m.Type == labels.MatchEqual {
			return m.Value
		}
	}
	return s.String()
}

// function returns the name of the innermost function around a selector.
func function(path []parser.Node) string {
	for _, node := range slices.Backward(path) {
		if c, ok := node.(*parser.Call); ok {
			return c.Func.Name
		}
	}
	return ""
}

// outputLabels returns the labels of an expression's result as its outermost
// aggregation names them, nil where there is none.
func outputLabels(expr parser.Expr) []string {
	switch e := expr.(type) {
	case *parser.AggregateExpr:
		if e.Without {
			return nil
		}
		return e.Grouping
	case *parser.ParenExpr:
		return outputLabels(e.Expr)
	case *parser.BinaryExpr:
		if l := outputLabels(e.LHS); l != nil {
			return l
		}
		return outputLabels(e.RHS)
	}
	return nil
}
