package bench

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/plan"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/proc"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/proxies"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/raw"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/run"
)

// lab is what stands around the proxies.
type lab struct {
	options     Options
	dir         string // documents, configurations, logs; removed at the end
	certificate *proxies.Certificate
	collector   *proxies.Collector
	group       run.Group
	oneCPU      []int         // the CPU that a workload with OneCPU uses
	settle      time.Duration // before memory is read
	scrapes     int           // of a measurement
	turns       int           // of each proxy in a round
}

func (l *lab) start() error {
	for _, w := range plan.Workloads() {
		for _, size := range []int{w.Body, w.File} {
			if err := os.WriteFile(filepath.Join(l.dir, document(size)), make([]byte, size), 0o600); err != nil {
				return err
			}
		}
	}
	cpus, err := proc.CPUs()
	if err != nil {
		return err
	}
	l.oneCPU = cpus[len(cpus)-1:]
	if l.certificate, err = proxies.NewCertificate(l.dir); err != nil {
		return err
	}
	l.collector, err = proxies.StartCollector(&l.group)
	return err
}

func (l *lab) stop() error { return l.group.Stop() }

// cpus returns where the programs of a workload may run.
func (l *lab) cpus(w plan.Workload) []int {
	if w.OneCPU {
		return l.oneCPU
	}
	return nil
}

// document returns the name of a file with size bytes: what the origin serves,
// and what is uploaded.
func document(size int) string { return fmt.Sprintf("%d.bin", size) }

// origin is what proxies forward to.
type origin struct {
	addr string
	stop func() error
}

// startOrigin starts nghttpd, or where the options say so, the origin of this
// program.
func (l *lab) startOrigin(ctx context.Context, cpus []int) (origin, error) {
	if l.options.ownOrigin {
		o, err := raw.NewOrigin()
		if err != nil {
			return origin{}, err
		}
		return origin{addr: o.Addr(), stop: o.Close}, nil
	}
	addr, err := proxies.FreeAddr()
	if err != nil {
		return origin{}, err
	}
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return origin{}, err
	}
	p, err := proxies.StartListening(ctx, proc.Command{Path: "nghttpd", CPU: cpus, Args: []string{
		"--address=127.0.0.1", "--no-tls", "--workers=1", "--htdocs=" + l.dir,
		"--max-concurrent-streams=1000", "--window-bits=20", "--connection-window-bits=24", port,
	}}, addr)
	if err != nil {
		return origin{}, fmt.Errorf("the origin cannot start: %w", err)
	}
	return origin{addr: addr, stop: p.Stop}, nil
}
