package e2e

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// nameServer is a name server that knows one name, for a network namespace whose
// resolv.conf names it.
type nameServer struct {
	mu        sync.Mutex
	addresses []string         // of every name; guarded by mu
	failure   dnsmessage.RCode // instead; guarded by mu
	silent    bool             // no answer at all; guarded by mu
	asked     int              // guarded by mu
}

func startNameServer(t *testing.T, n *network) *nameServer {
	t.Helper()
	// ip-netns(8): what is there stands for the file in /etc.
	dir := filepath.Join("/etc/netns", string(n.space))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = os.RemoveAll(dir)
		_ = os.Remove("/etc/netns") // if it is empty
	})
	resolv := []byte("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
	if err := os.WriteFile(filepath.Join(dir, "resolv.conf"), resolv, 0o644); err != nil {
		t.Fatal(err)
	}
	var pc net.PacketConn
	err := n.space.do(func() (err error) {
		pc, err = net.ListenPacket("udp", "127.0.0.1:53") // the namespace is the test's
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	s := new(nameServer)
	var done sync.WaitGroup
	done.Go(func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := pc.ReadFrom(buf)
			if err != nil {
				return
			}
			if answer := s.answer(buf[:n]); answer != nil {
				_, _ = pc.WriteTo(answer, from)
			}
		}
	})
	t.Cleanup(func() {
		_ = pc.Close()
		done.Wait()
	})
	return s
}

// set changes what the server does from now on.
func (s *nameServer) set(change func(s *nameServer)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failure, s.silent = dnsmessage.RCodeSuccess, false
	change(s)
}

func (s *nameServer) answer(query []byte) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	var m dnsmessage.Message
	if m.Unpack(query) != nil || len(m.Questions) != 1 || s.silent {
		return nil
	}
	q := m.Questions[0]
	m = dnsmessage.Message{
		Header:    dnsmessage.Header{ID: m.ID, Response: true, RecursionAvailable: true, RCode: s.failure},
		Questions: m.Questions,
	}
	if s.failure == dnsmessage.RCodeSuccess && q.Type == dnsmessage.TypeA {
		for _, a := range s.addresses {
			m.Answers = append(m.Answers, dnsmessage.Resource{
				Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, TTL: 1},
				Body:   &dnsmessage.AResource{A: [4]byte(net.ParseIP(a).To4())},
			})
		}
	}
	answer, err := m.Pack()
	if err != nil {
		return nil
	}
	return answer
}

// count returns how many log lines have the given msg.
func (g *gateway) count(msg string) (n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, line := range g.log {
		if strings.Contains(line, `"msg":"`+msg+`"`) {
			n++
		}
	}
	return n
}

const (
	lookUps       = "hopscope_dns_lookups_total"
	cannotResolve = "a name cannot be resolved; its endpoints stay as they are"
	resolvesAgain = "a name can be resolved again"
)

// lookUp waits for n more look-ups with a result.
func (g *gateway) lookUp(n float64, result string) {
	g.t.Helper()
	label := fmt.Sprintf("result=%q", result)
	before := g.counter(lookUps, label)
	eventually(g.t, "look-ups with the result "+result, func() (bool, string) {
		now := g.counter(lookUps, label)
		return now >= before+n, fmt.Sprint(now - before)
	})
}

// The name server fails in every way, and nobody notices but the operator; the
// name moves, and requests follow while streams stay.
func TestNameServerFailsAndTheNameMoves(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	names := startNameServer(t, n)
	old := serveOrigin(t, n.space.listen(t, "127.0.0.2:0"), nil)
	_, port, err := net.SplitHostPort(old.address)
	if err != nil {
		t.Fatal(err)
	}
	next := serveOrigin(t, n.space.listen(t, "127.0.0.3:"+port), nil)
	names.set(func(s *nameServer) { s.addresses = []string{"127.0.0.2"} })
	g := startGateway(t, partitionConfig("127.0.0.1:0", "dns:origin.test:"+port), gatewayOptions{space: n.space})
	base := "http://" + g.address["edge"]
	client := newClientIn(t, n.space)
	served := func(o *origin) {
		t.Helper()
		before := o.served.Load()
		if r := wait(t, "a request", ask(t.Context(), client, base+"/")); r.status != 200 || o.served.Load() != before+1 {
			t.Fatalf("not served by %s: %+v", o.address, r)
		}
	}
	served(old)
	names.set(func(s *nameServer) { s.failure = dnsmessage.RCodeServerFailure })
	g.lookUp(1, "error")
	served(old)
	names.set(func(s *nameServer) { s.silent = true })
	g.lookUp(1, "error")
	served(old)
	names.set(func(s *nameServer) { s.failure = dnsmessage.RCodeNameError })
	g.lookUp(1, "error")
	served(old)
	if warned, good := g.count(cannotResolve), g.count(resolvesAgain); warned != 1 || good != 0 {
		t.Errorf("%d and %d lines in the log, want 1 and 0: the change, not each time", warned, good)
	}

	open := ask(t.Context(), client, base+"/gate")
	old.waitAtGate(t)
	names.set(func(s *nameServer) { s.addresses = []string{"127.0.0.3"} })
	g.waitLog(resolvesAgain)
	eventually(t, "a request at the new address", func() (bool, string) {
		r := wait(t, "a request", ask(t.Context(), client, base+"/"))
		if r.status != 200 {
			t.Errorf("while the name moves: %+v", r)
		}
		return next.served.Load() > 0, ""
	})
	served(next)
	close(old.gate)
	if r := wait(t, "the stream that was open", open); r.body != "before, after" {
		t.Errorf("the stream that was open when its address went: %+v", r)
	}
	if got := g.counter("hopscope_endpoints"); got != 1 {
		t.Errorf("%v endpoints", got)
	}
	// Every five seconds, for two types of address; the search list is empty.
	names.mu.Lock()
	defer names.mu.Unlock()
	if names.asked > 40 {
		t.Errorf("the name server was asked %d times", names.asked)
	}
}

// A gateway that starts while its name server is away is ready soon, says what is
// wrong, and serves when the name server is back.
func TestStartWithoutANameServer(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	names := startNameServer(t, n)
	o := serveOrigin(t, n.space.listen(t, "127.0.0.2:0"), nil)
	_, port, err := net.SplitHostPort(o.address)
	if err != nil {
		t.Fatal(err)
	}
	names.set(func(s *nameServer) { s.silent = true })
	g := startGateway(t, partitionConfig("127.0.0.1:0", "dns:origin.test:"+port), gatewayOptions{space: n.space})
	base := "http://" + g.address["edge"]
	client := newClientIn(t, n.space)
	r := wait(t, "a request", ask(t.Context(), client, base+"/"))
	if r.status != 503 || !strings.Contains(r.body, "the upstream has no endpoints") {
		t.Errorf("without a name server: %+v", r)
	}
	g.waitLog(cannotResolve)
	names.set(func(s *nameServer) { s.addresses = []string{"127.0.0.2"} })
	eventually(t, "a response", func() (bool, string) {
		r := wait(t, "a request", ask(t.Context(), client, base+"/"))
		return r.status == 200, fmt.Sprintf("%+v", r)
	})
	g.waitLog(resolvesAgain)
}
