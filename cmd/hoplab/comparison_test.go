package main

import (
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

func TestListsAreSplitAtCommas(t *testing.T) {
	if got := list(""); got != nil {
		t.Errorf("of nothing: %q", got)
	}
	if got := list("W1,W2"); !slices.Equal(got, []string{"W1", "W2"}) {
		t.Errorf("got %q", got)
	}
}
