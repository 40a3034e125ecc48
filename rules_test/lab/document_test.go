package lab_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hopscope/hopscope/rules_test/lab"
)

// Each error names the file, the line and what to do.
func TestErrorsNameFileLineAndRemedy(t *testing.T) {
	for _, tc := range []struct {
		name, matrix, synthetic string
		want                    []string
	}{
		{"no within", "\n- scenario: down\n  must:\n  - {alert: Low}\n  - {alert: Other, within: 0s}\n", nothing, []string{
			"matrix.yml:6: down: must: Low has no within: say by when after the fault's begin it fires, for example within: 1m30s",
			"matrix.yml:7: down: must: Other has no within",
		}},
		{"must and may", "\n- scenario: down\n  must:\n  - {alert: Low, within: 20s}\n  may:\n  - Other\n  - Low\n", nothing, []string{
			"matrix.yml:9: down: Low is in must and in may: remove one",
		}},
		{"must twice", "\n- scenario: down\n  must:\n  - {alert: Low, within: 20s}\n  - {alert: Low, within: 30s}\n", nothing, []string{
			"matrix.yml:7: down: must has Low twice: remove one",
		}},
		{"no name", "\n- must: []\n", nothing, []string{"matrix.yml:4: scenario: names no recording of series/, for example"}},
		{"no recording", "\n- scenario: down\n  may: [Low]\n- scenario: up\n", nothing, []string{
			"matrix.yml:6: up: ", "/series/up.meta.yml: no such file or directory: record it with hoplab rules record up",
		}},
		{"no alert, no receiver", "\n- scenario: down\n  may: [low]\n  told: {fax: [Low]}\n", nothing, []string{
			`matrix.yml:4: down: there is no alert "low": did you mean "Low"?`, `matrix.yml:4: down: told: there is no receiver "fax"`,
		}},
		{"twice", "\n- scenario: down\n  may: [Low]\n- scenario: down\n  may: [Low]\n", nothing, []string{"matrix.yml:6: there are two scenarios down: remove"}},
		{"by hand", nothing, "\n- name: a\n  series:\n  - 'up{} 1x5'\n  - 'up{ 1x5'\n  step: 0s\n- name: b\n  step: 5s\n  series: ['up{} 1x5']\n  silent: [{alert: Low, at: 1m}]\n- step: 5s\n", []string{
			"synthetic.yml:5: a: ", "want NAME{LABELS} VALUES",
			"synthetic.yml:6: a: step 0s: want a positive time, for example step: 15s",
			"synthetic.yml:2: a: want series, and fires or silent",
			"synthetic.yml:7: b: Low is looked at after 1m0s, but the series end after 25s: look sooner, or make a series longer",
			"synthetic.yml:11: name: there is none",
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := generate(t, tc.matrix, tc.synthetic)
			for _, want := range tc.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("got %v\nwant %q in it", err, want)
				}
			}
		})
	}
}

func TestARecordingWithoutAFaultCannotDemandAlerts(t *testing.T) {
	dir := write(t, "\n- scenario: down\n  must: [{alert: Low, within: 20s}]\n", nothing)
	calm := meta[:strings.Index(meta, "events:")]
	if err := os.WriteFile(filepath.Join(dir, "series/down.meta.yml"), []byte(calm), 0o644); err != nil {
		t.Fatal(err)
	}
	want := `matrix.yml:5: down has to show alerts, but its recording has no events "fault on" and "fault off": list them in may, record it with a fault, or import it with --on and --off`
	if _, err := lab.Open(dir); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v\nwant %q in it", err, want)
	}
}
