package main

import (
	"slices"
	"strings"
	"testing"
)

func TestWrongBenchmarksSayWhatThereIs(t *testing.T) {
	for line, want := range map[string]string{
		"--only W1,W3":                `no workload "W3"; they are W1, W2,`,
		"--proxies caddy":             `no proxy "caddy"; they are hopscope,`,
		"--rounds 0":                  "want at least 1",
		"--gateway /nowhere/hopscope": "start /nowhere/hopscope (make bench installs what is missing)",
	} {
		code, _, errs := hoplab(t, append([]string{"bench"}, strings.Fields(line)...)...)
		if code != exitFailure || !strings.Contains(errs, want) {
			t.Errorf("%s: exit %d, %q lacks %q", line, code, errs, want)
		}
	}
	if code, _, errs := hoplab(t, "bench", "reverse-proxy"); code != exitFailure || !strings.Contains(errs, "started by hoplab bench") {
		t.Errorf("exit %d, %q", code, errs)
	}
}

func TestListsAreSplitAtCommas(t *testing.T) {
	if got := list(""); got != nil {
		t.Errorf("of nothing: %q", got)
	}
	if got := list("W1,W2"); !slices.Equal(got, []string{"W1", "W2"}) {
		t.Errorf("got %q", got)
	}
}
