package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/plan"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/proxies"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/report"
)

const benchHelp = `
Usage: hoplab bench [flags]

Measures hopscope beside nghttpx, HAProxy and net/http's ReverseProxy, one thread
each: CPU time per request, memory per stream and connection, latency. Needs
h2load, nghttpd, nghttpx and haproxy; make bench installs them. Uses the loopback
only. Takes about half an hour; keep the machine quiet meanwhile.

  hoplab bench --quick                      does everything work?
  hoplab bench --only W1,W2 --rounds 3      two of the workloads
  hoplab bench --json results.json          keeps what was measured
  hoplab bench --only W1,W2 --proxies hopscope --rounds 1 --profile .
                                            where the microseconds go
`

func runBench(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) == 1 && args[0] == "reverse-proxy" { // started by the benchmarks
		if err := proxies.ReverseMain(ctx, stdout); err != nil {
			fmt.Fprintln(stderr, err)
			return exitFailure
		}
		return exitOK
	}
	c := newComparison("bench", benchHelp)
	c.IntVar(&c.rounds, "rounds", 5, "`number` of measurements of each proxy in each workload")
	c.BoolVar(&c.quick, "quick", false, "a fiftieth of the load, one round: proves that everything runs, measures nothing")
	c.StringVar(&c.only, "only", "", "`WORKLOADS` to measure, separated by commas; all if empty")
	c.StringVar(&c.of, "proxies", "", "`PROXIES` to measure, separated by commas; all if empty: "+strings.Join(plan.Proxies(), ","))
	profile := c.String("profile", "", "`DIR` that takes a CPU profile of hopscope in each workload of requests; says where the time goes")
	if code, ok := c.begin(args, stdout, stderr); !ok {
		return code
	}
	results, err := bench.Run(ctx, bench.Options{
		Hopscope: c.gateway, Rounds: c.rounds, Quick: c.quick, Only: list(c.only), Proxies: list(c.of),
		Profile: *profile, Command: c.command(), Progress: stderr,
	})
	if results != nil && len(results.Samples) > 0 {
		fmt.Fprint(stdout, report.Text(results))
	}
	return c.end(ctx, results, err, stderr)
}
