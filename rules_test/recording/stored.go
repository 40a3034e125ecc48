package recording

import (
	"fmt"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
)

// Stored returns the sample of that kind which a Prometheus' storage has at it.
func Stored(it chunkenc.Iterator, kind chunkenc.ValueType) Value {
	if kind == chunkenc.ValFloat {
		_, f := it.At()
		return Value{Value: f}
	}
	// Integer histograms, too, are read as the floats that PromQL sees.
	_, h := it.AtFloatHistogram(nil)
	if value.IsStaleNaN(h.Sum) {
		return Stale()
	}
	return Value{Histogram: h}
}

// Rename returns l with label values replaced, old → new.
func Rename(l labels.Labels, names map[string]string) labels.Labels {
	b := labels.NewBuilder(l)
	l.Range(func(l labels.Label) {
		if to, ok := names[l.Value]; ok {
			b.Set(l.Name, to)
		}
	})
	return b.Labels()
}

// Distinct reports two series of one name, which renaming can make of two; the
// series are in order.
func Distinct(series []Series) error {
	for i := 1; i < len(series); i++ {
		if labels.Equal(series[i-1].Labels, series[i].Labels) {
			return fmt.Errorf("two series were renamed to %s", Name(series[i].Labels))
		}
	}
	return nil
}
