package main

import (
	"context"
	"errors"
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
only. Takes about twenty minutes; keep the machine quiet meanwhile.

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
	f := newFlags("bench", benchHelp)
	o := bench.Options{Progress: stderr}
	f.StringVar(&o.Hopscope, "gateway", "", "`PATH` of the hopscope program; the one beside hoplab if empty")
	f.IntVar(&o.Rounds, "rounds", 5, "`number` of measurements of each proxy in each workload")
	f.BoolVar(&o.Quick, "quick", false, "a fiftieth of the load, one round: proves that everything runs, measures nothing")
	only := f.String("only", "", "`WORKLOADS` to measure, separated by commas; all if empty")
	of := f.String("proxies", "", "`PROXIES` to measure, separated by commas; all if empty: "+strings.Join(plan.Proxies(), ","))
	f.StringVar(&o.Profile, "profile", "", "`DIR` that takes a CPU profile of hopscope in each workload of requests; says where the time goes")
	file := f.String("json", "", "`FILE` that takes the raw results")
	if _, code, ok := f.parse(args, 0, 0, stdout, stderr); !ok {
		return code
	}
	if o.Hopscope == "" {
		o.Hopscope = besideHoplab("hopscope")
	}
	if o.Quick {
		o.Rounds = 1
	}
	o.Only, o.Proxies = list(*only), list(*of)
	o.Command = commandLine(f, "hoplab bench")
	results, err := bench.Run(ctx, o)
	if results != nil && len(results.Samples) > 0 {
		fmt.Fprint(stdout, report.Text(results))
	}
	if err == nil && *file != "" {
		err = results.Write(*file)
	}
	if ctx.Err() != nil {
		err = errors.New("interrupted; what was measured so far is above")
	}
	if err != nil {
		return f.failed(stderr, err)
	}
	return exitOK
}

// list splits at commas. Nothing is nil.
func list(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}
