package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/fault"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/load"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/prom"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/run"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/services"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/traces"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/tracing"
)

// usersReplicas is how many replicas of users run.
const usersReplicas = 3

// traceMemory bounds the trace store, in bytes.
const traceMemory = 48 << 20

// Demo is a running demo.
type Demo struct {
	// Where its parts listen, as host:port; Console is empty if there is none.
	Gateway, Secure, Admin, Prometheus, Traces, Control, Console string
	// RuleFiles are the loaded rule files.
	RuleFiles []string

	cfg      Config
	state    string
	group    run.Group
	ports    ports
	users    []*services.UsersReplica
	profiles *services.ProfilesReplica
	orders   *services.OrdersReplica
	load     *load.Generator
	prom     *prom.Server
	store    *traces.Store
	spans    outlet // where the trace store is served
	hop      hop
	services []interface{ Close() }
	faults   []fault.Fault
}

// ports are the listeners that the demo serves itself.
type ports struct{ prometheus, traces, control, console net.Listener }

// Start brings the demo up and returns when everything serves. An error means
// that nothing is left running.
func Start(ctx context.Context, cfg Config) (_ *Demo, err error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	d := &Demo{cfg: cfg, store: traces.NewStore(traceMemory)}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.group.Stop())
		}
	}()
	for _, step := range []func(context.Context) error{
		d.bind, d.makeState, d.serveTraces, d.startServices, d.startPrometheus, d.startLoad, d.serveControl, d.serveConsole,
	} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// Failed is closed when a part of the demo ended by itself; Stop says which.
func (d *Demo) Failed() <-chan struct{} { return d.group.Failed() }

// Stop ends everything, load first, and removes the state directory unless it
// was given.
func (d *Demo) Stop() error { return d.group.Stop() }

// bind takes the demo's own ports and tries those of the gateway, which binds
// them itself a moment later.
func (d *Demo) bind(context.Context) error {
	wanted := []run.Port{
		{Use: "gateway", Flag: "--listen", Addr: d.cfg.Gateway},
		{Use: "gateway admin", Flag: "--admin", Addr: d.cfg.Admin},
		{Use: "Prometheus API", Flag: "--prometheus", Addr: d.cfg.Prometheus},
		{Use: "trace store", Flag: "--traces", Addr: d.cfg.Traces},
		{Use: "fault control", Flag: "--control", Addr: d.cfg.Control},
	}
	if d.cfg.Console != "" {
		wanted = append(wanted, run.Port{Use: "console", Flag: "--console", Addr: d.cfg.Console})
	}
	l, err := run.ListenAll(wanted)
	if err != nil {
		return err
	}
	l[0].Close()
	l[1].Close()
	d.ports = ports{prometheus: l[2], traces: l[3], control: l[4]}
	if d.cfg.Console != "" {
		d.ports.console, d.Console = l[5], l[5].Addr().String()
	}
	for _, own := range l[2:] {
		d.group.OnStop(func() error {
			own.Close() // serving closes it too; this is for a start that fails before
			return nil
		})
	}
	d.Prometheus, d.Traces, d.Control = l[2].Addr().String(), l[3].Addr().String(), l[4].Addr().String()
	return nil
}

func (d *Demo) makeState(context.Context) error {
	if d.state = d.cfg.State; d.state != "" {
		if err := os.MkdirAll(d.state, 0o755); err != nil {
			return fmt.Errorf("--state: %w", err)
		}
		return nil
	}
	dir, err := os.MkdirTemp("", "hoplab-demo-")
	if err != nil {
		return fmt.Errorf("state directory: %w", err)
	}
	d.state = dir
	d.group.OnStop(func() error { return os.RemoveAll(dir) })
	return nil
}

func (d *Demo) serveTraces(context.Context) error {
	d.spans = outlet{addr: d.Traces, handler: d.store.Handler()}
	d.spans.serve(d.ports.traces)
	d.group.OnStop(d.spans.close)
	return nil
}

// collector is where the gateway and the services post their spans.
func (d *Demo) collector() string { return "http://" + d.Traces + "/api/traces" }

// startServices binds the services' listeners, whose addresses the gateway
// needs, starts the gateway, whose address the services need, and then serves.
// They stop the other way round: gateway first, so that it can drain.
func (d *Demo) startServices(ctx context.Context) error {
	users, profiles, orders := d.tracer("users"), d.tracer("profiles"), d.tracer("orders")
	d.group.OnStop(d.closeServices)
	var replicas []*services.Replica
	var addrs []string
	for range usersReplicas + 2 {
		r, err := services.Listen("127.0.0.1:0")
		if err != nil {
			return err
		}
		d.services = append(d.services, r)
		replicas, addrs = append(replicas, r), append(addrs, r.Addr())
	}
	if err := d.startGateway(ctx, addrs); err != nil {
		return err
	}
	for n, r := range replicas[:usersReplicas] {
		d.users = append(d.users, services.Users(r, fmt.Sprintf("users-%d", n+1), users))
	}
	var err error
	if d.profiles, err = services.Profiles(replicas[usersReplicas], d.hop.internal(), profiles); err != nil {
		return err
	}
	d.services = append(d.services, d.profiles)
	if d.orders, err = services.Orders(replicas[usersReplicas+1], d.hop.internal(), orders); err != nil {
		return err
	}
	d.services = append(d.services, d.orders)
	return nil
}

// tracer returns the tracer of a service; it is closed after the services are.
func (d *Demo) tracer(service string) *tracing.Tracer {
	t := tracing.New(service, d.collector())
	d.group.OnStop(func() error {
		t.Close()
		return nil
	})
	return t
}

// closeServices closes all at once: each may take its time for open streams.
func (d *Demo) closeServices() error {
	var wg sync.WaitGroup
	for _, s := range d.services {
		wg.Go(s.Close)
	}
	wg.Wait()
	return nil
}

func (d *Demo) startPrometheus(context.Context) error {
	files, err := d.ruleFiles()
	if err != nil {
		return err
	}
	d.RuleFiles = files
	logFile, err := os.Create(filepath.Join(d.state, "prometheus.log"))
	if err != nil {
		return fmt.Errorf("log of Prometheus: %w", err)
	}
	d.group.OnStop(logFile.Close)
	d.prom, err = prom.New(prom.Config{
		Dir: filepath.Join(d.state, "prometheus"), URL: "http://" + d.Prometheus,
		Targets:        []prom.Target{{Job: "hopscope", Address: d.Admin}},
		ScrapeInterval: d.cfg.ScrapeInterval, EvalInterval: d.cfg.EvalInterval,
		RuleFiles: files,
		Logger:    slog.New(slog.NewTextHandler(logFile, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		return err
	}
	d.group.OnStop(d.prom.Close)
	d.group.Go("Prometheus", d.prom.Run)
	d.group.Go("Prometheus API", run.HTTP(d.ports.prometheus, d.prom.Handler()))
	return nil
}

func (d *Demo) startLoad(context.Context) (err error) {
	d.load, err = load.New(load.Config{Target: d.Gateway, Rate: d.cfg.Rate, Watchers: d.cfg.Watchers, Seed: d.cfg.Seed})
	if err != nil {
		return err
	}
	d.group.OnStop(d.load.Close)
	d.group.Go("load", func(ctx context.Context) error {
		d.load.Run(ctx)
		return nil
	})
	return nil
}

func (d *Demo) serveControl(context.Context) error {
	d.faults = d.declareFaults()
	board := fault.NewBoard(d.faults...)
	d.group.Go("fault control", run.HTTP(d.ports.control, board.Handler()))
	return nil
}
