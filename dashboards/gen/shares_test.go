package main

import (
	"testing"
	"time"

	"github.com/hopscope/hopscope/rules_test/lint"
	"github.com/hopscope/hopscope/rules_test/replay"
)

// A share that is above the whole is a query that divides something else.
func TestSharesAreAtMostTheWhole(t *testing.T) {
	replays, steps := map[string]*replay.Result{}, map[string]time.Duration{}
	for _, b := range boards() {
		for _, row := range b.rows {
			for _, p := range row.panels {
				if p.unit != percent {
					continue
				}
				if replays[p.shows] == nil {
					replays[p.shows], steps[p.shows] = rerun(t, p.shows, 0)
				}
				for _, q := range p.queries {
					m, err := replays[p.shows].Query(t.Context(), lint.Expand(q.expr, 4*steps[p.shows]))
					if err != nil {
						t.Fatalf("%s: %s: %v", b.uid, p.title, err)
					}
					for _, s := range m {
						for _, v := range s.Floats {
							// Rates of two series are extrapolated each for itself.
							if v.F < 0 || v.F > 1.01 {
								t.Fatalf("%s: %s is %v in the recording %s:\n%s", b.uid, p.title, v.F, p.shows, q.expr)
							}
						}
					}
				}
			}
		}
	}
}
