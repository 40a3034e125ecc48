package replay_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/hopscope/hopscope/rules_test/recording"
	"github.com/hopscope/hopscope/rules_test/replay"
)

const ruleFile = `
groups:
  - name: second
    rules:
      - alert: Low
        expr: job:up:sum < 2
        for: 10s
        labels: {severity: warning}
        annotations: {summary: '{{ $value }} are up'}
  - name: first
    rules:
      - record: job:up:sum
        expr: sum by (job) (up)
`

func run(t *testing.T) *replay.Replay {
	t.Helper()
	rec := recording.Recording{Meta: recording.Meta{
		Scenario: "s", Start: time.Unix(1_800_000_000, 0), Step: recording.Duration(5 * time.Second), Scrapes: 8,
	}}
	for _, line := range []string{`up{job="j",instance="a"} 1x7`, `up{job="j",instance="b"} 1 1 0x3 1x2`} {
		s, err := recording.Parse(line)
		if err != nil {
			t.Fatal(err)
		}
		rec.Series = append(rec.Series, s)
	}
	file := filepath.Join(t.TempDir(), "x.rules.yml")
	if err := os.WriteFile(file, []byte(ruleFile), 0o644); err != nil {
		t.Fatal(err)
	}
	r, err := replay.Run(rec, file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func TestTimelineShowsWhenAlertsFiredAndEnded(t *testing.T) {
	line := run(t).Timeline
	if at, ok := line.FirstFiring("Low", 0); !ok || at != 20*time.Second {
		t.Errorf("fired at %v, %v; want 20s: two steps down before, 10s pending", at, ok)
	}
	if a := line.Firing("Low", 24*time.Second); len(a) != 1 || a[0].Labels["job"] != "j" || a[0].Annotations["summary"] != "1 are up" {
		t.Errorf("at 24s: %+v", a)
	}
	if a := line.Firing("Low", 30*time.Second); len(a) != 0 {
		t.Errorf("at 30s: %+v", a)
	}
	if names := line.EverFired(); !slices.Equal(names, []string{"Low"}) {
		t.Errorf("fired: %v", names)
	}
}

func TestTransitionsNameEveryChange(t *testing.T) {
	var got []string
	for _, c := range run(t).Timeline.Transitions() {
		got = append(got, c.At.String()+" "+c.Alert.Name+" "+c.State)
	}
	if want := []string{"10s Low pending", "20s Low firing", "30s Low ended"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestQuerySeesSamplesAndRecordedSeries(t *testing.T) {
	r := run(t)
	for expr, series := range map[string]int{"up": 2, "job:up:sum": 1, `ALERTS{alertstate="firing"}`: 1, "nothing": 0} {
		m, err := r.Query(context.Background(), expr)
		if err != nil || len(m) != series {
			t.Errorf("%s: %d series, %v; want %d", expr, len(m), err, series)
		}
	}
	if _, err := r.Query(context.Background(), "sum("); err == nil {
		t.Error("no error for a broken expression")
	}
}
