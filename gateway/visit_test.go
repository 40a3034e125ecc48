package gateway_test

import (
	"context"
	"errors"
	"slices"
	"testing"
)

func TestAVisitComesToEveryWorkerUntilItIsDone(t *testing.T) {
	g, _ := start(t, "127.0.0.1:1", "", "")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	const last = 3
	check := func(when string) {
		t.Helper()
		type call struct{ worker, turn int }
		calls := make(chan call, 1000)
		if err := g.Visit(ctx, func(worker, turn int) bool {
			calls <- call{worker, turn}
			return turn == last
		}); err != nil {
			t.Fatalf("%s: %v", when, err)
		}
		close(calls)
		turns := map[int][]int{}
		for c := range calls {
			turns[c.worker] = append(turns[c.worker], c.turn)
		}
		for n := range turns {
			if !slices.Equal(turns[n], []int{0, 1, 2, last}) || n >= len(turns) {
				t.Errorf("%s: worker %d of %d has turns %v", when, n, len(turns), turns[n])
			}
		}
		if len(turns) == 0 {
			t.Errorf("%s: no worker was visited", when)
		}
	}
	check("while it runs")
	now := make(chan struct{})
	close(now)
	g.Drain(now)
	check("after its end")
}

func TestAVisitThatTakesTooLongIsGivenUp(t *testing.T) {
	g, _ := start(t, "127.0.0.1:1", "", "")
	ctx, cancel := context.WithCancel(t.Context())
	resume := make(chan struct{})
	defer close(resume)
	err := g.Visit(ctx, func(int, int) bool {
		cancel()
		<-resume
		return true
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
