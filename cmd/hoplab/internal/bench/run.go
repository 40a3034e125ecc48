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

// measureTimeout bounds one measurement of one proxy.
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
	l := &lab{options: o, dir: dir, settle: settle, scrapes: scrapes}
	if o.Quick {
		l.settle, l.scrapes = settleQuick, scrapesQuick
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
			for i := range w.Proxies {
				proxy := w.Proxies[(i+round-1)%len(w.Proxies)]
				values, err := l.measure(ctx, w, proxy)
				if err != nil {
					return fmt.Errorf("%s: %s: %w", w.ID, plan.Title(proxy), err)
				}
				for _, metric := range plan.Metrics() {
					value, ok := values[metric]
					if !ok {
						continue
					}
					results.Samples = append(results.Samples, report.Sample{
						Workload: w.ID, Metric: metric, Proxy: proxy, Round: round, Value: value,
					})
					fmt.Fprintf(l.options.Progress, "%-15s round %d/%d  %-24s %10.2f %s\n",
						w.ID, round, l.options.Rounds, plan.Title(proxy), value, w.Unit(metric))
				}
			}
		}
	}
	return nil
}

// measure starts a proxy and measures it. Every measurement has a proxy and an
// origin of its own: what one leaves behind does not burden the next.
func (l *lab) measure(ctx context.Context, w plan.Workload, name string) (map[string]float64, error) {
	ctx, cancel := context.WithTimeout(ctx, measureTimeout)
	defer cancel()
	setup := proxies.Setup{
		Hopscope: l.options.Hopscope, Dir: l.dir, Collector: l.collector.URL, Routes: w.Routes, CPU: l.cpus(w),
	}
	setup.Pprof = l.options.Profile != "" && name == plan.Hopscope
	if w.TLS {
		setup.Certificate = l.certificate
	}
	switch w.Kind {
	case plan.Load:
		return l.measureLoad(ctx, w, name, setup)
	case plan.IdleStreams:
		return l.measureStreams(ctx, w, name, setup)
	case plan.IdleConnections:
		return l.measureConnections(ctx, w, name, setup)
	case plan.Scrape:
		return l.measureScrape(ctx, w, name, setup)
	}
	return nil, fmt.Errorf("no way to measure kind %d", w.Kind)
}
