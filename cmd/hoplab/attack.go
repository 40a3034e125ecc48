package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/damage"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/siege"
)

const attackHelp = `
Usage: hoplab attack [flags]

Attacks hopscope beside nghttpx and HAProxy, one thread each, and measures what an
honest client has to bear meanwhile, what the proxy's memory does, and how the
attacker is ended. Attacks only what it has started itself, on the loopback. Needs
nghttpx and haproxy; make bench-attack installs them. Takes about fourteen
minutes; keep the machine quiet meanwhile.

  hoplab attack --quick                           does everything work?
  hoplab attack --only rapid-reset,bomb           two of the attacks
  hoplab attack --json results.json               keeps what was measured
`

func runAttack(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	f := newFlags("attack", attackHelp)
	o := siege.Options{Progress: stderr}
	f.StringVar(&o.Hopscope, "gateway", "", "`PATH` of the hopscope program; the one beside hoplab if empty")
	f.IntVar(&o.Rounds, "rounds", 3, "`number` of times that each proxy suffers each attack")
	f.BoolVar(&o.Quick, "quick", false, "a third of a second each, one round: proves that everything runs, measures nothing")
	only := f.String("only", "", "`ATTACKS`, separated by commas; all if empty")
	of := f.String("proxies", "", "`PROXIES` to attack, separated by commas; all if empty: "+strings.Join(siege.Proxies(), ","))
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
	o.Command = commandLine(f, "hoplab attack")
	results, err := siege.Run(ctx, o)
	if results != nil && len(results.Samples) > 0 {
		fmt.Fprint(stdout, damage.Text(results))
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

// commandLine returns what results name as their origin, as whoever reads them
// would type it: where files lie is of no use.
func commandLine(f *flags, line string) string {
	f.Visit(func(g *flag.Flag) {
		if g.Name != "gateway" && g.Name != "json" {
			line += " --" + g.Name + "=" + g.Value.String()
		}
	})
	return line
}
