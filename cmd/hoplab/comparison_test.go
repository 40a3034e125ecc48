package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestWrongComparisonsSayWhatThereIs(t *testing.T) {
	refused(t, exitFailure, "bench", map[string]string{
		"--only W1,W3":                `no workload "W3"; they are W1, W2,`,
		"--proxies caddy":             `no proxy "caddy"; they are hopscope,`,
		"--rounds 0":                  "want at least 1",
		"--gateway /nowhere/hopscope": "start /nowhere/hopscope (make bench installs what is missing)",
		"reverse-proxy":               "started by hoplab bench",
	})
	refused(t, exitFailure, "attack", map[string]string{
		"--json /nowhere/results.json --resume": "--resume: open /nowhere/results.json.part: no such file or directory; begin without it",
		"--only smurf":                          `no attack "smurf"; they are rapid-reset,`,
		"--proxies caddy":                       `no proxy "caddy"; they are hopscope, nghttpx, haproxy`,
		"--rounds 0":                            "want at least 1",
		"--gateway /nowhere/hopscope --proxies hopscope": "start /nowhere/hopscope (make bench installs what is missing)",
	})
}

func TestWhatGoesOnMustHaveBegun(t *testing.T) {
	refused(t, exitUsage, "attack", map[string]string{"--resume": "--resume goes on with what --json has"})
}

func TestInterruptedRunsAreNotOverwritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "results.json")
	if err := os.WriteFile(file+".part", []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, exitFailure, "attack", map[string]string{
		"--json " + file:               "results.json.part is what an interrupted run has measured: go on with --resume, or remove it",
		"--json " + file + " --resume": "results.json.part: unexpected end of JSON input",
	})
}

func TestListsAreSplitAtCommas(t *testing.T) {
	if got := list(""); got != nil {
		t.Errorf("of nothing: %q", got)
	}
	if got := list("W1,W2"); !slices.Equal(got, []string{"W1", "W2"}) {
		t.Errorf("got %q", got)
	}
}
