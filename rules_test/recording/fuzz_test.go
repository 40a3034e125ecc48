package recording_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/hopscope/hopscope/rules_test/recording"
)

// A line decides how much memory its values take: one of a few bytes must not ask
// for all there is.
func TestParseBoundsRepetitions(t *testing.T) {
	buckets := "{{buckets:[" + strings.Repeat("1 ", 1000) + "1]}}"
	for _, line := range []string{
		"m{} 1x9999999999",
		"m 1+1x18446744073709551615",
		"m 1x99999999999999999999999",
		"m{} _x99999999_",
		"m\t1\tstale\t0x99999999",
		`m{a="\"} '",b='"',c="x1"} 1 -1-2x99999999`,
		"m{a=`\\`} 1x99999999",
		"m " + strings.Repeat("1x100000 ", 100),
		"m " + buckets + "x10000",
		"m " + buckets + "+" + buckets + "x10000",
		"m 1\nm 1x99999999",
		"#'\nm 1x99999999 #'",
	} {
		if s, err := recording.Parse(line); err == nil {
			t.Errorf("%.60q makes %d values", line, len(s.Values))
		}
	}
	for line, values := range map[string]int{
		"m{} 1x500000":                        500001,
		`m{pod="web-x99999999999",b="}"} 1 1`: 2,
		`{"m x99999999999", a="b"} 1 1`:       2,
		"x99999999999{} 1x2":                  3,
		"m " + buckets + "x1000":              1001,
	} {
		if s, err := recording.Parse(line); err != nil || len(s.Values) != values {
			t.Errorf("%.60q makes %d values (%v), want %d", line, len(s.Values), err, values)
		}
	}
}

// ordinary reports whether a series has what hopscope's own have, histograms left
// out, for which the notation does not have every word.
func ordinary(s recording.Series) bool {
	word := regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)
	if !word.MatchString(s.Labels.Get("__name__")) {
		return false
	}
	names := true
	s.Labels.Range(func(l labels.Label) { names = names && word.MatchString(l.Name) })
	return names && !slices.ContainsFunc(s.Values, func(v recording.Value) bool { return v.Histogram != nil })
}

// FuzzParse reads hostile lines. What is read can be written, and then reads the
// same again.
func FuzzParse(f *testing.F) {
	h := &histogram.FloatHistogram{Schema: 3, Count: 4, Sum: 1, PositiveSpans: []histogram.Span{{Offset: -2, Length: 2}}, PositiveBuckets: []float64{1, 2}}
	for _, values := range [][]recording.Value{
		floats(1), floats(7, 7, 7), floats(2, 0, -2), join(floats(1), omitted(3)), {{Histogram: h}, {Histogram: h}}, {recording.Stale()},
	} {
		line, err := recording.Encode(recording.Series{Labels: labels.FromStrings("__name__", "m", "a", `q"\n`), Values: values})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(line)
	}
	for _, line := range []string{
		"", "{}", "m", "m{", `m{a="b",a="c"} 1`, `{"a b"="c"} 1`, `{a="","c"} 1`, "m 1x", "m 1x-1", "m 1x1x1", "m 0x10", "m 1e400 NaN -Inf .5", "m _x0", "m stalex3",
		"m {{}}-{{}}x2", "m {{schema:99 buckets:[1] offset:2147483647 n_buckets:[1 2] counter_reset_hint:gauge}}x2 {{schema:-53 custom_values:[2 1]}}",
		"m 1x9999999999", "m # 1", "m 1\nn 2", "\xff 1",
	} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if len(line) > 4096 {
			return
		}
		s, err := recording.Parse(line)
		if err != nil {
			return
		}
		text, err := recording.Encode(s) // compares what it wrote with s
		if err != nil {
			if ordinary(s) {
				t.Fatalf("%q was read and cannot be written: %v", line, err)
			}
			return
		}
		again, err := recording.Parse(text)
		if err != nil {
			t.Fatalf("%q was written and cannot be read: %v", text, err)
		}
		if twice, err := recording.Encode(again); err != nil || twice != text {
			t.Fatalf("written as\n%q, read and written again as\n%q: %v", text, twice, err)
		}
	})
}
