package e2e

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// originVariable has this program be an origin at the address that it holds, so
// that a test can kill one.
const originVariable = "HOPSCOPE_E2E_ORIGIN"

func TestMain(m *testing.M) {
	if address := os.Getenv(originVariable); address != "" {
		fmt.Fprintln(os.Stderr, beOrigin(address))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// beOrigin serves until the process is killed. It writes the x-id of a request to
// standard output before it does anything for it.
func beOrigin(address string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	fmt.Println("listening", listener.Addr())
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	var mu sync.Mutex
	server := &http.Server{
		Protocols: protocols,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			_, _ = fmt.Println(r.Header.Get("x-id"))
			mu.Unlock()
			time.Sleep(5 * time.Millisecond) // the work
			_, _ = fmt.Fprint(w, "done")
		}),
	}
	return server.Serve(listener)
}

// processed counts how often origins began with a request, by its id.
type processed struct {
	mu    sync.Mutex
	times map[string]int // guarded by mu
}

func (p *processed) add(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.times == nil {
		p.times = make(map[string]int)
	}
	p.times[id]++
}

// originProcess is an origin in a process of its own.
type originProcess struct {
	t       testing.TB
	address string
	seen    *processed
	cmd     *exec.Cmd
	read    sync.WaitGroup
}

// startProcess runs an origin until the test ends; address may be that of one
// before it.
func startProcess(t testing.TB, address string, seen *processed) *originProcess {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &originProcess{t: t, seen: seen, cmd: exec.Command(program)}
	p.cmd.Env = append(os.Environ(), originVariable+"="+address)
	p.cmd.Stderr = os.Stderr
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	ready := make(chan string, 1)
	p.read.Go(func() {
		defer close(ready)
		for lines.Scan() {
			if rest, ok := strings.CutPrefix(lines.Text(), "listening "); ok {
				ready <- rest
			} else {
				seen.add(lines.Text())
			}
		}
	})
	t.Cleanup(p.kill)
	select {
	case p.address = <-ready:
	case <-time.After(patience):
	}
	if p.address == "" {
		t.Fatalf("the origin process does not listen on %s", address)
	}
	return p
}

// kill ends the process at once; what it began with until then is counted.
func (p *originProcess) kill() {
	if p.cmd.ProcessState != nil {
		return
	}
	_ = p.cmd.Process.Kill()
	p.read.Wait()
	_ = p.cmd.Wait() // it was killed
}
