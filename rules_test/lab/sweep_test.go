package lab

import (
	"testing"
	"time"
)

func TestWorstOfSeveralPhases(t *testing.T) {
	fires := func(detected, resolved time.Duration, ends bool) Verdict {
		return Verdict{Fired: true, First: detected, Detected: detected, DetectedKnown: true, Resolved: resolved, ResolvedKnown: ends}
	}
	silent := Verdict{}
	late := Verdict{Fired: true, Problem: "late"}
	for _, tc := range []struct {
		name string
		all  []Verdict
		want Verdict
	}{
		{"longest", []Verdict{fires(2, 9, true), fires(5, 3, true), fires(1, 1, true)}, Verdict{Fired: true, First: 1, Detected: 5, DetectedKnown: true, Resolved: 9, ResolvedKnown: true}},
		{"silent first", []Verdict{silent, fires(5, 3, true)}, fires(5, 3, true)},
		{"silent last", []Verdict{fires(5, 3, true), silent}, fires(5, 3, true)},
		{"once without an end", []Verdict{fires(5, 3, true), fires(5, 0, false), fires(5, 3, true)}, Verdict{Fired: true, First: 5, Detected: 5, DetectedKnown: true, Resolved: 3}},
		{"unknown between", []Verdict{fires(5, 3, true), late, fires(6, 3, true)}, Verdict{Fired: true, Detected: 6, Resolved: 3, Problem: "late"}},
		{"problem of a silent one", []Verdict{{Problem: "never"}, fires(5, 3, true)}, Verdict{Fired: true, First: 5, Detected: 5, DetectedKnown: true, Resolved: 3, ResolvedKnown: true, Problem: "never"}},
		{"nothing", []Verdict{silent, silent}, silent},
	} {
		if got := worst(tc.all); got != tc.want {
			t.Errorf("%s: %+v, want %+v", tc.name, got, tc.want)
		}
	}
}
