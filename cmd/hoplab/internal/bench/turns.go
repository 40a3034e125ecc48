package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/h2load"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/plan"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/proxies"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/run"
)

// turns is in how many parts each proxy gets the requests of a round: while one
// works the others are idle. A shared machine may be half as fast a few seconds
// later; turns of about a second have all proxies bear the same of that.
const (
	turns      = 5
	turnsQuick = 2
)

// warmup is the part of a run's requests that precede it and do not count:
// connections to the origin, tables, heap and branch predictors are as they stay.
const warmup = 0.1

// surelySampled is after how many requests a sampler that takes one in a hundred
// has taken some.
const surelySampled = 1000

// contender is a proxy that takes turns with others under the same load.
type contender struct {
	*proxies.Proxy
	name      string
	collector *proxies.Collector
	requests  int           // in a turn
	sent      int           // in all turns
	cpu       time.Duration // for them
	// Files to which h2load appends the latencies of all turns, without the proxy and
	// through it; "" where they are not measured.
	direct, through string
}

// measureLoad returns by proxy the CPU that it took per request or MiB. Where all
// share one CPU, also the latency that it adds.
func (l *lab) measureLoad(ctx context.Context, w plan.Workload, names []string) (_ map[string]map[string]float64, err error) {
	var g run.Group
	defer func() { err = errors.Join(err, g.Stop()) }()
	origin, err := l.startOrigin(ctx, l.cpus(w))
	if err != nil {
		return nil, err
	}
	g.OnStop(origin.stop)
	var all []*contender
	for _, name := range names {
		c, err := l.contend(ctx, w, name, origin.addr, &g)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", plan.Title(name), err)
		}
		all = append(all, c)
	}
	for turn := range l.turns {
		for i := range all {
			c := all[(i+turn)%len(all)]
			if err := l.turn(ctx, w, c, origin.addr); err != nil {
				return nil, c.explain(err)
			}
		}
	}
	values := map[string]map[string]float64{}
	for _, c := range all {
		if values[c.name], err = c.values(); err != nil {
			return nil, c.explain(err)
		}
		if l.profiled(c.name) {
			if err := l.profile(ctx, w, c.Proxy, values[c.name][plan.CPU]); err != nil {
				return nil, c.explain(err)
			}
		}
	}
	return values, nil
}

// contend starts a proxy as a part of g, and warms it up. When it stops, one that
// traces must have sent spans.
func (l *lab) contend(ctx context.Context, w plan.Workload, name, origin string, g *run.Group) (*contender, error) {
	c := &contender{name: name, requests: max(int(float64(w.Requests)*plan.Share(name))/l.turns, w.Connections*w.Streams)}
	setup := l.setup(w, name)
	setup.Origins = []string{origin}
	var err error
	if setup.Dir, err = os.MkdirTemp(l.dir, name+"-"); err != nil { // several may write a hopscope.yaml
		return nil, err
	}
	if w.OneCPU {
		c.direct, c.through = filepath.Join(setup.Dir, "direct"), filepath.Join(setup.Dir, "through")
	}
	if c.collector, err = proxies.StartCollector(g); err != nil {
		return nil, err
	}
	setup.Collector = c.collector.URL
	if c.Proxy, err = proxies.Start(ctx, name, setup); err != nil {
		return nil, err
	}
	g.OnStop(c.stop)
	few := max(int(warmup*float64(c.requests*l.turns)), w.Connections)
	if err := l.send(ctx, w, c.Addr, few, ""); err != nil {
		return nil, c.logged(fmt.Errorf("warm-up: %w", err))
	}
	return c, nil
}

// turn sends a part of a contender's requests.
func (l *lab) turn(ctx context.Context, w plan.Workload, c *contender, origin string) error {
	if c.direct != "" {
		if err := l.send(ctx, w, origin, c.requests, c.direct); err != nil {
			return fmt.Errorf("without a proxy: %w", err)
		}
	}
	before, err := c.CPUTime()
	if err != nil {
		return err
	}
	if err := l.send(ctx, w, c.Addr, c.requests, c.through); err != nil {
		return err
	}
	after, err := c.CPUTime()
	c.sent += c.requests
	c.cpu += after - before
	return err
}

// values returns what came of the turns.
func (c *contender) values() (map[string]float64, error) {
	values := map[string]float64{plan.CPU: float64(c.cpu.Nanoseconds()) / 1e3 / float64(c.sent)}
	if c.direct == "" {
		return values, nil
	}
	direct, err := h2load.MedianLatency(c.direct)
	if err != nil {
		return nil, err
	}
	through, err := h2load.MedianLatency(c.through)
	values[plan.AddedP50] = float64((through - direct).Nanoseconds()) / 1e3
	return values, err
}

func (c *contender) stop() error {
	err := c.Stop()
	traces := c.name == plan.Hopscope || c.name == plan.TwoCores
	if err == nil && traces && c.sent >= surelySampled && c.collector.Batches() == 0 {
		err = fmt.Errorf("%s: the collector got no span: tracing was not on", plan.Title(c.name))
	}
	return err
}

// logged adds the end of the proxy's log to an error.
func (c *contender) logged(err error) error {
	return fmt.Errorf("%w\nits log ends with:\n%s", err, c.Log())
}

func (c *contender) explain(err error) error {
	return c.logged(fmt.Errorf("%s: %w", plan.Title(c.name), err))
}
