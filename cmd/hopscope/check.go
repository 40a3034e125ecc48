package main

import (
	"fmt"
	"io"

	"github.com/hopscope/hopscope/gateway/config"
	"github.com/hopscope/hopscope/gateway/route"
)

func runCheck(args []string, stdout, stderr io.Writer) int {
	f := newFlags("check", `
Usage: hopscope check --config FILE [--print]

Validates a configuration as serve would and prints every problem at once,
one per line: FILE:LINE: PATH: what must be, what is, what to do. The files
that it names, such as certificates, are read, too. Nothing is connected to.

Exits with 0 if the configuration is good, also if there are warnings, and with 1
if it is not.
`)
	path := f.String("config", "", "the configuration `FILE` (required)")
	show := f.Bool("print", false, "print the complete configuration, defaults included, if it is good")
	if code, ok := f.parse(args, stdout, stderr); !ok {
		return code
	}
	if *path == "" {
		return f.wrong(stderr, "--config is required; name the configuration file")
	}
	cfg, err := config.Load(*path)
	if err == nil {
		if _, err = route.Build(cfg.Routes); err != nil {
			err = fmt.Errorf("%s: %w", *path, err)
		}
	}
	if err != nil {
		fmt.Fprintln(stderr, err)
		return exitFailure
	}
	for _, text := range cfg.Warnings() {
		fmt.Fprintf(stderr, "%s: warning: %s\n", *path, text)
	}
	if *show {
		stdout.Write(cfg.YAML())
		return exitOK
	}
	fmt.Fprintf(stdout, "%s: good: %s, %s, %s\n", *path,
		count(len(cfg.Listeners), "listener"), count(len(cfg.Upstreams), "upstream"), count(len(cfg.Routes), "route"))
	return exitOK
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
