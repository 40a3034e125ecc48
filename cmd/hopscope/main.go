package main

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// Exit codes.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2
)

// command is a subcommand. run returns the exit code.
type command struct {
	name, summary string
	run           func(args []string, stdout, stderr io.Writer) int
}

func commands() []command {
	return []command{
		{"serve", "run the gateway", runServe},
		{"check", "validate a configuration and print every problem", runCheck},
		{"streams", "show the open streams of a running gateway, live", runStreams},
		{"health", "ask a running gateway whether it is ready", runHealth},
		{"version", "print version, commit and Go version", runVersion},
	}
}

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

func run(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		usage(stderr)
		return exitUsage
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		usage(stdout)
		return exitOK
	case "-v", "-version", "--version":
		return runVersion(args[1:], stdout, stderr)
	}
	var names []string
	for _, c := range commands() {
		if c.name == args[0] {
			return c.run(args[1:], stdout, stderr)
		}
		names = append(names, c.name)
	}
	fmt.Fprintf(stderr, "hopscope: unknown command %q; the commands are %s\n", args[0], strings.Join(names, ", "))
	return exitUsage
}

func usage(w io.Writer) {
	fmt.Fprint(w, `hopscope is an HTTP/2 gateway that shows what happens inside it.

Usage:

  hopscope COMMAND [flags]

Commands:

`)
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-9s %s\n", c.name, c.summary)
	}
	fmt.Fprint(w, `
A first run:

  cat > hopscope.yaml <<END
  listeners:
    - {name: edge, address: "127.0.0.1:8080"}
  upstreams:
    - {name: users, endpoints: ["127.0.0.1:9001"]}
  routes:
    - {name: users, match: {path_prefix: /}, upstream: users}
  END
  hopscope check --config hopscope.yaml
  hopscope serve --config hopscope.yaml &
  hopscope streams

hopscope.example.yaml explains every key. "hopscope COMMAND --help" tells
about a command. Exit codes: 0 success, 1 failure, 2 wrong usage.
`)
}
