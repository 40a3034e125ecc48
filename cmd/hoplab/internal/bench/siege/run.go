package siege

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/damage"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/hostile"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/place"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/plan"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/proc"
)

// Options is what a run may be told.
type Options struct {
	Hopscope  string   // path of the program
	Companion []string // path and arguments of a program that calls Accompany
	Rounds    int      // at least 1; more where a goal is missed
	Quick     bool     // short: proves that everything runs, measures nothing
	Only      []string // ids of attacks; nil: all
	Proxies   []string // nil: all that are compared
	Command   string   // what the results name as their origin
	Progress  io.Writer

	Before *damage.Results             // of the same run until it was interrupted; nil: begin
	Save   func(*damage.Results) error // is called with every attack that all proxies have suffered; nil: not
}

// Proxies returns those that are compared, in the order of tables.
func Proxies() []string { return []string{plan.Hopscope, plan.Nghttpx, plan.HAProxy} }

// measureTimeout bounds one attack on one proxy.
const measureTimeout = 2 * time.Minute

// check returns the attacks and the proxies that the options name.
func (o Options) check() ([]hostile.Attack, []string, error) {
	if o.Rounds < 1 {
		return nil, nil, fmt.Errorf("--rounds %d: want at least 1", o.Rounds)
	}
	for _, p := range o.Proxies {
		if !slices.Contains(Proxies(), p) {
			return nil, nil, fmt.Errorf("--proxies: no proxy %q; they are %s", p, strings.Join(Proxies(), ", "))
		}
	}
	of := Proxies()
	if o.Proxies != nil {
		of = o.Proxies
	}
	all := hostile.Attacks()
	if o.Only == nil {
		return all, of, nil
	}
	var ids []string
	for _, a := range all {
		ids = append(ids, a.ID)
	}
	for _, id := range o.Only {
		if !slices.Contains(ids, id) {
			return nil, nil, fmt.Errorf("--only: no attack %q; they are %s", id, strings.Join(ids, ", "))
		}
	}
	return slices.DeleteFunc(all, func(a hostile.Attack) bool { return !slices.Contains(o.Only, a.ID) }), of, nil
}

// Run attacks. The results of an interrupted or failed run are returned beside
// the error.
func Run(ctx context.Context, o Options) (*damage.Results, error) {
	attacks, of, err := o.check()
	if err != nil {
		return nil, err
	}
	results, err := describe(ctx, o, of)
	if err == nil && o.Before != nil {
		results, err = resume(o.Before, results, of)
	}
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "hoplab-attack-")
	if err != nil {
		return nil, err
	}
	f := &field{options: o, dir: dir, spans: lengths(o.Quick)}
	err = f.start()
	if err == nil {
		err = f.run(ctx, attacks, of, results)
	}
	return results, errors.Join(err, f.stop(), os.RemoveAll(dir))
}

func describe(ctx context.Context, o Options, of []string) (*damage.Results, error) {
	machine, err := place.Here()
	if err != nil {
		return nil, err
	}
	commands := map[string][]string{
		plan.Hopscope: {o.Hopscope, "version"},
		plan.Nghttpx:  {"nghttpx", "--version"},
		plan.HAProxy:  {"haproxy", "-v"},
	}
	for name := range commands {
		if !slices.Contains(of, name) {
			delete(commands, name)
		}
	}
	versions, err := place.Versions(ctx, commands)
	if err != nil {
		return nil, err
	}
	return &damage.Results{
		Run: place.Run{
			Date: time.Now().UTC().Format(time.RFC3339), Command: o.Command, Rounds: o.Rounds,
			Machine: machine, Version: versions,
		},
		Rate: map[string]float64{},
	}, nil
}

func (f *field) run(ctx context.Context, attacks []hostile.Attack, of []string, results *damage.Results) error {
	f.watched = f.canWatch()
	results.Watched = f.watched && (f.options.Before == nil || results.Watched) // in every part
	for _, proxy := range of {
		if results.Rate[proxy] > 0 {
			continue // as in the run's first part
		}
		rate, err := f.victimRate(ctx, proxy)
		if err != nil {
			return fmt.Errorf("%s: %w", plan.Title(proxy), err)
		}
		results.Rate[proxy] = rate
		fmt.Fprintf(f.options.Progress, "%s: the victim sends %.0f requests/s\n", plan.Title(proxy), rate)
	}
	for round := 1; round <= f.options.Rounds; round++ {
		if err := f.round(ctx, round, attacks, of, results); err != nil {
			return err
		}
	}
	if f.options.Quick {
		return nil
	}
	attacks = missed(attacks, results)
	for again := range moreRounds(f.options.Rounds) {
		if err := f.round(ctx, f.options.Rounds+1+again, attacks, of, results); err != nil {
			return err
		}
	}
	return nil
}

// canWatch reports whether it can be seen when the host of the machine takes its CPUs
// away. A short run does not look.
func (f *field) canWatch() bool {
	if f.options.Quick {
		return false
	}
	w, err := proc.NewWatch(f.cpus)
	if err != nil {
		fmt.Fprintf(f.options.Progress, "what the host of this machine takes away cannot be seen, and is in the latencies: %v; root may, or CAP_SYS_NICE\n", err)
		return false
	}
	if _, err := w.Stop(); err != nil {
		fmt.Fprintln(f.options.Progress, err)
		return false
	}
	return true
}

// round has each proxy suffer each of the attacks.
func (f *field) round(ctx context.Context, round int, attacks []hostile.Attack, of []string, results *damage.Results) error {
	for _, a := range attacks {
		if measured(results, a.ID, round, of) {
			continue
		}
		for i := range of {
			proxy := of[(i+round-1)%len(of)]
			begin := time.Now()
			s, err := f.sample(ctx, a, proxy, round, results.Rate[proxy])
			if err != nil {
				return fmt.Errorf("%s: %s: %w", a.ID, plan.Title(proxy), err)
			}
			results.Samples = append(results.Samples, s)
			fmt.Fprintf(f.options.Progress, "%4.1f s  %s\n", time.Since(begin).Seconds(), line(s))
		}
		if f.options.Save != nil {
			if err := f.options.Save(results); err != nil {
				return err
			}
		}
	}
	return nil
}

// line sums a sample up.
func line(s damage.Sample) string {
	died := ""
	if s.Died {
		died = "  THE PROXY DIED"
	}
	return fmt.Sprintf(
		"%d %-18s %-8s p99 ms %6.2f alone %6.2f harmless %6.2f attacked, %.0f %% calm, failed %d %d %d, %+.1f %+.1f MB, %s after %.2f s, %d of %d connections ended, %d steps, %d at the origin%s",
		s.Round, s.Attack, s.Proxy, s.Quiet.P99, s.Harmless.P99, s.Attacked.P99, 100*s.Calm(), s.Quiet.Failed, s.Harmless.Failed, s.Attacked.Failed,
		float64(s.Usual)/1e6, float64(s.Growth)/1e6, s.End, s.EndedAfter, s.Ended, s.Connections, s.Steps, s.Reached, died,
	)
}
