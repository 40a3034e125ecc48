package metrics

import (
	"bytes"
	"encoding/hex"
	"math"
	"strconv"
	"strings"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/telemetry/catalog"
)

// textFormat is how the catalogue's families look in Prometheus' text format, or
// in OpenMetrics.
type textFormat struct {
	open       bool // OpenMetrics
	counters   [catalog.NumCounters]textFamily
	gauges     [catalog.NumGauges]textFamily
	histograms [catalog.NumHistograms]textFamily
}

// textFamily is what the lines of a family have in common.
type textFamily struct {
	head   []byte // the lines with help and type
	name   string
	labels labelNames
	bounds []string // of classic buckets, +Inf included, quoted
}

func newTextFormat(open bool) *textFormat {
	t := &textFormat{open: open}
	for i := range t.counters {
		t.counters[i] = t.family(catalog.Counter(i).Metric())
	}
	for i := range t.gauges {
		t.gauges[i] = t.family(catalog.Gauge(i).Metric())
	}
	for i := range t.histograms {
		m := catalog.Histogram(i).Metric()
		f := t.family(m)
		for _, bound := range append(m.Buckets[:len(m.Buckets):len(m.Buckets)], inf) {
			f.bounds = append(f.bounds, `"`+string(t.appendFloat(nil, bound))+`"`)
		}
		t.histograms[i] = f
	}
	return t
}

var (
	helpEscapes  = strings.NewReplacer(`\`, `\\`, "\n", `\n`)
	valueEscapes = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)
)

func (t *textFormat) family(m *catalog.Metric) textFamily {
	name, help := m.Name, helpEscapes.Replace(m.Help)
	if t.open {
		help = valueEscapes.Replace(m.Help)
		if m.Type == catalog.CounterType {
			name = strings.TrimSuffix(name, "_total")
		}
	}
	head := "# HELP " + name + " " + help + "\n# TYPE " + name + " " + m.Type.String() + "\n"
	return textFamily{head: []byte(head), name: m.Name, labels: newLabelNames(m)}
}

// appendFloat appends a value.
func (t *textFormat) appendFloat(b []byte, v float64) []byte {
	switch {
	case v >= 0 && v < 1e6 && v == math.Trunc(v): // most are
		b = strconv.AppendInt(b, int64(v), 10)
	case math.IsInf(v, +1):
		return append(b, "+Inf"...)
	default:
		start := len(b)
		b = strconv.AppendFloat(b, v, 'g', -1, 64)
		if bytes.ContainsAny(b[start:], "e.N") {
			return b
		}
	}
	if t.open {
		b = append(b, ".0"...)
	}
	return b
}

// appendCount appends the count of a bucket.
func (t *textFormat) appendCount(b []byte, n uint64) []byte {
	if t.open {
		return strconv.AppendUint(b, n, 10)
	}
	return t.appendFloat(b, float64(n))
}

// appendLabels appends labels with values in the order of the declaration.
func (f *textFamily) appendLabels(b []byte, values []string) []byte {
	for i, n := range f.labels {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(b, n.name...), '=', '"')
		v := values[n.at]
		if strings.IndexByte(v, '"') >= 0 || strings.IndexByte(v, '\\') >= 0 || strings.IndexByte(v, '\n') >= 0 {
			v = valueEscapes.Replace(v)
		}
		b = append(append(b, v...), '"')
	}
	return b
}

// text is a batch in one of the text formats. It may be used for one scrape after
// another.
type text struct {
	*textFormat
	pace       pacer
	counterOut [catalog.NumCounters]lines
	gaugeOut   [catalog.NumGauges]lines
	histOut    [catalog.NumHistograms]lines
	prefix     []byte
	free       [][]byte
}

// lines are the lines of a family, in pieces: what grows in one piece is copied
// again and again, and leaves garbage.
type lines struct {
	full [][]byte
	last []byte
}

const (
	pieceSize = 32 << 10
	pieceRoom = 4 << 10 // what a series usually needs at the most
)

// room returns a slice to append the next series to, which put takes.
func (t *text) room(l *lines) []byte {
	if cap(l.last)-len(l.last) >= pieceRoom {
		return l.last
	}
	if len(l.last) > 0 {
		l.full = append(l.full, l.last)
	}
	if n := len(t.free); n > 0 {
		l.last, t.free = t.free[n-1], t.free[:n-1]
	} else {
		l.last = make([]byte, 0, pieceSize)
	}
	return l.last
}

// put takes what was appended to room.
func (t *text) put(l *lines, b []byte) {
	l.last = b
	t.pace.step()
}

// reset empties t and keeps its memory.
func (t *text) reset() {
	t.pace = pacer{}
	t.families(func(_ *textFamily, l *lines) bool {
		for _, p := range l.full {
			t.free = append(t.free, p[:0])
		}
		l.full, l.last = l.full[:0], l.last[:0]
		return true
	})
}

// families calls f with each family and its lines until it returns false.
func (t *text) families(f func(*textFamily, *lines) bool) {
	for i := range t.counters {
		if !f(&t.counters[i], &t.counterOut[i]) {
			return
		}
	}
	for i := range t.gauges {
		if !f(&t.gauges[i], &t.gaugeOut[i]) {
			return
		}
	}
	for i := range t.histograms {
		if !f(&t.histograms[i], &t.histOut[i]) {
			return
		}
	}
}

// natives implements batch.
func (t *text) natives() bool { return false }

// counter implements batch.
func (t *text) counter(c catalog.Counter, v float64, labels ...string) {
	t.sample(&t.counterOut[c], &t.counters[c], v, labels)
}

// gauge implements batch.
func (t *text) gauge(g catalog.Gauge, v float64, labels ...string) {
	t.sample(&t.gaugeOut[g], &t.gauges[g], v, labels)
}

func (t *text) sample(l *lines, f *textFamily, v float64, labels []string) {
	b := append(t.room(l), f.name...)
	if len(labels) > 0 {
		b = append(f.appendLabels(append(b, '{'), labels), '}')
	}
	t.put(l, append(t.appendFloat(append(b, ' '), v), '\n'))
}

// histogram implements batch.
func (t *text) histogram(h catalog.Histogram, parts *histogram, _ event.Time, labels ...string) {
	f, l := &t.histograms[h], &t.histOut[h]
	b := t.room(l)
	t.prefix = append(append(t.prefix[:0], f.name...), "_bucket{"...)
	t.prefix = append(f.appendLabels(t.prefix, labels), ",le="...)
	var count uint64
	for i, bound := range f.bounds {
		count += parts.counts[i]
		b = append(append(b, t.prefix...), bound...)
		b = t.appendCount(append(b, '}', ' '), count)
		if e := parts.exemplars; t.open && e != nil && e[i].at != 0 {
			b = t.appendExemplar(b, &e[i])
		}
		b = append(b, '\n')
	}
	names := t.prefix[len(f.name)+len("_bucket") : len(t.prefix)-len(",le=")]
	b = append(append(append(b, f.name...), "_sum"...), names...)
	b = append(t.appendFloat(append(b, '}', ' '), parts.sum), '\n')
	b = append(append(append(b, f.name...), "_count"...), names...)
	t.put(l, append(t.appendCount(append(b, '}', ' '), count), '\n'))
}

func (t *text) appendExemplar(b []byte, e *exemplar) []byte {
	b = append(b, " # {"+ExemplarTraceID+`="`...)
	b = hex.AppendEncode(b, e.trace[:])
	b = t.appendFloat(append(b, `"} `...), e.value)
	return t.appendFloat(append(b, ' '), float64(e.at)/1e9)
}
