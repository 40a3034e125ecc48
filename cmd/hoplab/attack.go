package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/damage"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/place"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/siege"
)

const attackHelp = `
Usage: hoplab attack [flags]

Attacks hopscope beside nghttpx and HAProxy, one thread each, and measures what an
honest client has to bear meanwhile, what the proxy's memory does, and how the
attacker is ended. Attacks only what it has started itself, on the loopback. Needs
nghttpx and haproxy; make bench-attack installs them. Takes about half an
hour; keep the machine quiet meanwhile. Where hopscope misses a goal, all suffer
that attack in as many rounds again and one more, because that may be noise.

  hoplab attack --quick                           does everything work?
  hoplab attack --only rapid-reset,bomb           two of the attacks
  hoplab attack --json results.json               keeps what was measured
  hoplab attack --json results.json --resume      goes on where that was interrupted
`

func runAttack(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	c := newComparison("attack", attackHelp)
	c.IntVar(&c.rounds, "rounds", 3, "`number` of times that each proxy suffers each attack")
	c.BoolVar(&c.quick, "quick", false, "a third of a second each, one round: proves that everything runs, measures nothing")
	c.StringVar(&c.only, "only", "", "`ATTACKS`, separated by commas; all if empty")
	c.StringVar(&c.of, "proxies", "", "`PROXIES` to attack, separated by commas; all if empty: "+strings.Join(siege.Proxies(), ","))
	resume := c.Bool("resume", false, "go on with what an interrupted run of the same has left beside --json")
	if code, ok := c.begin(args, stdout, stderr); !ok {
		return code
	}
	if *resume && c.file == "" {
		return c.wrong(stderr, "--resume goes on with what --json has; name that file too")
	}
	var part string // that takes what is measured until the run has come to its end
	var before *damage.Results
	var save func(*damage.Results) error
	if c.file != "" {
		part = c.file + ".part"
		save = func(r *damage.Results) error { return place.Write(part, r) }
		var err error
		if before, err = earlier(part, *resume); err != nil {
			return c.failed(stderr, err)
		}
	}
	self, err := os.Executable()
	if err != nil {
		return c.failed(stderr, err)
	}
	results, err := siege.Run(ctx, siege.Options{
		Hopscope: c.gateway, Companion: []string{self, "companion"}, Rounds: c.rounds, Quick: c.quick, Only: list(c.only), Proxies: list(c.of),
		Command: c.command(), Progress: stderr, Before: before, Save: save,
	})
	if results != nil && len(results.Samples) > 0 {
		fmt.Fprint(stdout, damage.Text(results))
	}
	if code := c.end(ctx, results, err, stderr); code != exitOK {
		if _, err := os.Stat(part); err == nil {
			fmt.Fprintf(stderr, "%s has the attacks that all have suffered; --resume goes on with them\n", part)
		}
		return code
	}
	_ = os.Remove(part) // what --json has now
	return exitOK
}

// earlier returns what an interrupted run has left in a file; without resume there
// must be none, for it would be lost.
func earlier(part string, resume bool) (*damage.Results, error) {
	if !resume {
		if _, err := os.Stat(part); err == nil {
			return nil, fmt.Errorf("%s is what an interrupted run has measured: go on with --resume, or remove it", part)
		}
		return nil, nil
	}
	before, err := place.Read[damage.Results](part)
	if err != nil {
		return nil, fmt.Errorf("--resume: %w; begin without it", err)
	}
	return before, nil
}

const companionHelp = `
Usage: hoplab companion

Is what the victim of hoplab attack is measured beside, an attacker or a harmless
peer. hoplab attack starts it and tells it what to do.
`

func runCompanion(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	f := newFlags("companion", companionHelp)
	if _, code, ok := f.parse(args, 0, 0, stdout, stderr); !ok {
		return code
	}
	if err := siege.Accompany(ctx, os.Stdin, stdout); err != nil {
		return f.failed(stderr, err)
	}
	return exitOK
}
