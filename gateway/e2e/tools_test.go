package e2e

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// root returns the top of the work tree.
func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("no go.mod above the test's folder")
		}
		dir = parent
	}
}

// tool returns the path of a program that the tests drive, or fails naming the
// target that installs it.
func tool(t testing.TB, name string) string {
	t.Helper()
	local := filepath.Join(root(t), ".cache", "bin", name)
	if _, err := os.Stat(local); err == nil {
		return local
	}
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%s is neither in .cache/bin nor on PATH: run make tools e2e-tools", name)
	}
	return path
}

var built struct {
	once sync.Once
	path string
	err  error
}

// gatewayBinary returns the program under test.
func gatewayBinary(t testing.TB) string {
	t.Helper()
	if path := os.Getenv("HOPSCOPE_BIN"); path != "" {
		// Also makes a cached result depend on the file.
		if _, err := os.Stat(path); err != nil {
			t.Fatalf("HOPSCOPE_BIN: %v: run make build", err)
		}
		return path
	}
	top := root(t)
	built.once.Do(func() {
		// Outlives the test that happens to build it; the linker is skipped when
		// nothing changed.
		built.path = filepath.Join(top, ".cache", "bin", "hopscope-e2e")
		if built.err = os.MkdirAll(filepath.Dir(built.path), 0o755); built.err != nil {
			return
		}
		build := exec.Command("go", "build", "-o", built.path, "./cmd/hopscope")
		build.Dir = top
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			built.err = fmt.Errorf("%w\n%s", err, out)
		}
	})
	if built.err != nil {
		t.Fatalf("go build ./cmd/hopscope: %v", built.err)
	}
	return built.path
}

// run runs a client program to its end and returns what it wrote and its exit
// status. It fails the test if the program cannot be started or outlives limit.
func run(t testing.TB, limit time.Duration, name string, args ...string) (output string, status int) {
	t.Helper()
	output, status, err := tryRun(t.Context(), limit, tool(t, name), args...)
	if err != nil {
		t.Fatal(err)
	}
	return output, status
}

// tryRun is run for other goroutines than the test's.
func tryRun(ctx context.Context, limit time.Duration, program string, args ...string) (output string, status int, err error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.WaitDelay = time.Second
	err = cmd.Run()
	switch {
	case ctx.Err() != nil:
		return out.String(), -1, fmt.Errorf("%s %s: not done after %v\n%s",
			program, strings.Join(args, " "), limit, tail(out.String()))
	case cmd.ProcessState == nil:
		return "", -1, fmt.Errorf("%s: %w", program, err)
	}
	return out.String(), cmd.ProcessState.ExitCode(), nil
}

// tail returns the last lines of a long output.
func tail(s string) string {
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	if n := len(lines); n > 40 {
		lines = lines[n-40:]
	}
	return strings.Join(lines, "\n")
}
