// Package benchtest is what the tests of the benchmarks share.
package benchtest

import (
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

// Children returns the ids of the processes that this one has started.
func Children(t *testing.T) string {
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
