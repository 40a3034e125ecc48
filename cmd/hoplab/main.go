package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/proc"
)

// Exit codes.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2
)

// command is a subcommand. run returns the exit code and ends early, as if
// told to stop, when its context does.
type command struct {
	name, summary string
	run           func(ctx context.Context, args []string, stdout, stderr io.Writer) int
}

func commands() []command {
	return []command{
		{"demo", "run everything on this machine, break it, look at traces", runDemo},
		{"console", "dashboards, alerts, traces and streams in a browser, beside anything that runs", runConsole},
		{"service", "run one of the demo's services (users, profiles, orders)", runService},
		{"load", "send the demo's load to a gateway", runLoad},
		{"bench", "measure the gateway beside other proxies", runBench},
		{"attack", "attack the gateway beside other proxies, and measure the damage", runAttack},
		{"companion", "be what hoplab attack measures its victim beside", runCompanion},
		{"rules", "prove alert rules on recordings of real faults", runRules},
		{"healthcheck", "ask a URL or a port whether it is well; for containers without a shell", runHealthcheck},
	}
}

func main() {
	if proc.Lookout() {
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second Ctrl-C ends the program at once.
	context.AfterFunc(ctx, stop)
	code := dispatch(ctx, "hoplab", commands(), os.Args[1:], os.Stdout, os.Stderr)
	os.Exit(code)
}

// dispatch calls the command that args begin with; path is what the user typed
// before it.
func dispatch(ctx context.Context, path string, all []command, args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		usage(stderr, path, all)
		return exitUsage
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		usage(stdout, path, all)
		return exitOK
	}
	var names []string
	for _, c := range all {
		if c.name == args[0] {
			return c.run(ctx, args[1:], stdout, stderr)
		}
		names = append(names, c.name)
	}
	fmt.Fprintf(stderr, "%s: unknown command %q; the commands are %s\n", path, args[0], strings.Join(names, ", "))
	return exitUsage
}

func usage(w io.Writer, path string, all []command) {
	fmt.Fprintf(w, "Usage: %s COMMAND [flags]\n\nThe workbench of the hopscope gateway.\n\nCommands:\n\n", path)
	for _, c := range all {
		fmt.Fprintf(w, "  %-12s %s\n", c.name, c.summary)
	}
	fmt.Fprintf(w, "\n%s COMMAND --help says more.\n", path)
}
