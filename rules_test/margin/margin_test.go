package margin_test

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hopscope/hopscope/rules_test/lab"
	"github.com/hopscope/hopscope/rules_test/margin"
)

const rules = `
groups:
  - name: g
    rules:
      - alert: High
        expr: x > 10
        for: 20s
`

const synthetic = `
- name: high
  about: 12 from 10 s on
  step: 5s
  series: ['x 1 1 12x9']
  fires: [{alert: High, at: 40s}]
- name: low
  about: 4 all the time
  step: 5s
  series: ['x 4x9']
  silent: [{alert: High, at: 45s}]
- name: elsewhere
  about: nothing that High reads
  step: 5s
  series: ['y 4x9']
  silent: [{alert: High, at: 45s}]
`

func TestMarginsAreWhereTheVerdictChanges(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"x.rules.yml": rules, "matrix.yml": "rules: ['*.rules.yml']", "synthetic.yml": synthetic} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	l, err := lab.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	all, err := margin.Run(t.Context(), l, margin.Options{})
	if err != nil {
		t.Fatal(err)
	}
	// up, down: 12 is lost at ×1.2, 30 s of pending at ×1.5; 4 is reached at ÷2.5.
	want := map[string][2]float64{
		"synthetic: high > 10": {1.2, 0}, "synthetic: high for: 20s": {1.5, 0},
		"synthetic: low > 10": {0, 2.5}, "synthetic: low for: 20s": {0, 0},
	}
	if len(all) != len(want) {
		t.Errorf("%d margins, want %d: %+v", len(all), len(want), all)
	}
	for _, m := range all {
		w := want[m.Scenario+" "+m.Knob]
		if math.Abs(m.Up-w[0]) > 0.02 || math.Abs(m.Down-w[1]) > 0.02 {
			t.Errorf("%s, %s: lost at ×%v, ÷%v; want %v", m.Scenario, m.Knob, m.Up, m.Down, w)
		}
	}
	if m := all[0]; m.Scenario != "synthetic: high" || m.Knob != "> 10" || m.Line != 6 {
		t.Errorf("the smallest margin is %+v", m)
	}
	if m := all[1]; m.For != 20*time.Second {
		t.Errorf("the second smallest is %+v", m)
	}
	var text strings.Builder
	if err := margin.WriteText(&text, all, 10, 0.3); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"×1.20", "<- small", "×1.50 (+10.0s)", "4 margins, 1 of them below 30 %, 1 beyond ×16"} {
		if !strings.Contains(text.String(), part) {
			t.Errorf("no %q in\n%s", part, text.String())
		}
	}
}
