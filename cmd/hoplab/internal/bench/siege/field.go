package siege

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/proc"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/proxies"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/raw"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/run"
)

// field is where attacks take place: the proxy has a CPU to itself, what is
// around it shares the others.
type field struct {
	options     Options
	dir         string // configurations; removed at the end
	certificate *proxies.Certificate
	collector   *proxies.Collector
	group       run.Group
	cpus        []int // of the machine that are used
	cpu         []int // of the proxy; nil: any
	spans       spans
	watched     bool // whether they are there is seen
	patience    patience
}

// spans is how long what takes.
type spans struct {
	warm, quiet, attack time.Duration
	capacity            int // requests that measure what a proxy can do
}

func lengths(quick bool) spans {
	if quick {
		return spans{warm: 20 * time.Millisecond, quiet: 50 * time.Millisecond, attack: 100 * time.Millisecond, capacity: 2000}
	}
	return spans{warm: 100 * time.Millisecond, quiet: 400 * time.Millisecond, attack: 900 * time.Millisecond, capacity: 100_000}
}

func (f *field) start() error {
	cpus, err := proc.CPUs()
	if err != nil {
		return err
	}
	f.cpus = cpus
	if f.certificate, err = proxies.NewCertificate(f.dir); err != nil {
		return err
	}
	if f.collector, err = proxies.StartCollector(&f.group); err != nil {
		return err
	}
	if last := len(cpus) - 1; last > 0 {
		release, err := proc.Confine(cpus[:last])
		if err != nil {
			return err
		}
		f.cpu = cpus[last:]
		f.group.OnStop(release)
	}
	return nil
}

func (f *field) stop() error { return f.group.Stop() }

// with starts an origin and a proxy in front of it, calls do, and stops both. What
// do says is wrong gets the end of the proxy's log. died says that the proxy did
// not survive; that is no error.
func (f *field) with(ctx context.Context, name string, secure bool, do func(p *proxies.Proxy, o *raw.Origin) error) (died bool, err error) {
	origin, err := raw.NewOrigin()
	if err != nil {
		return false, err
	}
	// What a proxy under attack does wrong towards its origin is not our concern.
	defer func() { _ = origin.Close() }()
	setup := proxies.Setup{
		Hopscope: f.options.Hopscope, Dir: f.dir, Origins: []string{origin.Addr()}, Collector: f.collector.URL, CPU: f.cpu,
	}
	if secure {
		setup.Certificate = f.certificate
	}
	p, err := proxies.Start(ctx, name, setup)
	if err != nil {
		return false, err
	}
	if err = do(p, origin); err != nil {
		err = fmt.Errorf("%w\nits log ends with:\n%s", err, p.Log())
	}
	select {
	case <-p.Exited():
		return true, nil
	default:
	}
	return false, errors.Join(err, p.Stop())
}
