package explain_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hopscope/hopscope/rules_test/explain"
	"github.com/hopscope/hopscope/rules_test/recording"
	"github.com/hopscope/hopscope/rules_test/replay"
	"github.com/hopscope/hopscope/rules_test/ruleset"
)

const rules = `groups:
  - name: a
    rules:
      - record: job:errors:ratio
        expr: sum by (job) (errors) / (sum by (job) (requests) > 10)
  - name: b
    rules:
      - alert: Failing
        expr: job:errors:ratio > 2 * 0.1 and on (job) sum by (job) (requests) > 50
        for: 20s
        keep_firing_for: 10s
        labels: {severity: critical}
      - alert: Empty
        expr: absent(requests)
      - alert: Unmatched
        expr: sum by (job) (errors) > 1 and sum by (instance) (requests) > 1
      - alert: Misspelt
        expr: sum(rate(request[20s])) < 1
      - alert: Excused
        expr: errors > 1 unless on (job) requests > 10
      - alert: Rate
        expr: 0.5 < sum by (job) (rate(errors[20s]))
      - alert: Short
        expr: sum by (job) (errors) > 40
      - alert: Gone
        expr: gone == 0
      - alert: Either
        expr: gone == 1 or max_over_time(sum by (job) (errors)[30s:10s]) > 25
      - alert: Odd
        expr: errors > 10
        for: 15s
        keep_firing_for: 15s
`

// result runs the rules over 60 seconds in steps of 10.
func result(t *testing.T) *replay.Result {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.WriteFile("x.yml", []byte(rules), 0o644); err != nil {
		t.Fatal(err)
	}
	set, err := ruleset.Load("x.yml")
	if err != nil {
		t.Fatal(err)
	}
	rec := recording.Recording{Meta: recording.Meta{
		Scenario: "s", Start: time.Unix(1_800_000_000, 0), Step: recording.Duration(10 * time.Second), Scrapes: 9,
	}}
	for _, line := range []string{
		`errors{job="a", instance="1"} 0 0 30x3 5x3`,
		`errors{job="b", instance="2"} 3x8`,
		`requests{job="a", instance="1"} 100x8`,
		`requests{job="b", instance="2"} 40x8`,
		`gone{job="a"} 1 1 stale`,
	} {
		s, err := recording.Parse(line)
		if err != nil {
			t.Fatal(err)
		}
		rec.Series = append(rec.Series, s)
	}
	data, err := replay.NewData(rec)
	if err != nil {
		t.Fatal(err)
	}
	r, err := replay.Run(t.Context(), data, set, replay.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// text explains an alert; at below 0 leaves the moment to the package.
func text(t *testing.T, r *replay.Result, alert string, at time.Duration) string {
	t.Helper()
	moment := &at
	if at < 0 {
		moment = nil
	}
	all, err := explain.Alert(t.Context(), r, alert, moment)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, x := range all {
		if err := x.WriteText(&b, "s"); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

func TestExplanationsAreExact(t *testing.T) {
	r := result(t)
	for _, tc := range []struct {
		file, alert string
		at          time.Duration
	}{
		{"fires", "Failing", -1},
		{"pending", "Failing", 30 * time.Second},
		{"kept", "Failing", 65 * time.Second},
		{"after", "Failing", 70 * time.Second},
		{"before", "Failing", 0},
		{"absent", "Empty", -1},
		{"unmatched", "Unmatched", -1},
		{"misspelt", "Misspelt", -1},
		{"excused", "Excused", -1},
		{"mirrored", "Rate", -1},
		{"nearest", "Short", -1},
		{"gone", "Gone", 40 * time.Second},
		{"either", "Either", 40 * time.Second},
	} {
		t.Run(tc.file, func(t *testing.T) {
			got := text(t, r, tc.alert, tc.at)
			file := filepath.Join(golden, tc.file+".txt")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil || got != string(want) {
				t.Errorf("%s (%v): want\n%s\ngot\n%s", file, err, want, got)
			}
		})
	}
}

// Alerts change at evaluations only, here every 10 seconds.
func TestWaitsEndAtAnEvaluation(t *testing.T) {
	r := result(t)
	for at, want := range map[time.Duration]string{
		30 * time.Second: "pending since 20s (for 15s), 10s still missing: fires after 40s if it holds",
		70 * time.Second: "without a value since 1m0s, keep_firing_for 15s ends after 1m20s, in 10s",
	} {
		if got := text(t, r, "Odd", at); !strings.Contains(got, want) {
			t.Errorf("after %s: want %q in\n%s", at, want, got)
		}
	}
	if at, ok := r.FirstFiring("Odd", 0); !ok || at != 40*time.Second {
		t.Errorf("fires after %v, %v; want 40s", at, ok)
	}
	if len(r.Firing(t.Context(), "Odd", 70*time.Second)) == 0 || len(r.Firing(t.Context(), "Odd", 80*time.Second)) > 0 {
		t.Error("does not end between 70s and 80s")
	}
}

func TestWhatCannotBeExplainedIsNamed(t *testing.T) {
	r := result(t)
	early := -time.Second
	late := time.Hour
	for _, tc := range []struct {
		alert string
		at    *time.Duration
		want  string
	}{
		{"Fail", nil, `there is no alert "Fail"; there are Failing, Empty,`},
		{"Failing", &late, "1h0m0s is no moment of the recording: want 0s to 1m20s"},
		{"Failing", &early, "-1s is no moment of the recording"},
	} {
		if _, err := explain.Alert(t.Context(), r, tc.alert, tc.at); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%v: want %q", err, tc.want)
		}
	}
}
