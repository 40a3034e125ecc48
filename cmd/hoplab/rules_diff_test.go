package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

func TestDiffTellsOfAlertsWhoseFileIsGone(t *testing.T) {
	dir := smallLab(t)
	gone := filepath.Join(dir, "gone.rules.yml")
	if err := os.WriteFile(gone, []byte("groups: [{name: gone, rules: [{alert: Lost, expr: x > 2}]}]"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"init", "-q"}, {"add", "."}, {"commit", "-qm", "before"}} {
		args = append([]string{"-C", dir, "-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false"}, args...)
		if out, err := exec.CommandContext(t.Context(), "git", args...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v: %s", args, err, out)
		}
	}
	if err := os.Remove(gone); err != nil {
		t.Fatal(err)
	}
	want := "synthetic: high\n  Lost: fires after 5s -> no such alert\n1 verdicts change in 1 scenarios, 0 break an expectation\n"
	if code, out, errs := hoplab(t, "rules", "diff", "HEAD", "--suite", dir); code != exitOK || out != want {
		t.Errorf("exit %d, %q, %q; want %q", code, out, errs, want)
	}
}
