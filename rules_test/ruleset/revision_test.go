package ruleset

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// repository is an empty git repository of its own.
func repository(t *testing.T) (dir string, git func(args ...string)) {
	t.Helper()
	dir = t.TempDir()
	git = func(args ...string) {
		t.Helper()
		args = append([]string{"-C", dir, "-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false"}, args...)
		if out, err := exec.CommandContext(t.Context(), "git", args...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v: %s", args, err, out)
		}
	}
	git("init", "-q")
	return dir, git
}

func write(t *testing.T, file, alert string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	text := "groups: [{name: g, rules: [{alert: " + alert + ", expr: up == 0}]}]"
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestAtRevisionFindsFilesThatAreGone(t *testing.T) {
	repo, git := repository(t)
	write(t, filepath.Join(repo, "alerts/a.rules.yml"), "Stays")
	write(t, filepath.Join(repo, "alerts/b.rules.yml"), "Renamed")
	write(t, filepath.Join(repo, "alerts/c.rules.yml"), "Deleted")
	write(t, filepath.Join(repo, "alerts/deep/d.rules.yml"), "Deeper")
	write(t, filepath.Join(repo, "old/e.rules.yml"), "Folder")
	git("add", ".")
	git("commit", "-qm", "before")
	git("mv", "alerts/b.rules.yml", "alerts/new.rules.yml")
	git("rm", "-q", "alerts/c.rules.yml", "old/e.rules.yml")
	write(t, filepath.Join(repo, "alerts/new.rules.yml"), "New")
	for _, tc := range []struct {
		patterns, want []string
	}{
		{[]string{"alerts/*.rules.yml"}, []string{"Stays", "Renamed", "Deleted"}},
		{[]string{"alerts/[ab].rules.yml", "alerts/a*.yml"}, []string{"Stays", "Renamed"}},
		{[]string{"old/../old/*.yml", "alerts/a.rules.yml"}, []string{"Stays", "Folder"}},
		{[]string{"*/*.rules.yml"}, []string{"Stays", "Renamed", "Deleted", "Folder"}},
	} {
		var patterns []string
		for _, p := range tc.patterns {
			patterns = append(patterns, filepath.Join(repo, p))
		}
		set, err := AtRevision(t.Context(), "HEAD", patterns)
		if err != nil {
			t.Errorf("%v: %v", tc.patterns, err)
		} else if got := set.Alerts(); !slices.Equal(got, tc.want) {
			t.Errorf("%v: got %v, want %v", tc.patterns, got, tc.want)
		}
	}
}

func TestAtRevisionSaysWhatItDoesNotFind(t *testing.T) {
	repo, git := repository(t)
	write(t, filepath.Join(repo, "a.rules.yml"), "A")
	git("add", ".")
	git("commit", "-qm", "before")
	for _, tc := range []struct{ revision, pattern, want string }{
		{"HEAD", filepath.Join(repo, "*.yaml"), "revision HEAD has none of the rule files " + repo + "/*.yaml"},
		{"nowhere", filepath.Join(repo, "*.yml"), "/*.yml in revision nowhere: git ls-tree"},
		{"HEAD", filepath.Join(t.TempDir(), "*.yml"), "not a git repository"},
	} {
		if _, err := AtRevision(t.Context(), tc.revision, []string{tc.pattern}); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s %s: error %v, want %q", tc.revision, tc.pattern, err, tc.want)
		}
	}
}
