package metrics

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestAScrapePausesAfterEachStretchOfWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pacer
		want := time.Duration(0)
		begin := time.Now()
		check := func(what string) {
			t.Helper()
			if got := time.Since(begin); got != want {
				t.Errorf("%s: %v have passed; want %v", what, got, want)
			}
		}
		p.look()
		check("at the begin")
		for range 3 {
			time.Sleep(workStretch - 1)
			p.look()
			want += workStretch - 1
			check("before the end of a stretch")
			time.Sleep(time.Nanosecond)
			for range stepsPerLook {
				p.step()
			}
			want += 1 + workPause
			check("after a stretch")
		}
	})
}
