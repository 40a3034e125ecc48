package proc

import (
	"testing"
	"time"
)

func TestStolenIsTheStealOfAllCPUs(t *testing.T) {
	stat := "cpu  10 20 30 40 50 60 70 123 90 0\ncpu0 1 2 3 4 5 6 7 8 9 0\n"
	if got, err := stolen(stat); got != 1230*time.Millisecond || err != nil {
		t.Errorf("got %v, %v", got, err)
	}
	for _, bad := range []string{"", "cpu 1 2 3", "cpu0 1 2 3 4 5 6 7 8 9", "cpu 1 2 3 4 5 6 7 x 9"} {
		if got, err := stolen(bad); err == nil {
			t.Errorf("%q: %v", bad, got)
		}
	}
	if _, err := Stolen(); err != nil {
		t.Error(err)
	}
}
