package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/plan"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/proxies"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/report"
)

// Options is what a run may be told.
type Options struct {
	Hopscope string   // path of the program
	Rounds   int      // at least 1
	Quick    bool     // a fiftieth of the load: proves that everything runs, measures nothing
	Only     []string // ids of workloads; nil: all
	Proxies  []string // nil: all that a workload compares
	Profile  string   // directory that takes CPU profiles of hopscope; "": none are taken
	Command  string   // what the results name as their origin
	Progress io.Writer

	// ownOrigin takes this program's origin instead of nghttpd.
	ownOrigin bool
}

// measureTimeout bounds one measurement, for each proxy of it.
const measureTimeout = 5 * time.Minute

func (o Options) workloads() ([]plan.Workload, error) {
	if o.Rounds < 1 {
		return nil, fmt.Errorf("--rounds %d: want at least 1", o.Rounds)
	}
	for _, p := range o.Proxies {
		if !slices.Contains(plan.Proxies(), p) {
			return nil, fmt.Errorf("--proxies: no proxy %q; they are %s", p, strings.Join(plan.Proxies(), ", "))
		}
	}
	all := plan.Workloads()
	var ids []string
	for _, w := range all {
		ids = append(ids, w.ID)
	}
	for _, id := range o.Only {
		if !slices.Contains(ids, id) {
			return nil, fmt.Errorf("--only: no workload %q; they are %s", id, strings.Join(ids, ", "))
		}
	}
	var wanted []plan.Workload
	for _, w := range all {
		if o.Only != nil && !slices.Contains(o.Only, w.ID) {
			continue
		}
		if o.Proxies != nil {
			w.Proxies = slices.DeleteFunc(slices.Clone(w.Proxies), func(p string) bool { return !slices.Contains(o.Proxies, p) })
		}
		if o.Quick {
			w = quick(w)
		}
		wanted = append(wanted, w)
	}
	return wanted, nil
}

// quick returns the workload with little to do.
func quick(w plan.Workload) plan.Workload {
	const part = 50
	if w.Requests > 0 {
		w.Requests = max(w.Requests/part, w.Connections*w.Streams)
	}
	if w.Kind == plan.IdleStreams || w.Kind == plan.IdleConnections {
		w.Connections /= 10
	}
	return w
}

// Run measures. The results of an interrupted or failed run are returned beside
// the error.
func Run(ctx context.Context, o Options) (*report.Results, error) {
	workloads, err := o.workloads()
	if err != nil {
		return nil, err
	}
	results, err := describe(ctx, o)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "hoplab-bench-")
	if err != nil {
		return nil, err
	}
	l := &lab{options: o, dir: dir, settle: settle, scrapes: scrapes, turns: turns}
	if o.Quick {
		l.settle, l.scrapes, l.turns = settleQuick, scrapesQuick, turnsQuick
	}
	err = l.start()
	if err == nil {
		err = l.run(ctx, workloads, results)
	}
	return results, errors.Join(err, l.stop(), os.RemoveAll(dir))
}

func (l *lab) run(ctx context.Context, workloads []plan.Workload, results *report.Results) error {
	for _, w := range workloads {
		for round := 1; round <= l.options.Rounds; round++ {
			for _, names := range together(w, round) {
				values, err := l.measure(ctx, w, names)
				if err != nil {
					return fmt.Errorf("%s: %w", w.ID, err)
				}
				for _, name := range names {
					l.note(results, w, round, name, values[name])
				}
			}
		}
	}
	return nil
}

// together returns which proxies are measured at once, in the order of a round:
// those under a load take turns, of others memory or time is measured one by one.
func together(w plan.Workload, round int) [][]string {
	var order []string
	for i := range w.Proxies {
		order = append(order, w.Proxies[(i+round-1)%len(w.Proxies)])
	}
	if w.Kind == plan.Load {
		return [][]string{order}
	}
	return slices.Collect(slices.Chunk(order, 1))
}

// note takes and tells what was measured of a proxy.
func (l *lab) note(results *report.Results, w plan.Workload, round int, name string, values map[string]float64) {
	for _, metric := range plan.Metrics() {
		value, ok := values[metric]
		if !ok {
			continue
		}
		results.Samples = append(results.Samples, report.Sample{
			Workload: w.ID, Metric: metric, Proxy: name, Round: round, Value: value,
		})
		fmt.Fprintf(l.options.Progress, "%-15s round %d/%d  %-24s %10.2f %s\n",
			w.ID, round, l.options.Rounds, plan.Title(name), value, w.Unit(metric))
	}
}

// setup returns how a proxy is set in a workload.
func (l *lab) setup(w plan.Workload, name string) proxies.Setup {
	setup := proxies.Setup{
		Hopscope: l.options.Hopscope, Dir: l.dir, Collector: l.collector.URL, Routes: w.Routes, CPU: l.cpus(w), Pprof: l.profiled(name),
	}
	if w.TLS {
		setup.Certificate = l.certificate
	}
	return setup
}

func (l *lab) profiled(name string) bool { return l.options.Profile != "" && name == plan.Hopscope }

// measure starts proxies and measures them. Every measurement has proxies and an
// origin of its own: what one leaves behind does not burden the next.
func (l *lab) measure(ctx context.Context, w plan.Workload, names []string) (map[string]map[string]float64, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(len(names))*measureTimeout)
	defer cancel()
	if w.Kind == plan.Load {
		return l.measureLoad(ctx, w, names)
	}
	alone := map[plan.Kind]func(context.Context, plan.Workload, string, proxies.Setup) (map[string]float64, error){
		plan.IdleStreams: l.measureStreams, plan.IdleConnections: l.measureConnections, plan.Scrape: l.measureScrape,
	}[w.Kind]
	if alone == nil {
		return nil, fmt.Errorf("no way to measure kind %d", w.Kind)
	}
	name := names[0]
	values, err := alone(ctx, w, name, l.setup(w, name))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", plan.Title(name), err)
	}
	return map[string]map[string]float64{name: values}, nil
}
