package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait for something that takes milliseconds on an idle
// machine.
const patience = time.Minute

// gateway is a running bin/hopscope.
type gateway struct {
	t       testing.TB
	config  string // path of its configuration file
	admin   string // host:port
	process *os.Process
	address map[string]string // listener name → host:port
	space   namespace
	pages   *http.Client // of the admin server

	exited   chan struct{} // closed when the process has ended
	state    *os.ProcessState
	replaced chan struct{} // closed when another process has taken its place

	*gatewayLog
}

// gatewayLog is what a gateway writes to standard error, and its replacements
// after it.
type gatewayLog struct {
	mu    sync.Mutex
	log   []string      // lines; guarded by mu
	new   chan struct{} // closed and replaced when log grows; guarded by mu
	ended chan struct{} // closed when every process that can write has ended
}

// gatewayOptions are the less usual wishes of a test.
type gatewayOptions struct {
	env        []string
	program    string    // instead of gatewayBinary
	namespaces uintptr   // that it gets for its own: CLONE_NEW…
	space      namespace // in which it runs
}

// startGateway writes config to a file, runs the gateway on it and waits until
// it is ready. The test's end stops it and fails if it does not end by itself.
func startGateway(t testing.TB, config string, options ...gatewayOptions) *gateway {
	t.Helper()
	g := &gateway{
		t:          t,
		config:     filepath.Join(t.TempDir(), "hopscope.yaml"),
		exited:     make(chan struct{}),
		replaced:   make(chan struct{}),
		gatewayLog: &gatewayLog{new: make(chan struct{}), ended: make(chan struct{})},
	}
	g.writeConfig(config)
	command := []string{gatewayBinary(t), "serve", "--config", g.config}
	env := os.Environ()
	attributes := &syscall.SysProcAttr{}
	for _, o := range options {
		env = append(env, o.env...)
		attributes.Cloneflags, g.space = o.namespaces, o.space
		if o.program != "" {
			command[0] = o.program
		}
	}
	command = append(g.space.command(t), command...)
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env, cmd.SysProcAttr = env, attributes
	transport := &http.Transport{DialContext: g.space.dial}
	g.pages = &http.Client{Transport: transport}
	t.Cleanup(transport.CloseIdleConnections)
	// A test that is killed takes its gateway with it.
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	stderr, theirs, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = theirs
	err = cmd.Start()
	_ = theirs.Close()
	if err != nil {
		_ = stderr.Close()
		t.Fatal(err)
	}
	g.process = cmd.Process
	go g.readLog(stderr)
	go func() {
		_ = cmd.Wait() // the state tells more than the error
		g.state = cmd.ProcessState
		select {
		case <-g.ended: // all of its log was read
		case <-g.replaced:
		}
		close(g.exited)
	}()
	t.Cleanup(g.stop)
	g.ready(0)
	return g
}

// ready waits for the log line, among those after the first, that names the bound
// addresses.
func (g *gateway) ready(from int) {
	g.t.Helper()
	line := g.waitLogFrom(from, "ready")
	var ready struct {
		Listeners map[string]string `json:"listeners"`
		Admin     string            `json:"admin"`
	}
	if err := json.Unmarshal([]byte(line), &ready); err != nil {
		g.t.Fatalf("ready line: %v: %s", err, line)
	}
	if len(ready.Listeners) == 0 || ready.Admin == "" {
		g.t.Fatalf("ready line names no listeners or no admin address: %s", line)
	}
	g.address, g.admin = ready.Listeners, ready.Admin
}

func (g *gatewayLog) readLog(r io.ReadCloser) {
	defer close(g.ended)
	defer r.Close()
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		g.mu.Lock()
		g.log = append(g.log, lines.Text())
		close(g.new)
		g.new = make(chan struct{})
		g.mu.Unlock()
	}
	_, _ = io.Copy(io.Discard, r) // an over-long line must not block the gateway
}

// logged returns the first line from index on whose msg is the given one.
func (g *gatewayLog) logged(msg string, from int) (line string, changed <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, line := range g.log[min(from, len(g.log)):] {
		var entry struct {
			Msg string `json:"msg"`
		}
		if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == msg {
			return line, g.new
		}
	}
	return "", g.new
}

// logLines returns how many lines were logged so far.
func (g *gatewayLog) logLines() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.log)
}

// waitLog waits for a log line with the given msg.
func (g *gateway) waitLog(msg string) string {
	g.t.Helper()
	return g.waitLogFrom(0, msg)
}

