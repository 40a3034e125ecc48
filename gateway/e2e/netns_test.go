package e2e

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"
)

// network is a network namespace for a gateway, and further ones that are linked
// to it by a wire each. Packets on a wire can be dropped without either end being
// told. All of it goes with the test.
type network struct {
	t     testing.TB
	space namespace // the gateway's
	wires int
}

// namespace is the name of a network namespace, as ip-netns(8) has it; "": the
// one that the test runs in.
type namespace string

var namespaces atomic.Int64

func newNetwork(t testing.TB) *network {
	t.Helper()
	return &network{t: t, space: newNamespace(t)}
}

func newNamespace(t testing.TB) namespace {
	t.Helper()
	s := namespace(fmt.Sprintf("hopscope-%d-%d", os.Getpid(), namespaces.Add(1)))
	ip(t, "netns", "add", string(s))
	t.Cleanup(func() {
		if out, err := exec.Command(tool(t, "ip"), "netns", "del", string(s)).CombinedOutput(); err != nil {
			t.Errorf("ip netns del %s: %v\n%s", s, err, out)
		}
	})
	ip(t, "-n", string(s), "link", "set", "lo", "up")
	return s
}

// ip runs ip(8), which needs root.
func ip(t testing.TB, args ...string) {
	t.Helper()
	if out, err := exec.Command(tool(t, "ip"), args...).CombinedOutput(); err != nil {
		t.Fatalf("ip %s: %v: network namespaces need root and veth\n%s", strings.Join(args, " "), err, out)
	}
}

// do calls f on a thread that is in the namespace. Sockets that f opens stay there.
func (s namespace) do(f func() error) error {
	if s == "" {
		return f()
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	home, err := os.Open(fmt.Sprintf("/proc/self/task/%d/ns/net", unix.Gettid()))
	if err != nil {
		return err
	}
	defer home.Close()
	there, err := os.Open(filepath.Join("/run/netns", string(s)))
	if err != nil {
		return err
	}
	defer there.Close()
	if err := unix.Setns(int(there.Fd()), unix.CLONE_NEWNET); err != nil {
		return err
	}
	defer func() {
		if err := unix.Setns(int(home.Fd()), unix.CLONE_NEWNET); err != nil {
			panic(err) // the thread would take others of the process into the namespace
		}
	}()
	return f()
}

// dial connects from within the namespace to an IP address and port.
func (s namespace) dial(ctx context.Context, network, address string) (nc net.Conn, err error) {
	err = s.do(func() error {
		nc, err = new(net.Dialer).DialContext(ctx, network, address)
		return err
	})
	return nc, err
}

// command is what runs a program in the namespace, to stand before its own.
func (s namespace) command(t testing.TB) []string {
	if s == "" {
		return nil
	}
	return []string{tool(t, "ip"), "netns", "exec", string(s)}
}

func (s namespace) listen(t testing.TB, address string) net.Listener {
	t.Helper()
	var l net.Listener
	err := s.do(func() (err error) {
		l, err = net.Listen("tcp", address)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// unacknowledged returns how many TCP connections of the namespace have bytes on
// their way.
func (s namespace) unacknowledged(t testing.TB) (n int) {
	t.Helper()
	err := s.do(func() error {
		table, err := os.ReadFile("/proc/thread-self/net/tcp")
		for line := range strings.Lines(string(table)) {
			// sl, local, remote, state (01: established), tx_queue:rx_queue in hexadecimal
			if f := strings.Fields(line); len(f) > 4 && f[3] == "01" && !strings.HasPrefix(f[4], "00000000:") {
				n++
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// wire is a link between the gateway's namespace and one of its own.
type wire struct {
	network *network
	space   namespace // at the far end
	device  string    // its name at the near end; at the far end it is "wire"
	near    string    // address of the gateway
	far     string
}

func (n *network) wire() *wire {
	n.t.Helper()
	n.wires++
	w := &wire{
		network: n, space: newNamespace(n.t), device: fmt.Sprintf("wire%d", n.wires),
		near: fmt.Sprintf("10.77.%d.1", n.wires), far: fmt.Sprintf("10.77.%d.2", n.wires),
	}
	ip(n.t, "link", "add", w.device, "netns", string(n.space), "type", "veth", "peer", "name", "wire", "netns", string(w.space))
	ip(n.t, "-n", string(n.space), "address", "add", w.near+"/30", "dev", w.device)
	ip(n.t, "-n", string(w.space), "address", "add", w.far+"/30", "dev", "wire")
	ip(n.t, "-n", string(n.space), "link", "set", w.device, "up")
	ip(n.t, "-n", string(w.space), "link", "set", "wire", "up")
	return w
}

// cut has every packet dropped, both ways: they are addressed to a station that
// is not there. Neither system is told.
func (w *wire) cut() {
	w.network.t.Helper()
	const nobody = "02:00:00:00:00:00"
	ip(w.network.t, "-n", string(w.network.space), "neighbour", "replace", w.far, "lladdr", nobody, "dev", w.device, "nud", "permanent")
	ip(w.network.t, "-n", string(w.space), "neighbour", "replace", w.near, "lladdr", nobody, "dev", "wire", "nud", "permanent")
}

// mend ends a cut.
func (w *wire) mend() {
	w.network.t.Helper()
	ip(w.network.t, "-n", string(w.network.space), "neighbour", "delete", w.far, "dev", w.device)
	ip(w.network.t, "-n", string(w.space), "neighbour", "delete", w.near, "dev", "wire")
}
