package main

import (
	"context"
	"io"
	"os"
	"path/filepath"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/demo"
)

const demoHelp = `
Usage: hoplab demo [flags]
       hoplab demo faults                lists the faults and their state
       hoplab demo fault NAME on|off     breaks something, or mends it
       hoplab demo trace [ID]            lists traces, or draws one

Runs hopscope on this machine, without Docker: three replicas of users
(small calls), profiles (long streams of small updates), orders (large bodies
both ways), the gateway between them as a process of its own, a load generator,
Prometheus with the alert rules, a store of traces, and the console, a page for a
browser that shows it all. It prints where to look, a line on how it goes now and
then, and every alert that changes its state.
Ctrl-C ends it and leaves nothing behind.
`

// runDemo runs the demo or one of the commands that talk to a running one.
func runDemo(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 {
		switch args[0] {
		case "fault":
			return runFault(ctx, args[1:], stdout, stderr)
		case "faults":
			return runFaults(ctx, args[1:], stdout, stderr)
		case "trace":
			return runTrace(ctx, args[1:], stdout, stderr)
		}
	}
	cfg := demo.Default()
	cfg.Out, cfg.Version = stdout, buildVersion()
	f := newFlags("demo", demoHelp)
	f.StringVar(&cfg.Binary, "gateway", "", "`PATH` of the hopscope program; the one beside hoplab if empty")
	f.StringVar(&cfg.Gateway, "listen", cfg.Gateway, "`HOST:PORT` of the gateway; port 0 takes a free one, here and below")
	f.StringVar(&cfg.Admin, "admin", cfg.Admin, "`HOST:PORT` of the gateway's admin server")
	f.StringVar(&cfg.Prometheus, "prometheus", cfg.Prometheus, "`HOST:PORT` of Prometheus' API")
	f.StringVar(&cfg.Traces, "traces", cfg.Traces, "`HOST:PORT` of the trace store")
	f.StringVar(&cfg.Control, "control", cfg.Control, "`HOST:PORT` that takes faults")
	f.StringVar(&cfg.Console, "console", cfg.Console, "`HOST:PORT` of the console, a page that shows it all; none if empty")
	f.StringVar(&cfg.Rules, "rules", "", "`GLOB` of rule files, such as 'alerts/*.rules.yml'; those built in if empty")
	f.StringVar(&cfg.State, "state", "", "`DIR` for configuration, logs and samples, kept at the end; a temporary one if empty")
	f.Float64Var(&cfg.Rate, "rate", cfg.Rate, "users calls per `second`; the other kinds of load scale with it")
	f.IntVar(&cfg.Watchers, "watchers", cfg.Watchers, "`number` of profile streams open all the time")
	f.Uint64Var(&cfg.Seed, "seed", cfg.Seed, "`number` that begins the random sequences of the load")
	f.Float64Var(&cfg.Sample, "sample", cfg.Sample, "`share` of requests that are traced, 0 to 1")
	f.DurationVar(&cfg.ScrapeInterval, "scrape-interval", cfg.ScrapeInterval, "`time` between scrapes of the gateway")
	f.DurationVar(&cfg.EvalInterval, "eval-interval", cfg.EvalInterval, "`time` between evaluations of rules whose group names none")
	f.DurationVar(&cfg.StatusInterval, "status-interval", cfg.StatusInterval, "`time` between lines on how it goes; 0 for none")
	if _, code, ok := f.parse(args, 0, 0, stdout, stderr); !ok {
		return code
	}
	if cfg.Binary == "" {
		cfg.Binary = besideHoplab("hopscope")
	}
	d, err := demo.Start(ctx, cfg)
	if err != nil {
		return f.failed(stderr, err)
	}
	report, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		d.Report(report)
	}()
	select {
	case <-ctx.Done():
	case <-d.Failed():
	}
	stop()
	<-done
	if err := d.Stop(); err != nil {
		return f.failed(stderr, err)
	}
	return exitOK
}

// besideHoplab returns the path of a program in hoplab's own folder.
func besideHoplab(name string) string {
	self, err := os.Executable()
	if err != nil {
		return name // starting it will fail, and say so
	}
	return filepath.Join(filepath.Dir(self), name)
}
