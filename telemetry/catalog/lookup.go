package catalog

import "strings"

// Series is what a name in a query stands for.
type Series struct {
	// Metric is the declaration, nil for an external family.
	Metric *Metric
	// Labels are the labels a series of that name has, le included and without
	// [TargetLabels]; nil: not known.
	Labels []string
	// Counter is true if the value only grows, as of a _total, _bucket, _sum or _count.
	Counter bool
}

// Lookup returns what the name of a series stands for and whether there is such
// a name. It knows the suffixes of classic histograms.
func Lookup(name string) (Series, bool) {
	for _, m := range All() {
		switch rest, ok := strings.CutPrefix(name, m.Name); {
		case !ok:
		case rest == "":
			return Series{Metric: m, Labels: m.LabelNames(), Counter: m.Type == CounterType}, true
		case m.Type != HistogramType:
		case rest == "_bucket":
			return Series{Metric: m, Labels: append(m.LabelNames(), "le"), Counter: true}, true
		case rest == "_sum" || rest == "_count":
			return Series{Metric: m, Labels: m.LabelNames(), Counter: true}, true
		}
	}
	for _, e := range Externals() {
		prefix, wild := strings.CutSuffix(e.Name, "*")
		if name == e.Name || wild && strings.HasPrefix(name, prefix) {
			return Series{Labels: e.Labels, Counter: strings.HasSuffix(name, "_total")}, true
		}
	}
	return Series{}, false
}
