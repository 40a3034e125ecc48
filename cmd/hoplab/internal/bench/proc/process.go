package proc

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	// stopTimeout is how long a process may take to end before it is killed.
	stopTimeout = 5 * time.Second
	// maxLine bounds a line of output in bytes.
	maxLine = 1 << 16
	// lastLines is how many of the latest lines an error shows.
	lastLines = 20
)

// Command is a program to run.
type Command struct {
	Path string
	Args []string
	Env  []string // added to this process's environment
	CPU  []int    // where alone it may run; nil: anywhere

	Stdin *os.File // nil: nothing
}

func (c Command) build() *exec.Cmd {
	cmd := exec.Command(c.Path, c.Args...)
	cmd.Env = append(os.Environ(), c.Env...)
	if c.Stdin != nil {
		cmd.Stdin = c.Stdin
	}
	cmd.SysProcAttr = ownGroup()
	return cmd
}

// Output runs a program to its end and returns its standard output. It is killed
// when the context ends.
func Output(ctx context.Context, c Command) (string, error) {
	cmd := c.build()
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := start(cmd, c.CPU); err != nil {
		return "", fmt.Errorf("start %s (make bench installs what is missing): %w", c.Path, err)
	}
	defer context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })()
	err := cmd.Wait()
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	if err != nil {
		return out.String(), fmt.Errorf("%s: %w: %s", filepath.Base(c.Path), err, strings.TrimSpace(errs.String()))
	}
	return out.String(), nil
}

// Process is a running program whose output is kept in part.
type Process struct {
	name   string
	cmd    *exec.Cmd
	exited chan struct{} // closed once the process is gone and its output read

	mu    sync.Mutex
	lines []string // the latest of its output; guarded by mu
}

// Start starts a program. watch, if any, is told each line of its output, one at
// a time.
func Start(c Command, watch func(line string)) (*Process, error) {
	p := &Process{name: filepath.Base(c.Path), cmd: c.build(), exited: make(chan struct{})}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	p.cmd.Stdout, p.cmd.Stderr = w, w
	err = start(p.cmd, c.CPU)
	w.Close()
	if err != nil {
		r.Close()
		return nil, fmt.Errorf("start %s (make bench builds or installs what is missing): %w", c.Path, err)
	}
	go func() {
		defer close(p.exited)
		defer r.Close()
		p.read(r, watch)
		_ = p.cmd.Wait() // ProcessState says how it ended
	}()
	return p, nil
}

func (p *Process) read(r io.Reader, watch func(string)) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		p.mu.Lock()
		if len(p.lines) == lastLines {
			p.lines = append(p.lines[:0], p.lines[1:]...)
		}
		p.lines = append(p.lines, lines.Text())
		p.mu.Unlock()
		if watch != nil {
			watch(lines.Text())
		}
	}
	_, _ = io.Copy(io.Discard, r) // a line beyond maxLine must not block the process
}

// Log returns the latest lines of the output, indented.
func (p *Process) Log() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.lines) == 0 {
		return "  (nothing)"
	}
	return "  " + strings.Join(p.lines, "\n  ")
}

// PID returns the process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Exited is closed once the process is gone.
func (p *Process) Exited() <-chan struct{} { return p.exited }

// Ended says how the process ended, with the end of its output. Call it once
// Exited is closed.
func (p *Process) Ended() error {
	return fmt.Errorf("%s ended (%s); its output ends with:\n%s", p.name, p.cmd.ProcessState, p.Log())
}

// Stop ends the process and whatever it has started, by force if they do not end
// when asked to. A process that had ended before by itself is an error.
func (p *Process) Stop() error {
	select {
	case <-p.exited:
		return p.Ended()
	default:
	}
	// Not yet waited for: the id is still that of our process group.
	err := syscall.Kill(-p.PID(), syscall.SIGTERM)
	timeout := time.NewTimer(stopTimeout)
	defer timeout.Stop()
	select {
	case <-p.exited:
		return nil
	case <-timeout.C:
	}
	if kill := syscall.Kill(-p.PID(), syscall.SIGKILL); !errors.Is(kill, syscall.ESRCH) {
		err = errors.Join(err, kill)
	}
	<-p.exited
	return err
}
