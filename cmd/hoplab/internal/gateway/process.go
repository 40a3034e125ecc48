package gateway

import (
	"bufio"
	"context"
	"encoding/json"
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
	// readyTimeout bounds how long the program may take to listen.
	readyTimeout = 20 * time.Second
	// stopTimeout is how long a drain may take before the process is killed:
	// more than the drain grace that the demo configures.
	stopTimeout = 10 * time.Second
	// maxLine bounds a line of the log in bytes.
	maxLine = 1 << 20
	// lastLines is how many of the latest lines an error shows.
	lastLines = 5
)

// Process is a running gateway.
type Process struct {
	// Listeners maps the configured names to the bound addresses.
	Listeners map[string]string
	// Admin is the bound address of the admin server.
	Admin string

	cmd    *exec.Cmd
	exited chan struct{} // closed once the process is gone and its log read
	err    error         // of the exit; set before exited is closed
	tail   tail
}

// WriteConfig writes dir/hopscope.yaml at once and returns its path; a gateway
// that runs on it takes the change within two seconds, or refuses it.
func WriteConfig(dir, config string) (string, error) {
	file := filepath.Join(dir, "hopscope.yaml")
	fresh := file + ".new"
	if err := errors.Join(os.WriteFile(fresh, []byte(config), 0o600), os.Rename(fresh, file)); err != nil {
		return "", fmt.Errorf("gateway configuration: %w", err)
	}
	return file, nil
}

// Start writes config to dir/hopscope.yaml, runs binary on it, adds its log to
// dir/gateway.log and returns once it is ready. The error of a program that
// ends before that shows the end of its log.
func Start(ctx context.Context, binary, config, dir string) (*Process, error) {
	file, err := WriteConfig(dir, config)
	if err != nil {
		return nil, err
	}
	log, err := os.OpenFile(filepath.Join(dir, "gateway.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("gateway log: %w", err)
	}
	p := &Process{cmd: exec.Command(binary, "serve", "--config", file), exited: make(chan struct{})}
	p.cmd.SysProcAttr = ownGroup()
	stderr, err := p.cmd.StderrPipe()
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		log.Close()
		return nil, fmt.Errorf("start the gateway %s (make build makes it, --gateway names another): %w", binary, err)
	}
	ready := make(chan readyLine, 1)
	go func() {
		p.read(stderr, log, ready)
		p.err = p.cmd.Wait()
		log.Close()
		close(p.exited)
	}()
	if err := p.waitReady(ctx, ready); err != nil {
		return nil, errors.Join(err, p.kill())
	}
	return p, nil
}

// readyLine is the line of the log that names the bound addresses.
type readyLine struct {
	Message   string            `json:"msg"`
	Listeners map[string]string `json:"listeners"`
	Admin     string            `json:"admin"`
}

func (p *Process) waitReady(ctx context.Context, ready <-chan readyLine) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	select {
	case r := <-ready:
		p.Listeners, p.Admin = r.Listeners, r.Admin
		return nil
	case <-p.exited:
		return p.Err()
	case <-ctx.Done():
		return fmt.Errorf("the gateway is not ready: %w; its log ends with:\n%s", ctx.Err(), p.tail.String())
	}
}

// read copies the log until the process closes it.
func (p *Process) read(r io.Reader, log io.Writer, ready chan<- readyLine) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	told := false
	for lines.Scan() {
		fmt.Fprintf(log, "%s\n", lines.Bytes())
		p.tail.add(lines.Text())
		if told {
			continue
		}
		var l readyLine
		if json.Unmarshal(lines.Bytes(), &l) == nil && l.Message == "ready" && len(l.Listeners) > 0 {
			ready <- l
			told = true
		}
	}
	_, _ = io.Copy(log, r) // a line beyond maxLine must not block the gateway
}

// Exited is closed once the process is gone.
func (p *Process) Exited() <-chan struct{} { return p.exited }

// PID returns the process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Err says how the process ended, with the end of its log. Call it once Exited
// is closed.
func (p *Process) Err() error {
	return fmt.Errorf("the gateway ended (%s); its log ends with:\n%s", p.cmd.ProcessState, p.tail.String())
}

// Pause stops the process where it is, with SIGSTOP: it keeps its sockets and
// does nothing.
func (p *Process) Pause() error {
	if err := p.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		return fmt.Errorf("pause the gateway: %w", err)
	}
	return nil
}

// Resume lets a paused process go on; one that runs does so anyway.
func (p *Process) Resume() error {
	if err := p.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		return fmt.Errorf("resume the gateway: %w", err)
	}
	return nil
}

// Kill ends the process at once, as a crash would, and returns when it is gone.
func (p *Process) Kill() error { return p.kill() }

// Stop drains the gateway and returns when the process is gone. One that does
// not drain in time is killed, which is an error.
func (p *Process) Stop() error {
	select {
	case <-p.exited:
		return nil // whoever watched Exited has told why
	default:
	}
	// A paused one takes the signal once it goes on.
	if err := errors.Join(p.cmd.Process.Signal(syscall.SIGTERM), p.cmd.Process.Signal(syscall.SIGCONT)); err != nil {
		return errors.Join(fmt.Errorf("stop the gateway: %w", err), p.kill())
	}
	select {
	case <-p.exited:
		if p.err != nil {
			return p.Err()
		}
		return nil
	case <-time.After(stopTimeout):
		return errors.Join(fmt.Errorf("the gateway did not drain within %s; its log ends with:\n%s", stopTimeout, p.tail.String()), p.kill())
	}
}

func (p *Process) kill() error {
	err := p.cmd.Process.Kill()
	<-p.exited
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}

// tail keeps the latest lines of a log.
type tail struct {
	mu    sync.Mutex
	lines []string // guarded by mu
}

func (t *tail) add(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.lines) == lastLines {
		t.lines = append(t.lines[:0], t.lines[1:]...)
	}
	t.lines = append(t.lines, line)
}

// String returns the lines, indented.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.lines) == 0 {
		return "  (nothing)"
	}
	return "  " + strings.Join(t.lines, "\n  ")
}
