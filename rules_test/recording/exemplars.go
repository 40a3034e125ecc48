package recording

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// Exemplar is one observation that Prometheus kept beside a series.
type Exemplar struct {
	Series labels.Labels
	Labels labels.Labels // such as {trace_id="…"}
	Value  float64
	At     time.Duration // after the recording's start, whole milliseconds; may be before it
}

// exemplarLines writes exemplars the way OpenMetrics does:
//
//	NAME{LABELS} # {LABELS} VALUE SECONDS
//
// with seconds after the recording's start.
func exemplarLines(exemplars []Exemplar) []byte {
	all := slices.Clone(exemplars)
	slices.SortStableFunc(all, func(a, b Exemplar) int {
		if c := strings.Compare(Name(a.Series), Name(b.Series)); c != 0 {
			return c
		}
		return int(a.At - b.At)
	})
	var text bytes.Buffer
	for _, e := range all {
		fmt.Fprintf(&text, "%s # %s %s %.3f\n", Name(e.Series), Name(e.Labels), floatText(e.Value), e.At.Seconds())
	}
	return text.Bytes()
}

func parseExemplars(file string, text []byte) ([]Exemplar, error) {
	var all []Exemplar
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		e, err := parseExemplar(strings.TrimSuffix(line, "\n"))
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w: want NAME{LABELS} # {LABELS} VALUE SECONDS", file, n, err)
		}
		all = append(all, e)
	}
	return all, nil
}

func parseExemplar(line string) (Exemplar, error) {
	var e Exemplar
	// A label's value may hold anything; VALUE and SECONDS hold no such mark.
	at := strings.LastIndex(line, "} # {")
	end := strings.LastIndexByte(line, '}')
	if at < 0 || end < at+len("} # {") {
		return e, fmt.Errorf("%q is no exemplar", line)
	}
	p := parser.NewParser(parser.Options{})
	var err error
	if e.Series, err = p.ParseMetric(line[:at+1]); err != nil {
		return e, err
	}
	if e.Labels, err = p.ParseMetric(line[at+len("} # ") : end+1]); err != nil {
		return e, err
	}
	value, seconds, _ := strings.Cut(strings.TrimSpace(line[end+1:]), " ")
	if e.Value, err = strconv.ParseFloat(value, 64); err != nil {
		return e, err
	}
	s, err := strconv.ParseFloat(seconds, 64)
	if err != nil {
		return e, err
	}
	e.At = time.Duration(s * float64(time.Second)).Round(time.Millisecond)
	return e, nil
}
