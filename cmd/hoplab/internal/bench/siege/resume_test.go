package siege

import (
	"slices"
	"strings"
	"testing"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/damage"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/hostile"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/place"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/plan"
)

func TestRunGoesOnWithWholeRounds(t *testing.T) {
	of := []string{plan.Hopscope, plan.HAProxy}
	now := &damage.Results{Run: place.Run{Date: "tomorrow", Command: "hoplab attack", Rounds: 3, Version: map[string]string{"hopscope": "1"}}}
	before := &damage.Results{Run: now.Run, Rate: map[string]float64{plan.Hopscope: 5}, Samples: []damage.Sample{
		{Attack: "ping", Proxy: plan.Hopscope, Round: 1},
		{Attack: "ping", Proxy: plan.HAProxy, Round: 1},
		{Attack: "rst", Proxy: plan.HAProxy, Round: 1},
		{Attack: "rst", Proxy: plan.Hopscope, Round: 2},
	}}
	before.Date = "today"
	r, err := resume(before, now, of)
	if err != nil || len(r.Samples) != 2 || r.Parts != 2 || r.Date != "today" || r.Rate[plan.Hopscope] != 5 {
		t.Errorf("%+v, %v", r, err)
	}
	if len(before.Samples) != 4 {
		t.Error("what was passed has changed")
	}
	if r, err = resume(r, now, of); err != nil || r.Parts != 3 {
		t.Errorf("%+v, %v", r, err)
	}
	before.Version = map[string]string{"hopscope": "0"}
	if _, err := resume(before, now, of); err == nil || !strings.Contains(err.Error(), "another run") {
		t.Errorf("measures of two programs are mixed: %v", err)
	}
}

// What the rounds say that a miss is followed by does not change which are.
func TestMissedIsWhatTheRoundsThatWereAskedForSay(t *testing.T) {
	r := &damage.Results{Run: place.Run{Rounds: 1}}
	sample := func(attack string, round int, p99 float64) {
		r.Samples = append(r.Samples, damage.Sample{
			Attack: attack, Proxy: plan.Hopscope, Round: round, Seconds: 1, End: "GOAWAY ENHANCE_YOUR_CALM",
			Harmless: damage.Victim{P99: 1, Requests: 100}, Attacked: damage.Victim{P99: p99, Requests: 100},
		})
	}
	sample("ping", 1, 1)
	sample("rst", 1, 9)
	for round := 2; round <= 4; round++ {
		sample("rst", round, 1)
	}
	var ids []string
	for _, a := range missed(hostile.Attacks(), r) {
		ids = append(ids, a.ID)
	}
	if !slices.Equal(ids, []string{"rst"}) {
		t.Errorf("got %q", ids)
	}
	if met, all := damage.Met(r.Verdicts()); met != 2 || all != 2 {
		t.Errorf("%d of %d are met", met, all)
	}
}
