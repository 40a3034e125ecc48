package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// suite makes a command of the lab run on the project's own.
func suite(args ...string) []string {
	return append([]string{"rules"}, append(args, "--suite", filepath.Join("..", "..", "rules_test"))...)
}

func TestExplainSaysWhyAnAlertFires(t *testing.T) {
	code, out, errs := hoplab(t, suite("explain", "dead-replica", "HopscopeEndpointUnreachable", "--at", "1m50s")...)
	if code != exitOK || errs != "" {
		t.Fatalf("exit %d, %s", code, errs)
	}
	for _, want := range []string{
		"HopscopeEndpointUnreachable on dead-replica after 1m50s (as asked for): firing", "\n  why: ", " > 0", "└─ recorded after 1m50s as sum by",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	code, out, errs = hoplab(t, suite("explain", "dead-replica")...)
	if code != exitOK || !strings.Contains(out, "-- fault on") || !strings.Contains(out, "firing   HopscopeEndpointUnreachable") {
		t.Errorf("exit %d, %s, %s", code, out, errs)
	}
}

func TestTimelinesAndReportAreWritten(t *testing.T) {
	code, out, errs := hoplab(t, suite("timeline", "dead-replica", "--width", "80")...)
	if code != exitOK || !strings.Contains(out, "● HopscopeEndpointUnreachable fires") || strings.Contains(out, "\x1b") {
		t.Errorf("exit %d, %s, %s", code, out, errs)
	}
	dir := t.TempDir()
	page := filepath.Join(dir, "sub", "report.html")
	code, out, errs = hoplab(t, suite("report", "dead-replica", "healthy", "--phases", "1", "--out", page)...)
	if code != exitOK || !strings.Contains(out, page+": 2 scenarios, ") {
		t.Fatalf("exit %d, %s, %s", code, out, errs)
	}
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"users-2 has closed its listener", "for: for: 1m becomes", "every verdict as expected"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q is not on the page", want)
		}
	}
}

func TestWrongUseOfTheLabIsExplained(t *testing.T) {
	for line, want := range map[string]string{
		"explain healthy HopscopeDwon":           `healthy: there is no alert "HopscopeDwon"; there are HopscopeDown,`,
		"explain HopscopeDown":                   "want a scenario with HopscopeDown",
		"explain healthy --at 1m":                "--at 1m0s: want an alert's name with it",
		"explain healthy HopscopeDown --at soon": `invalid value "soon" for flag -at`,
		"explain healthy HopscopeDown --at 5h":   "5h0m0s is no moment of the recording: want 0s to",
		"explain helthy":                         `there is no scenario "helthy"`,
		"timeline healthy --width 5000":          "--width 5000: want 0 to 1000",
		"timeline healthy --phases 0":            "--phases 0: want 1 to 1000",
		"report healthy --phases 0":              "--phases 0: want 1 to 1000",
	} {
		code, _, errs := hoplab(t, suite(strings.Fields(line)...)...)
		if code == exitOK || !strings.Contains(errs, want) {
			t.Errorf("hoplab rules %s: exit %d, %q lacks %q", line, code, errs, want)
		}
	}
}
