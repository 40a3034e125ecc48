package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/demo"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/load"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/run"
)

const loadHelp = `
Usage: hoplab load --target HOST:PORT [flags]

Sends the demo's load to a gateway until it is told to stop: calls to users,
streams of profiles, orders and large bodies, over HTTP/2 with prior knowledge.
A line every minute says how it goes.

With --control it takes the faults slow-consumer, stuck-window, idle-pileup,
rapid-reset and traffic-drop there; with --peers it also passes on the faults of
services, so that one address takes them all:

  hoplab load --target gateway:8080 --control :7070 --peers http://users-1:7070,http://orders:7070
  hoplab demo fault stalled-stream on --control http://HOST:7070
`

func runLoad(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	usual := demo.Default()
	f := newFlags("load", loadHelp)
	cfg := load.Config{Target: usual.Gateway, Rate: usual.Rate, Watchers: usual.Watchers}
	f.StringVar(&cfg.Target, "target", cfg.Target, "`HOST:PORT` of the gateway")
	f.Float64Var(&cfg.Rate, "rate", cfg.Rate, "users calls per `second`; the other kinds of load scale with it")
	f.IntVar(&cfg.Watchers, "watchers", cfg.Watchers, "`number` of profile streams open all the time")
	control := f.String("control", "", "`HOST:PORT` that takes faults; none if empty")
	peers := f.String("peers", "", "`URLS`, separated by commas, of services whose faults are passed on")
	status := f.Duration("status-interval", time.Minute, "`time` between lines on how it goes; 0 for none")
	if _, code, ok := f.parse(args, 0, 0, stdout, stderr); !ok {
		return code
	}
	var peerList []string
	if *peers != "" {
		peerList = strings.Split(*peers, ",")
	}
	if err := generate(ctx, cfg, *control, peerList, *status, stdout); err != nil {
		return f.failed(stderr, err)
	}
	return exitOK
}

func generate(ctx context.Context, cfg load.Config, control string, peers []string, status time.Duration, stdout io.Writer) (err error) {
	var g run.Group
	defer func() {
		if stopped := g.Stop(); err == nil {
			err = stopped
		}
	}()
	gen, err := load.New(cfg)
	if err != nil {
		return err
	}
	g.OnStop(gen.Close)
	g.Go("load", func(ctx context.Context) error {
		gen.Run(ctx)
		return nil
	})
	if _, err := serveControl(&g, control, gen.Faults(), peers); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "hoplab load: to %s\n", cfg.Target)
	var tick <-chan time.Time
	if status > 0 {
		t := time.NewTicker(status)
		defer t.Stop()
		tick = t.C
	}
	for last := time.Now(); ; {
		select {
		case <-ctx.Done():
			return nil
		case <-g.Failed():
			return nil
		case now := <-tick:
			fmt.Fprintln(stdout, load.Line(now, now.Sub(last), gen.Take()))
			last = now
		}
	}
}
