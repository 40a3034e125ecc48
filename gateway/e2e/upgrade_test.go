package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// adopt makes the test the parent of processes whose parent has ended, so that
// it can wait for a gateway that another gateway started.
var adopt = sync.OnceValue(func() error { return unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) })

// upgrade has the gateway replace itself. It returns the new process, which is
// stopped at the test's end; g is the old one, which drains.
func (g *gateway) upgrade() *gateway {
	g.t.Helper()
	if err := adopt(); err != nil {
		g.t.Fatal(err)
	}
	from := g.logLines()
	g.signal(syscall.SIGUSR2)
	var done struct {
		PID int `json:"new_pid"`
	}
	if err := json.Unmarshal([]byte(g.waitLogFrom(from, "upgrade succeeded; this process drains")), &done); err != nil {
		g.t.Fatal(err)
	}
	next := &gateway{
		t: g.t, config: g.config, space: g.space, pages: g.pages,
		exited: make(chan struct{}), replaced: make(chan struct{}), gatewayLog: g.gatewayLog,
	}
	next.ready(from)
	var err error
	if next.process, err = os.FindProcess(done.PID); err != nil {
		g.t.Fatal(err)
	}
	close(g.replaced)
	go func() {
		defer close(next.exited)
		<-g.exited // only then it is the test's child
		state, err := next.process.Wait()
		switch {
		case err == nil:
			next.state = state
		case errors.Is(err, syscall.ECHILD):
			// It ended first, and its parent has waited for it. Its status is unknown.
		default:
			g.t.Errorf("process %d cannot be waited for: %v", done.PID, err)
		}
		select {
		case <-next.ended:
		case <-next.replaced:
		}
	}()
	g.t.Cleanup(func() {
		g.stop()
		next.stop()
	})
	return next
}

// openFiles returns how many descriptors the process has.
func (g *gateway) openFiles() int {
	g.t.Helper()
	list, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", g.process.Pid))
	if err != nil {
		g.t.Fatal(err)
	}
	return len(list)
}

// install makes a path lead to a program, as an installation of a new version
// does.
func install(t *testing.T, path, program string) {
	t.Helper()
	if err := os.Symlink(program, path+".next"); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".next", path); err != nil {
		t.Fatal(err)
	}
}

