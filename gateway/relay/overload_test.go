package relay

import (
	"testing"
	"time"

	"github.com/hopscope/hopscope/gateway/event"
)

func TestOnlyAnUnbrokenRowOfLongBatchesIsOverload(t *testing.T) {
	const limit = 250 * time.Millisecond
	var q queueing
	at := event.Time(time.Hour)
	batch := func(d time.Duration) {
		end := at.Add(d)
		q.note(at, end, limit)
		at = end
	}
	for _, step := range []struct {
		batch time.Duration
		over  bool
	}{
		{300 * time.Millisecond, false},
		{300 * time.Millisecond, false},
		{time.Millisecond, false}, // what waited is done
		{600 * time.Millisecond, false},
		{300 * time.Millisecond, false},
		{300 * time.Millisecond, true},
		{300 * time.Millisecond, true},
		{time.Millisecond, false},
		{2 * time.Second, true}, // everyone has waited that long
		{time.Millisecond, false},
	} {
		if batch(step.batch); q.over != step.over {
			t.Fatalf("after a batch of %v: overloaded %v", step.batch, q.over)
		}
	}
	q.note(at, at.Add(time.Minute), 0)
	if q.over {
		t.Error("without a limit there is no overload")
	}
}
