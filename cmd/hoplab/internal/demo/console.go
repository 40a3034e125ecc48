package demo

import (
	"context"
	"fmt"
	"net"
	"net/url"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/console"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/run"
)

// serveConsole serves the console of everything that runs here.
func (d *Demo) serveConsole(context.Context) error {
	if d.ports.console == nil {
		return nil
	}
	at := func(addr string) *url.URL { return &url.URL{Scheme: "http", Host: addr} }
	host, _, err := net.SplitHostPort(d.cfg.Console)
	if err != nil {
		return fmt.Errorf("--console %s: %w", d.cfg.Console, err)
	}
	h, err := console.New(console.Config{
		Version: d.cfg.Version, Demo: true, Hosts: []string{host},
		Sources: []console.Source{
			{Name: console.Prometheus, URL: at(d.Prometheus)},
			{Name: console.Admin, URL: at(d.Admin)},
			{Name: console.Traces, URL: at(d.Traces)},
			{Name: console.Faults, URL: at(d.Control)},
		},
	})
	if err != nil {
		return err
	}
	d.group.Go("console", run.HTTP(d.ports.console, h))
	return nil
}

// consoleLine tells where the console is, and what keeps it from being of use.
func (d *Demo) consoleLine() string {
	if d.ports.console == nil {
		return ""
	}
	line := fmt.Sprintf("  console      http://%s   open this in a browser\n", d.Console)
	if !console.Built() {
		line += "               its page is not built in: install Node.js 20.19 or newer and run make build\n"
	}
	if !console.Loopback(d.ports.console.Addr()) {
		line += "               open to other machines, and there is no login\n"
	}
	return line
}
