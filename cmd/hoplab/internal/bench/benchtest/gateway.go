// Package benchtest is what the tests of the benchmarks share.
package benchtest

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Gateway returns the program under test: $HOPSCOPE_BIN, or one built now.
func Gateway(t *testing.T) string {
	t.Helper()
	if bin := os.Getenv("HOPSCOPE_BIN"); bin != "" {
		return bin
	}
	bin := filepath.Join(t.TempDir(), "hopscope")
	build := exec.Command("go", "build", "-o", bin, "github.com/hopscope/hopscope/cmd/hopscope")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the gateway: %v\n%s", err, out)
	}
	return bin
}

// Workplace gives the test a directory for temporary files. What it returns fails
// the test if something is left there or still runs.
func Workplace(t *testing.T) (left func()) {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	return func() {
		t.Helper()
		if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
		if running := children(t); running != "" {
			t.Errorf("still run: %s", running)
		}
	}
}

// Interruption takes progress and cancels with the first that holds a text.
type Interruption struct {
	At     string
	Cancel context.CancelFunc
}

// Write implements [io.Writer].
func (i Interruption) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(i.At)) {
		i.Cancel()
	}
	return len(p), nil
}

// children returns the ids of the processes that this one has started.
func children(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob("/proc/self/task/*/children")
	if err != nil || len(files) == 0 {
		t.Fatalf("no list of children, %v", err)
	}
	var all []byte
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // the thread is gone
		}
		all = append(all, text...)
	}
	return string(all)
}
