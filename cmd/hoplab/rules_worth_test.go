package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// smallLab writes a lab of one alert whose threshold nothing is near to.
func smallLab(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"x.rules.yml": "groups:\n- name: g\n  rules:\n  - alert: High\n    expr: x > 2\n",
		"matrix.yml":  "rules: ['*.rules.yml']",
		"synthetic.yml": "- {name: high, about: rises and falls, step: 5s, series: ['x 1 3x3 1x3'], " +
			"fires: [{alert: High, at: 15s}], silent: [{alert: High, at: 0s}, {alert: High, at: 30s}]}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestMutateCoverageAndMarginsSayWhatTheTestsAreWorth(t *testing.T) {
	dir := smallLab(t)
	file := filepath.Join(dir, "out.json")
	for _, tc := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"survivors", []string{"mutate"}, exitOK, "High: boundary: `> 2` becomes `>= 2`: survives 1 scenarios"},
		{"score", []string{"mutate", "--min-score", "95", "--json", file}, exitFailure, "of the mutants are killed, want 95 %"},
		{"nothing changed", []string{"mutate", "--rules-old", filepath.Join(dir, "*.rules.yml")}, exitOK, "0 rules, 1 scenarios, 0 mutants"},
		{"unknown alert", []string{"mutate", "--alert", "Low"}, exitFailure, `there is no alert "Low"; there are High`},
		{"covered", []string{"coverage", "--min", "100", "--json", file}, exitOK, "100.0 % of the alerts fire and stay silent"},
		{"impossible", []string{"coverage", "--min", "101"}, exitUsage, "want 0 to 100"},
		{"recordings only", []string{"margins"}, exitOK, "0 margins"},
		{"margins", []string{"margins", "--synthetic", "--json", file}, exitOK, "×1.50"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var out bytes.Buffer
			if code := runRules(t.Context(), append(tc.args, "--suite", dir), &out, &out); code != tc.code || !strings.Contains(out.String(), tc.want) {
				t.Errorf("exit code %d, want %d; %q is not in\n%s", code, tc.code, tc.want, out.String())
			}
		})
	}
	text, err := os.ReadFile(file)
	if err != nil || !json.Valid(text) {
		t.Errorf("%v, %s", err, text)
	}
}
