package replay

import (
	"math"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"
)

// output is the series that a rule writes, and marks as stale when it no longer
// does. Queries see them at once.
type output struct {
	view        *view
	offset      int64
	at          int64
	entries     map[uint64]*entry
	before, now map[*entry]bool
}

func newOutput(v *view, offset int64) *output {
	return &output{view: v, offset: offset, entries: map[uint64]*entry{}, before: map[*entry]bool{}, now: map[*entry]bool{}}
}

func (o *output) begin(at int64) {
	o.at = at - o.offset
	clear(o.now)
}

func (o *output) write(l labels.Labels, f float64, h *histogram.FloatHistogram) {
	hash := l.Hash()
	e := o.entries[hash]
	if e == nil {
		e = &entry{labels: l}
		o.entries[hash] = e
		o.view.derived.add(e)
	}
	e.samples = append(e.samples, sample{o.at, f, h})
	o.now[e] = true
}

func (o *output) end() {
	for e := range o.before {
		if !o.now[e] {
			e.samples = append(e.samples, sample{t: o.at, f: math.Float64frombits(value.StaleNaN)})
		}
	}
	o.before, o.now = o.now, o.before
}

// matrix gathers the vectors of single evaluations.
type matrix struct {
	m  promql.Matrix
	at map[uint64]int
}

func (m *matrix) add(v promql.Vector) {
	if m.at == nil {
		m.at = map[uint64]int{}
	}
	for _, s := range v {
		hash := s.Metric.Hash()
		i, ok := m.at[hash]
		if !ok {
			i = len(m.m)
			m.at[hash] = i
			m.m = append(m.m, promql.Series{Metric: s.Metric})
		}
		if s.H != nil {
			m.m[i].Histograms = append(m.m[i].Histograms, promql.HPoint{T: s.T, H: s.H})
		} else {
			m.m[i].Floats = append(m.m[i].Floats, promql.FPoint{T: s.T, F: s.F})
		}
	}
}
