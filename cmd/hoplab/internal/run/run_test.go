package run

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
)

func TestPartsStopInReverseOrder(t *testing.T) {
	var g Group
	var order []string
	for _, name := range []string{"a", "b", "c"} {
		g.Go(name, func(ctx context.Context) error {
			<-ctx.Done()
			return nil
		})
		g.OnStop(func() error {
			order = append(order, name)
			return nil
		})
	}
	if err := g.Stop(); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(order, ""); got != "cba" {
		t.Errorf("stopped in order %s", got)
	}
}

func TestPartThatEndsByItselfFailsTheGroup(t *testing.T) {
	for _, cause := range []error{nil, errors.New("boom")} {
		var g Group
		g.Go("gateway", func(context.Context) error { return cause })
		<-g.Failed()
		err := g.Stop()
		if err == nil || !strings.HasPrefix(err.Error(), "gateway: ") || cause != nil && !errors.Is(err, cause) {
			t.Errorf("got %v", err)
		}
	}
}

func TestTakenPortsAreAllNamedWithTheirFlagAndNoneIsBound(t *testing.T) {
	var ports []Port
	for _, flag := range []string{"--listen", "--admin"} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		ports = append(ports, Port{Use: "use of " + flag, Flag: flag, Addr: l.Addr().String()})
	}
	// An address of its own: nobody else takes the port when it is free again.
	free, err := net.Listen("tcp", "127.0.77.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := free.Addr().String()
	free.Close()
	_, err = ListenAll(append(ports, Port{Use: "traces", Flag: "--traces", Addr: addr}))
	if err == nil {
		t.Fatal("taken ports were bound")
	}
	for _, p := range ports {
		_, port, _ := net.SplitHostPort(p.Addr)
		if !strings.Contains(err.Error(), "port "+port+" on 127.0.0.1 ("+p.Use+") is taken") || !strings.Contains(err.Error(), p.Flag) {
			t.Errorf("%s is not explained in: %v", p.Flag, err)
		}
	}
	again, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatalf("the free port was left bound: %v", err)
	}
	again.Close()
}

func TestBadAddressNamesItsFlag(t *testing.T) {
	_, err := ListenAll([]Port{{Use: "traces", Flag: "--traces", Addr: "nonsense"}})
	if err == nil || !strings.Contains(err.Error(), "--traces nonsense") {
		t.Errorf("got %v", err)
	}
}
