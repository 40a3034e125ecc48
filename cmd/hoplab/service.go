package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/fault"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/run"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/services"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/tracing"
)

const serviceHelp = `
Usage: hoplab service users|profiles|orders --listen HOST:PORT [flags]

Runs one of the demo's services, for a container of its own:

  users     gRPC, small unary calls
  profiles  gRPC, long streams of small updates; asks users through the gateway
  orders    HTTP/2 with prior knowledge, large bodies both ways; asks profiles
            through the gateway

With --control it takes its faults there, and GET /healthz answers:

  users     failing-replica, dead-replica, goaway-storm, latency, error-burst
  orders    stalled-stream, reset-storm, slot-exhaustion

With --faults a replica takes only some of them: a fault that is switched
through hoplab load --peers reaches every service that has it.
`

// serviceFlags is what every service takes.
type serviceFlags struct {
	listen, gateway, collector, control, name, faults string
}

func runService(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	f := newFlags("service", serviceHelp)
	var s serviceFlags
	host, err := os.Hostname()
	if err != nil {
		host = "" // then the service's name stands for it
	}
	f.StringVar(&s.listen, "listen", "127.0.0.1:0", "`HOST:PORT` to serve on")
	f.StringVar(&s.gateway, "gateway", "127.0.0.1:8080", "`HOST:PORT` of the gateway, for calls to other services")
	f.StringVar(&s.collector, "collector", "", "`URL` that takes spans as Jaeger thrift, such as http://jaeger:14268/api/traces; none are made if empty")
	f.StringVar(&s.control, "control", "", "`HOST:PORT` that takes faults; none if empty")
	f.StringVar(&s.name, "name", host, "`name` of this replica in its answers")
	f.StringVar(&s.faults, "faults", "", "`NAMES`, separated by commas, of the faults that --control takes; all if empty")
	words, code, ok := f.parse(args, 1, 1, stdout, stderr)
	if !ok {
		return code
	}
	start, ok := map[string]startService{"users": startUsers, "profiles": startProfiles, "orders": startOrders}[words[0]]
	if !ok {
		return f.wrong(stderr, "unknown service %q: want users, profiles or orders", words[0])
	}
	if s.name == "" {
		s.name = words[0]
	}
	if err := serveOne(ctx, words[0], s, start, stderr); err != nil {
		return f.failed(stderr, err)
	}
	return exitOK
}

// startService serves on r, which it owns from now on, and returns the faults
// that the service can take and what ends it.
type startService func(r *services.Replica, s serviceFlags, t *tracing.Tracer) (faults []fault.Fault, stop func(), err error)

func serveOne(ctx context.Context, service string, s serviceFlags, start startService, stderr io.Writer) (err error) {
	var g run.Group
	defer func() {
		if stopped := g.Stop(); err == nil {
			err = stopped
		}
	}()
	r, err := services.Listen(s.listen)
	if err != nil {
		return fmt.Errorf("%w (--listen moves it)", err)
	}
	t := tracing.New(service, s.collector)
	g.OnStop(func() error {
		t.Close()
		return nil
	})
	faults, stop, err := start(r, s, t)
	if err != nil {
		r.Close()
		return err
	}
	g.OnStop(func() error {
		stop()
		return nil
	})
	if faults, err = choose(faults, s.faults); err != nil {
		return err
	}
	control, err := serveControl(&g, s.control, faults, nil)
	if err != nil {
		return err
	}
	if control != "" {
		control = ", faults on " + control
	}
	fmt.Fprintf(stderr, "hoplab service %s: serving on %s%s\n", service, r.Addr(), control)
	select {
	case <-ctx.Done():
	case <-g.Failed():
	}
	return nil
}

// choose returns the faults that names lists, all for "".
func choose(all []fault.Fault, names string) ([]fault.Fault, error) {
	if names == "" {
		return all, nil
	}
	var chosen []fault.Fault
	for name := range strings.SplitSeq(names, ",") {
		i := slices.IndexFunc(all, func(f fault.Fault) bool { return f.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("--faults: this service has no fault %q", name)
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

// serveControl serves a board of faults, and those of peers, on addr; "" for none.
// It returns the address that it took.
func serveControl(g *run.Group, addr string, faults []fault.Fault, peers []string) (string, error) {
	if addr == "" {
		return "", nil
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return "", fmt.Errorf("%w (--control moves it)", err)
	}
	board := fault.NewBoard(faults...)
	for _, p := range peers {
		board.AddPeer(p)
	}
	g.Go("fault control", run.HTTP(l, board.Handler()))
	return l.Addr().String(), nil
}

func startUsers(r *services.Replica, s serviceFlags, t *tracing.Tracer) ([]fault.Fault, func(), error) {
	u := services.Users(r, s.name, t)
	return u.Faults(), u.Close, nil
}

func startProfiles(r *services.Replica, s serviceFlags, t *tracing.Tracer) ([]fault.Fault, func(), error) {
	p, err := services.Profiles(r, s.gateway, t)
	if err != nil {
		return nil, nil, err
	}
	return nil, p.Close, nil
}

func startOrders(r *services.Replica, s serviceFlags, t *tracing.Tracer) ([]fault.Fault, func(), error) {
	o, err := services.Orders(r, s.gateway, t)
	if err != nil {
		return nil, nil, err
	}
	return o.Faults(), o.Close, nil
}
