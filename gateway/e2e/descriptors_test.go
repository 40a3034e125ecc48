package e2e

import (
	"fmt"
	"net"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// descriptors returns how many file descriptors the gateway has open.
func (g *gateway) descriptors() int {
	g.t.Helper()
	open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", g.process.Pid))
	if err != nil {
		g.t.Fatal(err)
	}
	return len(open)
}

// limitDescriptors bounds the gateway's file descriptors from now on.
func (g *gateway) limitDescriptors(n int) {
	g.t.Helper()
	limit := unix.Rlimit{Cur: uint64(n), Max: uint64(n)}
	if err := unix.Prlimit(g.process.Pid, unix.RLIMIT_NOFILE, &limit, nil); err != nil {
		g.t.Fatalf("prlimit: %v", err)
	}
}

// The kernel's table of descriptors has its size from the beginning: nobody waits for
// it to grow.
func TestRoomForDescriptorsIsThereFromTheBeginning(t *testing.T) {
	t.Parallel()
	o := startOrigin(t, nil)
	g := startGateway(t, failuresConfig(o.address, o.address), gatewayOptions{})
	var limit unix.Rlimit
	if err := unix.Prlimit(g.process.Pid, unix.RLIMIT_NOFILE, nil, &limit); err != nil {
		t.Fatal(err)
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", g.process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	_, size, _ := strings.Cut(string(status), "FDSize:")
	var n uint64
	if _, err := fmt.Sscan(size, &n); err != nil || n < min(limit.Cur, 1<<16) {
		t.Errorf("room for %d descriptors of %d (%v)", n, limit.Cur, err)
	}
}

// With no descriptor left the gateway neither accepts nor connects. What is open
// goes on, and it recovers by itself when some are free again.
func TestDescriptorsRunOut(t *testing.T) {
	t.Parallel()
	o, other := startOrigin(t, nil), startOrigin(t, nil)
	g := startGateway(t, failuresConfig(o.address, other.address), gatewayOptions{env: []string{"GOMAXPROCS=1"}})
	base := "http://" + g.address["edge"]
	client := newClient(t)
	open := ask(t.Context(), client, base+"/good/gate")
	o.waitAtGate(t)
	failed := func() float64 { return g.counter("hopscope_accept_errors_total", `listener="edge"`) }
	if failed() != 0 {
		t.Fatal("failures to accept before there were any")
	}

	g.limitDescriptors(g.descriptors() + 4)
	var crowd []net.Conn
	defer func() {
		for _, c := range crowd {
			c.Close()
		}
	}()
	eventually(t, "failures to accept", func() (bool, string) {
		c, err := net.Dial("tcp", g.address["edge"])
		if err == nil {
			crowd = append(crowd, c)
		}
		return failed() >= 2, fmt.Sprintf("%d connections, %d descriptors", len(crowd), g.descriptors())
	})
	g.waitLog("accepting failed")

	// An open connection goes on, with new streams on it.
	for range 10 {
		if r := wait(t, "a request on an open connection", ask(t.Context(), client, base+"/good/")); r.status != 200 {
			t.Errorf("on an open connection: %+v", r)
		}
	}
	// No connection can be had to another origin: that is said, and why in the log.
	for range 10 {
		r := wait(t, "a request that needs a connection", ask(t.Context(), client, base+"/dead/"))
		if r.status != 503 || !strings.Contains(r.body, "cannot connect") {
			t.Errorf("without a descriptor for the origin: %+v", r)
		}
	}
	if line := g.waitLog("endpoint cannot be reached"); !strings.Contains(line, "too many open files") {
		t.Errorf("the log says %s", line)
	}
	if other.connections.Load() != 0 {
		t.Error("it did connect")
	}

	for _, c := range crowd {
		c.Close()
	}
	eventually(t, "a new connection served", func() (bool, string) {
		r := wait(t, "a request on a new connection", ask(t.Context(), newClient(t), base+"/good/"))
		return r.status == 200, fmt.Sprintf("%+v", r)
	})
	eventually(t, "a new connection to an origin", func() (bool, string) {
		r := wait(t, "a request that needs a connection", ask(t.Context(), client, base+"/dead/"))
		return r.status == 200, fmt.Sprintf("%+v", r)
	})
	close(o.gate)
	if r := wait(t, "the stream that was open", open); r.body != "before, after" {
		t.Errorf("the stream that was open: %+v", r)
	}
}
