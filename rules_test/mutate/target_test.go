package mutate

import (
	"slices"
	"testing"
	"time"

	"github.com/hopscope/hopscope/rules_test/lab"
	"github.com/hopscope/hopscope/rules_test/recording"
	"github.com/hopscope/hopscope/rules_test/ruleset"
)

// Every phase that a group may have has to be tried, of those with long intervals,
// too.
func TestPhasesAreSpreadOverTheLongestInterval(t *testing.T) {
	scenarios := []*lab.Scenario{{Name: "s", Series: recording.Recording{Meta: recording.Meta{Step: recording.Duration(6 * time.Second)}}}}
	for _, tc := range []struct {
		intervals []time.Duration
		want      []time.Duration
	}{
		{[]time.Duration{0, 0}, []time.Duration{2 * time.Second, 4 * time.Second}},
		{[]time.Duration{0, 3 * time.Second}, []time.Duration{0, 2 * time.Second, 4 * time.Second}},
		{[]time.Duration{30 * time.Second, 0}, []time.Duration{0, 10 * time.Second, 20 * time.Second}},
	} {
		l := &lab.Lab{Set: &ruleset.Set{}}
		for _, interval := range tc.intervals {
			l.Set.Groups = append(l.Set.Groups, &ruleset.Group{Interval: interval})
		}
		var got []time.Duration
		for _, target := range targets(l, scenarios, 3) {
			if !target.promtool {
				got = append(got, target.opts.Phase)
			}
		}
		if !slices.Equal(got, tc.want) {
			t.Errorf("groups with intervals of %v: phases %v, want %v", tc.intervals, got, tc.want)
		}
	}
}
