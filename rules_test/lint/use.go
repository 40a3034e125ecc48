package lint

import (
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// checkUse reports counters whose raw value is read, and rates of what is none.
func (n *names) checkUse(s *parser.VectorSelector, path []parser.Node, report reporter) {
	name := metricName(s)
	call := function(path)
	rated := call == "rate" || call == "increase" || call == "irate"
	if r, ok := n.recorded[name]; ok {
		if rated && !slices.ContainsFunc(r.exprs, n.sumsCounters) {
			report(RateOfGauge, "use delta or deriv, or record the counter's rate over another range",
				"recorded series %s is used with %s, which is for counters", name, call)
		}
		return
	}
	m, _ := n.registry.lookup(name)
	switch {
	case m.Counter && !readsCounter(call) && !onlyCounted(s, path):
		if slices.ContainsFunc(path, func(p parser.Node) bool { b, ok := p.(*parser.BinaryExpr); return ok && b.Op.IsComparisonOperator() }) {
			report(CounterComparison, "compare its rate or increase",
				"counter %s is compared without rate or increase: it only grows, and starts at 0 again with the program", name)
			return
		}
		report(CounterWithoutRate, "wrap it in rate or increase", "counter %s is used without rate or increase", name)
	case m.Gauge && rated:
		report(RateOfGauge, "use delta or deriv", "gauge %s is used with %s, which is for counters", name, call)
	}
}

// readsCounter reports functions that make sense of a counter's values.
func readsCounter(call string) bool {
	return slices.Contains([]string{
		"rate", "increase", "irate", "resets", "absent", "absent_over_time", "present_over_time", "count_over_time", "timestamp", "changes",
	}, call)
}

// onlyCounted reports selectors of which only that they are there matters.
func onlyCounted(s parser.Node, path []parser.Node) bool {
	below := s
	for _, node := range slices.Backward(path) {
		switch node := node.(type) {
		case *parser.AggregateExpr:
			return node.Op == parser.COUNT || node.Op == parser.GROUP
		case *parser.BinaryExpr:
			return (node.Op == parser.LAND || node.Op == parser.LUNLESS) && node.RHS == below
		case *parser.Call:
			return false
		}
		below = node
	}
	return false
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

// checkRateOfSum reports rates of a sum: a reset of one counter in it looks like
// one of all, and like a jump when it is made up for.
func (n *names) checkRateOfSum(c *parser.Call, report reporter) {
	if c.Func.Name != "rate" && c.Func.Name != "increase" && c.Func.Name != "irate" {
		return
	}
	summed := false
	switch arg := unwrap(c.Args[0]).(type) {
	case *parser.SubqueryExpr:
		summed = n.sumsCounters(arg.Expr)
	case *parser.MatrixSelector:
		if r, ok := n.recorded[metricName(arg.VectorSelector.(*parser.VectorSelector))]; ok {
			summed = slices.ContainsFunc(r.exprs, n.sumsCounters)
		}
	}
	if summed {
		report(RateOfSum, "take the rate of each counter, then the sum", "%s of an aggregate: a counter's reset cannot be told from a fall of the sum", c.Func.Name)
	}
}

// sumsCounters reports an aggregate over counters of which no rate was taken.
func (n *names) sumsCounters(e parser.Expr) bool {
	found := false
	parser.Inspect(e, func(node parser.Node, path []parser.Node) error {
		if s, ok := node.(*parser.VectorSelector); ok && function(path) == "" {
			m, _ := n.registry.lookup(metricName(s))
			found = found || m.Counter && slices.ContainsFunc(path, func(p parser.Node) bool { _, ok := p.(*parser.AggregateExpr); return ok })
		}
		return nil
	})
	return found
}

// checkRange reports ranges that hold one scrape at times, of which no rate can
// be taken.
func (n *names) checkRange(m *parser.MatrixSelector, report reporter) {
	_, recorded := n.recorded[metricName(m.VectorSelector.(*parser.VectorSelector))]
	if least := 2 * n.scrape; m.Range < least && !recorded {
		report(ShortRange, "make it "+model.Duration(2*least).String()+", so that a scrape may fail",
			"a range of %s holds less than two scrapes of %s", model.Duration(m.Range), n.scrape)
	}
}

// checkThreshold reports comparisons of a ratio that are never true. A burn rate
// of 20 with an objective of 95 % asks for more errors than requests.
func (n *names) checkThreshold(b *parser.BinaryExpr, report reporter) {
	ratio, threshold, op := b.LHS, b.RHS, b.Op
	if _, ok := constant(ratio); ok {
		ratio, threshold = threshold, ratio
		op = map[parser.ItemType]parser.ItemType{parser.LSS: parser.GTR, parser.LTE: parser.GTE}[op]
	}
	limit, ok := constant(threshold)
	if !ok || op != parser.GTR && op != parser.GTE {
		return
	}
	product, isProduct := unwrap(threshold).(*parser.BinaryExpr)
	burn := isProduct && product.Op == parser.MUL && n.isQuotient(ratio)
	if (n.isRatio(ratio) || burn) && (limit > 1 || limit == 1 && op == parser.GTR) {
		report(NeverFires, "lower the factor, or fire at an objective that leaves room for it: burn × (1 − objective) has to be below 1",
			"%q is never true: a ratio is at most 1, the threshold is %g", b, limit)
	}
}

// constant returns the value of an expression of numbers.
func constant(e parser.Expr) (float64, bool) {
	switch e := unwrap(e).(type) {
	case *parser.NumberLiteral:
		return e.Val, true
	case *parser.UnaryExpr:
		v, ok := constant(e.Expr)
		if e.Op == parser.SUB {
			v = -v
		}
		return v, ok
	case *parser.BinaryExpr:
		l, ok1 := constant(e.LHS)
		r, ok2 := constant(e.RHS)
		if !ok1 || !ok2 {
			return 0, false
		}
		switch e.Op {
		case parser.ADD:
			return l + r, true
		case parser.SUB:
			return l - r, true
		case parser.MUL:
			return l * r, true
		case parser.DIV:
			return l / r, true
		}
	}
	return 0, false
}

// isRatio reports expressions that are at most 1: a part divided by its whole, by
// what the expression says or by the name that a rule recorded it under.
func (n *names) isRatio(e parser.Expr) bool {
	switch e := unwrap(e).(type) {
	case *parser.VectorSelector:
		_, recorded := n.recorded[metricName(e)]
		return recorded && strings.Contains(metricName(e), "ratio")
	case *parser.AggregateExpr:
		return slices.Contains([]parser.ItemType{parser.AVG, parser.MIN, parser.MAX, parser.QUANTILE, parser.TOPK, parser.BOTTOMK}, e.Op) && n.isRatio(e.Expr)
	case *parser.BinaryExpr:
		left, constantLeft := constant(e.LHS)
		_, constantRight := constant(e.RHS)
		switch {
		case e.Op.IsComparisonOperator() && constantRight && !e.ReturnBool, e.Op == parser.LAND, e.Op == parser.LUNLESS:
			return n.isRatio(e.LHS)
		case e.Op == parser.SUB && constantLeft:
			return left <= 1 && n.isRatio(e.RHS)
		case e.Op == parser.DIV:
			return partOf(e.LHS, e.RHS)
		}
	}
	return false
}

// isQuotient reports divisions, also recorded ones, of which a burn rate is asked.
func (n *names) isQuotient(e parser.Expr) bool {
	switch e := unwrap(e).(type) {
	case *parser.VectorSelector:
		r, ok := n.recorded[metricName(e)]
		if !ok {
			return false
		}
		found := slices.ContainsFunc(r.exprs, func(e parser.Expr) bool {
			b, ok := unwrap(e).(*parser.BinaryExpr)
			return ok && b.Op == parser.DIV
		})
		return found
	case *parser.BinaryExpr:
		_, scaled := constant(e.LHS)
		return e.Op == parser.DIV || e.Op == parser.SUB && scaled && n.isQuotient(e.RHS)
	}
	return false
}

// partOf reports whether part selects some of the series of whole, or buckets of
// the histogram that whole counts.
func partOf(part, whole parser.Expr) bool {
	p, w := selectors(part), selectors(whole)
	if len(p) != 1 || len(w) != 1 || scaled(part) || scaled(whole) {
		return false
	}
	name, of := metricName(p[0]), metricName(w[0])
	bucket, isBucket := strings.CutSuffix(name, "_bucket")
	if name != of && (!isBucket || of != bucket+"_count") {
		return false
	}
	return !slices.ContainsFunc(w[0].LabelMatchers, func(m *labels.Matcher) bool {
		return m.Name != model.MetricNameLabel && !slices.ContainsFunc(p[0].LabelMatchers, func(o *labels.Matcher) bool { return o.String() == m.String() })
	})
}

// scaled reports arithmetic, after which a part may be more than its whole.
func scaled(e parser.Expr) bool {
	found := false
	parser.Inspect(e, func(node parser.Node, _ []parser.Node) error {
		b, ok := node.(*parser.BinaryExpr)
		found = found || ok && !b.Op.IsComparisonOperator()
		return nil
	})
	return found
}

// crossesJobs reports arithmetic between series of different jobs, whose scrapes
// come and go at different times.
func crossesJobs(e parser.Expr) bool {
	found := false
	parser.Inspect(e, func(node parser.Node, _ []parser.Node) error {
		if b, ok := node.(*parser.BinaryExpr); ok && b.VectorMatching != nil && !b.Op.IsSetOperator() {
			l, r := jobs(b.LHS), jobs(b.RHS)
			found = found || len(l) > 0 && len(r) > 0 && !slices.ContainsFunc(l, func(j string) bool { return slices.Contains(r, j) })
		}
		return nil
	})
	return found
}

// jobs returns the jobs that an expression names.
func jobs(e parser.Expr) []string {
	var all []string
	for _, s := range selectors(e) {
		for _, m := range s.LabelMatchers {
			if m.Name == model.JobLabel && m.Type == labels.MatchEqual && m.Value != "" {
				all = append(all, m.Value)
			}
		}
	}
	return all
}

// calls reports whether an expression calls a function.
func calls(e parser.Expr, name string) bool {
	found := false
	parser.Inspect(e, func(node parser.Node, _ []parser.Node) error {
		c, ok := node.(*parser.Call)
		found = found || ok && c.Func.Name == name
		return nil
	})
	return found
}

// twice is the shortest time in which two scrapes are missed.
func twice(scrape time.Duration) model.Duration { return model.Duration(2 * scrape) }
