package recording

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql/parser"
)

// Value is one cell of the grid: a float (staleness markers are floats too), a
// native histogram, or omitted.
type Value = parser.SequenceValue

// Series is one series with one value for each scrape.
type Series struct {
	Labels labels.Labels
	Values []Value
}

// Stale returns the value that marks the end of a series.
func Stale() Value { return Value{Value: math.Float64frombits(value.StaleNaN)} }

// Encode returns s as one line of notation, NAME{LABELS} VALUES. It fails where
// the notation cannot express a value exactly, naming the series and the value's
// position.
func Encode(s Series) (string, error) {
	line := Name(s.Labels) + " " + encodeValues(s.Values)
	back, err := Parse(line)
	if err != nil {
		return "", fmt.Errorf("series %s: the notation written does not parse: %w", Name(s.Labels), err)
	}
	if !labels.Equal(back.Labels, s.Labels) {
		return "", fmt.Errorf("series %s: read back as %s", Name(s.Labels), Name(back.Labels))
	}
	if len(back.Values) != len(s.Values) {
		return "", fmt.Errorf("series %s: %d values were written, %d read back", Name(s.Labels), len(s.Values), len(back.Values))
	}
	for i := range s.Values {
		if !same(s.Values[i], back.Values[i]) {
			return "", fmt.Errorf("series %s: value %d is %v, read back as %v", Name(s.Labels), i, s.Values[i], back.Values[i])
		}
	}
	return line, nil
}

// Parse reads one line of notation with Prometheus' parser. A line that stands for
// more than it may, see [maxWritten], is an error.
func Parse(line string) (Series, error) {
	if strings.ContainsAny(line, "\r\n") {
		return Series{}, errors.New("a series stands on one line")
	}
	if n := written(line); n > maxWritten {
		return Series{}, fmt.Errorf("its values take %d bytes with all repetitions written out, the most are %d: record less", n, maxWritten)
	}
	l, values, err := parser.NewParser(parser.Options{}).ParseSeriesDesc(line)
	if err != nil {
		return Series{}, err
	}
	// A label without value is none, also where the parser keeps it.
	return Series{Labels: labels.NewBuilder(l).Labels(), Values: values}, nil
}

// Name returns the series' name and labels as notation, labels in order.
func Name(l labels.Labels) string {
	var b strings.Builder
	b.WriteString(l.Get(model.MetricNameLabel))
	b.WriteByte('{')
	first := true
	l.Range(func(l labels.Label) {
		if l.Name == model.MetricNameLabel {
			return
		}
		if !first {
			b.WriteByte(',')
		}
		first = false
		b.WriteString(l.Name + "=" + strconv.Quote(l.Value))
	})
	b.WriteByte('}')
	return b.String()
}

func encodeValues(values []Value) string {
	var parts []string
	for i := 0; i < len(values); {
		text, n := longestRun(values[i:])
		parts = append(parts, text)
		i += n
	}
	return strings.Join(parts, " ")
}

// longestRun returns the notation of the longest run that values begin with,
// and its length.
func longestRun(values []Value) (string, int) {
	equal := 1
	for equal < len(values) && same(values[equal], values[0]) {
		equal++
	}
	if values[0].Omitted {
		if equal == 1 {
			return "_", 1
		}
		return "_x" + strconv.Itoa(equal), equal
	}
	text := valueText(values[0])
	// What is a word in the notation takes no repetition: stale, NaN and Inf.
	if v := values[0]; v.Histogram == nil && (math.IsNaN(v.Value) || math.IsInf(v.Value, 0)) {
		return text, 1
	}
	if equal > 1 {
		return text + "x" + strconv.Itoa(equal-1), equal
	}
	if step, n := arithmetic(values); n > 2 {
		sign := "+"
		if step < 0 {
			sign, step = "-", -step
		}
		return text + sign + floatText(step) + "x" + strconv.Itoa(n-1), n
	}
	return text, 1
}

// arithmetic returns the step of the arithmetic sequence that values begin with,
// and how many of them belong to it. The parser adds the step again and again,
// so rounding is followed the same way here.
func arithmetic(values []Value) (step float64, n int) {
	if len(values) < 2 || !plain(values[0]) || !plain(values[1]) {
		return 0, 1
	}
	step = values[1].Value - values[0].Value
	sum := values[0].Value
	for n = 1; n < len(values) && plain(values[n]); n++ {
		sum += step
		if math.Float64bits(sum) != math.Float64bits(values[n].Value) {
			break
		}
	}
	return step, n
}

// plain reports whether v is a finite number.
func plain(v Value) bool {
	return !v.Omitted && v.Histogram == nil && !math.IsNaN(v.Value) && !math.IsInf(v.Value, 0)
}

func valueText(v Value) string {
	if v.Histogram != nil {
		return v.Histogram.TestExpression()
	}
	if value.IsStaleNaN(v.Value) {
		return "stale"
	}
	return floatText(v.Value)
}

func floatText(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Inf"
	case math.IsInf(f, -1):
		return "-Inf"
	}
	// Without an exponent, whose sign the notation could take for a step.
	return strconv.FormatFloat(f, 'f', -1, 64)
}

func same(a, b Value) bool {
	if a.Omitted || b.Omitted {
		return a.Omitted == b.Omitted
	}
	if a.Histogram == nil || b.Histogram == nil {
		return a.Histogram == b.Histogram && sameFloat(a.Value, b.Value)
	}
	return sameHistogram(a.Histogram, b.Histogram)
}

// sameFloat compares bits, except that every NaN which is no staleness marker
// is alike.
func sameFloat(a, b float64) bool {
	if math.IsNaN(a) && math.IsNaN(b) {
		return value.IsStaleNaN(a) == value.IsStaleNaN(b)
	}
	return math.Float64bits(a) == math.Float64bits(b)
}

// sameHistogram compares what queries see: reset hints other than gauge are
// left to the reader, which derives them from the values as Prometheus does.
func sameHistogram(a, b *histogram.FloatHistogram) bool {
	a, b = a.Copy().Compact(0), b.Copy().Compact(0)
	if (a.CounterResetHint == histogram.GaugeType) != (b.CounterResetHint == histogram.GaugeType) {
		return false
	}
	b.CounterResetHint = a.CounterResetHint
	return a.Equals(b)
}

// SortSeries orders series by their notation's name.
func SortSeries(series []Series) {
	slices.SortFunc(series, func(a, b Series) int { return strings.Compare(Name(a.Labels), Name(b.Labels)) })
}