// script writes a shell script.
func script(t *testing.T, text string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func wantAnswer(t testing.TB, g *gateway) {
	t.Helper()
	for _, version := range []string{"--http2-prior-knowledge", "--http1.1"} {
		out, status := run(t, patience, "curl", "-sS", "--max-time", "20", version, "http://"+g.address["edge"]+"/")
		if status != 0 || out != "hello from the origin\n" {
			t.Errorf("curl %s: exit status %d, %q", version, status, out)
		}
	}
}

// The new process has the old one's sockets and nothing else of it, and hands on
// no more than it was given.
func TestUpgradeHandsOverTheSockets(t *testing.T) {
	o := startOrigin(t, nil)
	first := startGateway(t, twoListenerConfig(t, newAuthority(t), o.address))
	g, files := first, 0
	for n := range 3 {
		old := g
		g = g.upgrade()
		for name, address := range first.address {
			if g.address[name] != address {
				t.Errorf("listener %s moved from %s to %s", name, address, g.address[name])
			}
		}
		if g.admin != first.admin {
			t.Errorf("the admin server moved from %s to %s", first.admin, g.admin)
		}
		if status := old.waitExit(); status != 0 {
			t.Errorf("the old process ended with %d:\n%s", status, g.logTail())
		}
		wantAnswer(t, g)
		eventually(t, "two requests counted since the upgrade", func() (bool, string) {
			served := g.counter("hopscope_requests_total")
			return served == 2, fmt.Sprint(served)
		})
		environ, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", g.process.Pid))
		if err != nil {
			t.Fatal(err)
		}
		if c := bytes.Count(environ, []byte("HOPSCOPE_UPGRADE=")); c != 1 {
			t.Errorf("the variable is %d times in the environment", c)
		}
		eventually(t, "the descriptors of the requests are closed", func() (bool, string) {
			now := g.openFiles()
			if n == 0 {
				// What the first replacement settles at is what every one has.
				files = now
			}
			return now <= files, fmt.Sprintf("%d, the first one had %d", now, files)
		})
	}
}

func TestUpgradeTakesTheNewConfiguration(t *testing.T) {
	o := startOrigin(t, nil)
	g := startGateway(t, plainConfig(o.address))
	edge := g.address["edge"]
	config := strings.Replace(prefixed(o.address, "/only/"), "upstreams:", "  - {name: second, address: \"127.0.0.1:0\"}\nupstreams:", 1)
	next := strings.NewReplacer("name: edge", "name: edge\n    trace_trust: new").Replace(config)
	g.writeConfig(next)
	g = g.upgrade()
	if g.address["edge"] != edge || g.address["second"] == "" {
		t.Fatalf("listeners %v, edge was %s", g.address, edge)
	}
	for path, status := range map[string]int{"/only/this": 200, "/": 404} {
		if got := curl(t, "http://"+g.address["second"]+path); got.status != status {
			t.Errorf("%s: %d, want %d", path, got.status, status)
		}
	}
	// The other way round: what is not in the file any more is not listened on.
	second := g.address["second"]
	g.writeConfig(plainConfig(o.address))
	old := g
	g = g.upgrade()
	old.waitExit()
	if c, err := net.Dial("tcp", second); err == nil {
		_ = c.Close()
		t.Error("a listener that is not configured still accepts")
	}
	wantAnswer(t, g)
}

// A process that does not come up costs nothing but a line in the log.
func TestUpgradeThatFailsLeavesTheOldProcess(t *testing.T) {
	o := startOrigin(t, nil)
	// The program is installed as a link, and what it leads to changes.
	program := filepath.Join(t.TempDir(), "hopscope")
	install(t, program, gatewayBinary(t))
	good := plainConfig(o.address)
	g := startGateway(t, good, gatewayOptions{program: program})
	for name, c := range map[string]struct {
		program, config, why string
	}{
		"a configuration with problems":  {gatewayBinary(t), plainConfig(o.address, "surprise: true"), "exit status 1"},
		"an address that is not ours":    {gatewayBinary(t), strings.Replace(good, "127.0.0.1:0", "192.0.2.1:80", 1), "exit status 1"},
		"no program":                     {filepath.Join(t.TempDir(), "nothing"), good, "no such file"},
		"a program that is another":      {script(t, "exit 0"), good, "exit status 0"},
		"a program that ends badly":      {script(t, "kill -ABRT $$"), good, "signal: aborted"},
		"a program that closes the pipe": {script(t, "exec 3>&-; exit 3"), good, "exit status 3"},
	} {
		t.Run(name, func(t *testing.T) {
			install(t, program, c.program)
			g.writeConfig(c.config)
			from := g.logLines()
			g.signal(syscall.SIGUSR2)
			if line := g.waitLogFrom(from, "upgrade failed; this process goes on serving"); !strings.Contains(line, c.why) || !strings.Contains(line, `"ERROR"`) {
				t.Errorf("the log does not say %q at level error: %s", c.why, line)
			}
			g.writeConfig(good)
			wantAnswer(t, g)
			if body, status := g.adminGet("/readyz", ""); status != 200 {
				t.Errorf("/readyz: %d %s", status, body)
			}
		})
	}
	install(t, program, gatewayBinary(t))
	g = g.upgrade()
	wantAnswer(t, g)
}

// While one upgrade is under way a second is refused, and the end of the process
// ends what it has started.
func TestOneUpgradeAtATime(t *testing.T) {
	o := startOrigin(t, nil)
	program := filepath.Join(t.TempDir(), "hopscope")
	install(t, program, gatewayBinary(t))
	g := startGateway(t, plainConfig(o.address), gatewayOptions{program: program})
	install(t, program, script(t, "exec sleep 1000"))
	g.signal(syscall.SIGUSR2)
	g.waitLog("upgrade began")
	g.signal(syscall.SIGUSR2)
	g.waitLog("upgrade refused: one is under way")
	wantAnswer(t, g)
	g.signal(syscall.SIGTERM)
	g.waitLog("upgrade failed; this process goes on serving")
	if status := g.waitExit(); status != 0 { // all who hold its standard error have ended
		t.Errorf("exit status %d", status)
	}
}

// The first process of a container cannot be replaced: all others end with it.
func TestUpgradeOfAContainersFirstProcessIsRefused(t *testing.T) {
	o := startOrigin(t, nil)
	g := startGateway(t, plainConfig(o.address), gatewayOptions{namespaces: syscall.CLONE_NEWPID})
	g.signal(syscall.SIGUSR2)
	g.waitLog("upgrade refused: this process is the first of its container, which would end with it; replace the container")
	wantAnswer(t, g)
}

// A service manager that waits for it is told who serves.
func TestServiceManagerIsTold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = socket.Close() })
	_ = socket.SetReadDeadline(time.Now().Add(patience))
	next := func() string {
		buf := make([]byte, 100)
		n, err := socket.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		return string(buf[:n])
	}
	o := startOrigin(t, nil)
	g := startGateway(t, plainConfig(o.address), gatewayOptions{env: []string{"NOTIFY_SOCKET=" + path}})
	if got := next(); got != "READY=1" {
		t.Errorf("at the start: %q", got)
	}
	g = g.upgrade()
	// Of two processes: in any order.
	got := map[string]bool{next(): true, next(): true}
	if pid := fmt.Sprintf("MAINPID=%d", g.process.Pid); !got["READY=1"] || !got[pid] {
		t.Errorf("at the upgrade: %v, want READY=1 and %s", got, pid)
	}
	g.signal(syscall.SIGTERM)
	if got := next(); got != "STOPPING=1" {
		t.Errorf("at the end: %q", got)
	}
	if status := g.waitExit(); status != 0 {
		t.Errorf("exit status %d", status)
	}
}