// waitLogFrom waits for a line with the given msg, the first lines left out.
func (g *gateway) waitLogFrom(from int, msg string) string {
	g.t.Helper()
	deadline := time.After(patience)
	for {
		line, changed := g.logged(msg, from)
		if line != "" {
			return line
		}
		select {
		case <-changed:
		case <-g.exited:
			if line, _ := g.logged(msg, from); line != "" {
				return line
			}
			g.t.Fatalf("the gateway ended (%v) without logging %q:\n%s", g.state, msg, g.logTail())
		case <-deadline:
			g.t.Fatalf("the gateway did not log %q within %v:\n%s", msg, patience, g.logTail())
		}
	}
}

func (g *gatewayLog) logTail() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return tail(strings.Join(g.log, "\n"))
}

// writeConfig replaces the configuration file in one step, so that a gateway
// that watches it never reads half of it.
func (g *gateway) writeConfig(config string) {
	g.t.Helper()
	next := g.config + ".next"
	if err := os.WriteFile(next, []byte(config), 0o600); err != nil {
		g.t.Fatal(err)
	}
	if err := os.Rename(next, g.config); err != nil {
		g.t.Fatal(err)
	}
}

func (g *gateway) signal(s syscall.Signal) {
	g.t.Helper()
	if err := g.process.Signal(s); err != nil {
		g.t.Fatalf("signal %v: %v", s, err)
	}
}

// waitExit waits for the gateway's end and returns its exit status.
func (g *gateway) waitExit() int {
	g.t.Helper()
	select {
	case <-g.exited:
		return g.state.ExitCode()
	case <-time.After(patience):
		g.t.Fatalf("the gateway did not end within %v:\n%s", patience, g.logTail())
		return -1
	}
}

// stop ends the gateway at the end of its test: two SIGTERMs, because the second
// one does not wait for streams that the test left open.
func (g *gateway) stop() {
	for range 2 {
		_ = g.process.Signal(syscall.SIGTERM) // it may have ended
	}
	select {
	case <-g.exited:
	case <-time.After(patience):
		_ = g.process.Signal(syscall.SIGABRT) // a Go program then writes its goroutines
		select {
		case <-g.exited:
		case <-time.After(patience):
			_ = g.process.Kill()
			<-g.exited
		}
		g.t.Errorf("the gateway ignored two SIGTERMs for %v:\n%s", patience, g.logTail())
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, line := range g.log {
		if strings.HasPrefix(line, "panic:") || strings.HasPrefix(line, "fatal error:") {
			g.t.Errorf("the gateway crashed:\n%s", tail(strings.Join(g.log, "\n")))
			break
		}
	}
	if g.t.Failed() {
		g.t.Logf("gateway log:\n%s", tail(strings.Join(g.log, "\n")))
	}
}

// hostPort returns the address of a listener in two parts, as the command-line
// clients want it.
func (g *gateway) hostPort(listener string) (host, port string) {
	g.t.Helper()
	address, ok := g.address[listener]
	if !ok {
		g.t.Fatalf("the gateway has no listener %q: %v", listener, g.address)
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		g.t.Fatal(err)
	}
	return host, port
}

// adminGet returns the body of an admin page and its status.
func (g *gateway) adminGet(path, accept string) (body string, status int) {
	g.t.Helper()
	req, err := http.NewRequestWithContext(g.t.Context(), "GET", "http://"+g.admin+path, nil)
	if err != nil {
		g.t.Fatal(err)
	}
	if accept != "" {
		req.Header.Set("Accept", accept)
	}
	resp, err := g.pages.Do(req)
	if err != nil {
		g.t.Fatal(err)
	}
	defer resp.Body.Close()
	all, err := io.ReadAll(resp.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	return string(all), resp.StatusCode
}

// eventually waits until done returns true. It asks often and gives up after
// patience with what the test last saw.
func eventually(t testing.TB, what string, done func() (ok bool, saw string)) {
	t.Helper()
	deadline := time.Now().Add(patience)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, saw := done()
		if ok {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %v, last saw %s", what, patience, saw)
		}
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatalf("%s: the test ended, last saw %s", what, saw)
		}
	}
}

// peakMemory returns the most resident bytes the gateway has had.
func (g *gateway) peakMemory() int64 {
	g.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", g.process.Pid))
	if err != nil {
		g.t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			if err != nil {
				g.t.Fatal(err)
			}
			return kib << 10
		}
	}
	g.t.Fatal("no VmHWM in /proc/PID/status")
	return 0
}
