package lint

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"

	"github.com/hopscope/hopscope/telemetry/catalog"
)

// Registry knows the series that a program exposes. It is not changed.
type Registry struct {
	lookup func(name string) (Metric, bool)
	target []string // labels that Prometheus adds to every series
	about  string   // what it is, for messages
}

// Metric is what is known of the series of one name.
type Metric struct {
	Labels  []string            // without those of the target; nil: not known
	Values  map[string][]string // of labels whose values are a closed set
	Bounds  []string            // of a histogram's le; nil: not known
	Counter bool                // only grows
	Gauge   bool                // goes both ways; neither: a histogram or not known
}

// Catalogue returns hopscope's own registry.
func Catalogue() *Registry {
	return &Registry{lookup: declared, target: catalog.TargetLabels(), about: "the catalogue"}
}

func declared(name string) (Metric, bool) {
	s, ok := catalog.Lookup(name)
	if !ok {
		return Metric{}, false
	}
	m := Metric{Labels: s.Labels, Counter: s.Counter}
	if s.Metric == nil {
		return m, true
	}
	m.Gauge = s.Metric.Type == catalog.GaugeType
	m.Values = map[string][]string{}
	for _, l := range s.Metric.Labels {
		if l.Values != nil {
			m.Values[l.Name] = l.Values
		}
	}
	if s.Metric.Type == catalog.HistogramType {
		m.Bounds = []string{"+Inf"}
		for _, b := range s.Metric.Buckets {
			m.Bounds = append(m.Bounds, bound(b))
		}
	}
	return m, true
}

// Page reads a registry from a /metrics page, in Prometheus' text format or
// OpenMetrics. A page shows the labels of families that have series, and the
// values that there are now: which there will be it does not say. target are the
// labels that Prometheus adds, job and instance beside any of its configuration.
func Page(r io.Reader, target ...string) (*Registry, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	kind := "text/plain"
	if bytes.HasSuffix(bytes.TrimSpace(text), []byte("# EOF")) {
		kind = "application/openmetrics-text"
	}
	p, err := textparse.New(text, kind, labels.NewSymbolTable(), textparse.ParserOptions{})
	if err != nil {
		return nil, err
	}
	types := map[string]model.MetricType{}
	seen := map[string]map[string][]string{} // name → label → values
	for {
		entry, err := p.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("no page of metrics in text format: %w", err)
		}
		switch entry {
		case textparse.EntryType:
			name, t := p.Type()
			types[string(name)] = t
		case textparse.EntrySeries:
			var l labels.Labels
			p.Labels(&l)
			note(seen, l)
		}
	}
	metrics := map[string]Metric{}
	for family, t := range types {
		for _, name := range seriesOf(family, t) {
			metrics[name] = Metric{Counter: name != family || t == model.MetricTypeCounter, Gauge: t == model.MetricTypeGauge}
		}
	}
	for name, values := range seen {
		m := metrics[name]
		m.Labels = slices.Sorted(maps.Keys(values))
		for _, le := range values[labels.BucketLabel] {
			if f, err := strconv.ParseFloat(le, 64); err == nil && le != "+Inf" {
				le = bound(f)
			}
			m.Bounds = append(m.Bounds, le)
		}
		metrics[name] = m
		// The native histogram has the labels of its count.
		if family, ok := strings.CutSuffix(name, "_count"); ok && types[family] == model.MetricTypeHistogram {
			metrics[family] = Metric{Labels: m.Labels}
		}
	}
	if len(metrics) == 0 {
		return nil, errors.New("the page has no metrics")
	}
	registry := &Registry{about: "the page of metrics", target: append([]string{model.JobLabel, model.InstanceLabel}, target...)}
	registry.lookup = func(name string) (Metric, bool) {
		if m, ok := metrics[name]; ok {
			return m, true
		}
		return ofPrometheus(name)
	}
	return registry, nil
}

// Join returns a registry of what any of several knows, of a name known to more
// than one what the first says. Each has to be a page of metrics.
func Join(pages ...*Registry) *Registry {
	r := *pages[0]
	r.lookup = func(name string) (Metric, bool) {
		for _, p := range pages {
			if m, ok := p.lookup(name); ok {
				return m, true
			}
		}
		return Metric{}, false
	}
	return &r
}

// note collects the labels of series. Empty ones are none.
func note(seen map[string]map[string][]string, l labels.Labels) {
	name := l.Get(model.MetricNameLabel)
	if seen[name] == nil {
		seen[name] = map[string][]string{}
	}
	l.Range(func(l labels.Label) {
		if l.Name != model.MetricNameLabel && !slices.Contains(seen[name][l.Name], l.Value) {
			seen[name][strings.Clone(l.Name)] = append(seen[name][l.Name], strings.Clone(l.Value))
		}
	})
}

// seriesOf returns the names of a family's series.
func seriesOf(family string, t model.MetricType) []string {
	switch t {
	case model.MetricTypeHistogram:
		return []string{family, family + "_bucket", family + "_sum", family + "_count"}
	case model.MetricTypeSummary:
		return []string{family, family + "_sum", family + "_count"}
	case model.MetricTypeCounter:
		if !strings.HasSuffix(family, "_total") {
			return []string{family, family + "_total"}
		}
	}
	return []string{family}
}

// ofPrometheus knows the series that Prometheus itself makes.
func ofPrometheus(name string) (Metric, bool) {
	switch {
	case name == "up" || strings.HasPrefix(name, "scrape_"):
		return Metric{Labels: []string{}, Gauge: true}, true
	case name == "ALERTS" || name == "ALERTS_FOR_STATE":
		return Metric{}, true
	}
	return Metric{}, false
}
