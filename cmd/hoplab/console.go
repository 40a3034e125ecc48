package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/console"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/demo"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/run"
	"github.com/hopscope/hopscope/gateway/config"
	"github.com/hopscope/hopscope/gateway/credentials"
)

const consoleHelp = `
Usage: hoplab console [--prometheus URL] [--admin URL] [--traces URL] [--faults URL] [flags]

Serves the console: dashboards, alerts, traces and every open stream in a browser,
beside anything that runs. hoplab demo has it by itself. Name what there is; pages
whose source is missing say so:

  hoplab console --prometheus http://prometheus:9090
  hoplab console --prometheus https://prom.example --prometheus-token-file token \
    --admin https://gateway:9901 --ca ca.pem --admin-token-file tokens \
    --traces http://jaeger:16686

A URL may hold USER:PASSWORD@ for basic authentication; whoever may list this
machine's processes sees it. Browsers are told no credentials.

There is no login: whoever reaches the console sees all that its sources have, and
may switch faults. So it listens on this machine only, unless --listen says
otherwise; then put something in front of it that asks who comes, and name the host
that browsers ask for with --allow-host.
`

// consoleFlags are the command line of hoplab console.
type consoleFlags struct {
	*flags
	listen string
	urls   map[string]*string // by source
	tokens map[string]*string // files, by source
	tls    config.UpstreamTLS // all but the authorities are of the admin server
	hosts  words
}

func newConsoleFlags() *consoleFlags {
	f := &consoleFlags{flags: newFlags("console", consoleHelp), urls: map[string]*string{}, tokens: map[string]*string{}}
	f.StringVar(&f.listen, "listen", demo.Default().Console, "`HOST:PORT` of the console; port 0 takes a free one")
	f.urls[console.Prometheus] = f.String("prometheus", "", "`URL` of Prometheus, such as http://127.0.0.1:9090")
	f.urls[console.Admin] = f.String("admin", "", "`URL` of the gateway's admin server, such as http://127.0.0.1:9901")
	f.urls[console.Traces] = f.String("traces", "", "`URL` of Jaeger's query API, such as http://127.0.0.1:16686")
	f.urls[console.Faults] = f.String("faults", "", "`URL` of a demo's fault control, such as http://127.0.0.1:7070")
	f.tokens[console.Prometheus] = f.String("prometheus-token-file", "", "`FILE` whose first token is sent to Prometheus")
	f.tokens[console.Admin] = f.String("admin-token-file", "", "`FILE` whose first token is sent to the admin server, where admin.token_file is set")
	f.StringVar(&f.tls.CAFile, "ca", "", "PEM `FILE` of the authorities that may have signed the certificates of https:// sources, instead of the system's")
	f.StringVar(&f.tls.ServerName, "admin-server-name", "", "`NAME` that the admin server's certificate must be for, instead of the URL's host")
	f.StringVar(&f.tls.CertFile, "admin-cert", "", "PEM `FILE` of the certificate to show the admin server, where admin.tls.client_ca_file is set")
	f.StringVar(&f.tls.KeyFile, "admin-key", "", "PEM `FILE` of that certificate's key")
	f.Var(&f.hosts, "allow-host", "`NAME` by which browsers may ask for the console, besides localhost and its address; may be repeated")
	return f
}

func runConsole(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	f := newConsoleFlags()
	if _, code, ok := f.parse(args, 0, 0, stdout, stderr); !ok {
		return code
	}
	sources, err := f.sources()
	if err != nil {
		return f.wrong(stderr, "%v", err)
	}
	if err := f.serve(ctx, sources, stdout, stderr); err != nil {
		return f.failed(stderr, err)
	}
	return exitOK
}

// sources returns what the flags name. The error names the flag that is wrong.
func (f *consoleFlags) sources() ([]console.Source, error) {
	var list []console.Source
	for _, name := range []string{console.Prometheus, console.Admin, console.Traces, console.Faults} {
		if *f.urls[name] == "" {
			continue
		}
		s, err := f.source(name)
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	if len(list) == 0 {
		return nil, errors.New("nothing to show: name at least one source, such as --prometheus http://127.0.0.1:9090")
	}
	return list, f.unused()
}

func (f *consoleFlags) source(name string) (console.Source, error) {
	s := console.Source{Name: name}
	var err error
	if s.URL, err = console.ParseURL(*f.urls[name]); err != nil {
		return s, fmt.Errorf("--%s: %w", name, err)
	}
	if s.URL.Scheme == "https" {
		files := config.UpstreamTLS{CAFile: f.tls.CAFile}
		if name == console.Admin {
			files = f.tls
		}
		if (files.CertFile == "") != (files.KeyFile == "") {
			return s, errors.New("--admin-cert and --admin-key belong together; name both")
		}
		t, err := credentials.Client(&files, "http/1.1")
		if err != nil {
			return s, fmt.Errorf("--ca, --admin-cert and --admin-key: %w", err)
		}
		s.TLS = t.Config
	}
	if file := f.tokens[name]; file != nil && *file != "" {
		s.Token = func() (string, error) { return firstToken(*file) }
		if _, err := s.Token(); err != nil {
			return s, fmt.Errorf("--%s-token-file: %w", name, err)
		}
	}
	return s, nil
}

// unused returns an error for flags that no source needs.
func (f *consoleFlags) unused() error {
	for name, file := range f.tokens {
		if *file != "" && *f.urls[name] == "" {
			return fmt.Errorf("--%[1]s-token-file %[2]s: there is no --%[1]s URL to send it to", name, *file)
		}
	}
	admin, err := console.ParseURL(*f.urls[console.Admin])
	if own := (config.UpstreamTLS{CAFile: f.tls.CAFile}); f.tls != own && (err != nil || admin.Scheme != "https") {
		return fmt.Errorf("--admin-server-name, --admin-cert and --admin-key are for https://, got --admin %q", *f.urls[console.Admin])
	}
	return nil
}

// firstToken reads the token to send.
func firstToken(file string) (string, error) {
	tokens, err := config.ReadTokens(file)
	if err != nil {
		return "", fmt.Errorf("%s: %w", file, err)
	}
	return tokens[0], nil
}

// serve serves the console until ctx ends.
func (f *consoleFlags) serve(ctx context.Context, sources []console.Source, stdout, stderr io.Writer) (err error) {
	host, _, err := net.SplitHostPort(f.listen)
	if err != nil {
		return fmt.Errorf("--listen %s: %w: want HOST:PORT, such as %s", f.listen, err, demo.Default().Console)
	}
	h, err := console.New(console.Config{Version: buildVersion(), Sources: sources, Hosts: append(f.hosts, host)})
	if err != nil {
		return err
	}
	l, err := run.ListenAll([]run.Port{{Use: "console", Flag: "--listen", Addr: f.listen}})
	if err != nil {
		return err
	}
	var g run.Group
	defer func() { err = errors.Join(err, g.Stop()) }()
	g.Go("console", run.HTTP(l[0], h))
	if !console.Loopback(l[0].Addr()) {
		fmt.Fprintf(stderr, "hoplab console: warning: %s is open to other machines, and there is no login\n", l[0].Addr())
	}
	if !console.Built() {
		fmt.Fprintln(stderr, "hoplab console: the page is not built in: install Node.js 20.19 or newer and run make build")
	}
	fmt.Fprintf(stdout, "console  http://%s  open this in a browser; Ctrl-C ends it\n", l[0].Addr())
	select {
	case <-ctx.Done():
	case <-g.Failed():
	}
	return nil
}
