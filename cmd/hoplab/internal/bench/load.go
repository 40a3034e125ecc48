package bench

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/h2load"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/plan"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/proxies"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/raw"
)

// warmup is the part of a run's requests that precede it and do not count:
// connections to the origin, tables, heap and branch predictors are as they stay.
const warmup = 0.1

// measureLoad returns the CPU that a proxy took per request or MiB. Where all
// share one CPU, also the latency that it adds.
func (l *lab) measureLoad(ctx context.Context, w plan.Workload, name string, setup proxies.Setup) (map[string]float64, error) {
	values := map[string]float64{}
	requests := max(int(float64(w.Requests)*plan.Share(name)), w.Connections*w.Streams)
	err := l.withProxy(ctx, name, setup, requests, func(p *proxies.Proxy, origin string) error {
		if err := l.send(ctx, w, p.Addr, max(int(warmup*float64(requests)), w.Connections), ""); err != nil {
			return fmt.Errorf("warm-up: %w", err)
		}
		log := ""
		var direct time.Duration
		if w.OneCPU {
			log = filepath.Join(l.dir, "latency")
			if err := l.send(ctx, w, origin, requests, log); err != nil {
				return fmt.Errorf("without a proxy: %w", err)
			}
			var err error
			if direct, err = h2load.MedianLatency(log); err != nil {
				return err
			}
			if err := os.Remove(log); err != nil { // h2load appends
				return err
			}
		}
		before, err := p.CPUTime()
		if err != nil {
			return err
		}
		if err := l.send(ctx, w, p.Addr, requests, log); err != nil {
			return err
		}
		after, err := p.CPUTime()
		if err != nil {
			return err
		}
		values[plan.CPU] = float64((after - before).Nanoseconds()) / 1e3 / float64(requests)
		if setup.Pprof {
			return l.profile(ctx, w, p, values[plan.CPU])
		}
		if w.OneCPU {
			through, err := h2load.MedianLatency(log)
			if err != nil {
				return err
			}
			values[plan.AddedP50] = float64((through - direct).Nanoseconds()) / 1e3
			return os.Remove(log)
		}
		return nil
	})
	return values, err
}

// tlsConfig trusts our certificate, for HTTP/2 over TLS 1.3.
func (l *lab) tlsConfig() *tls.Config {
	return &tls.Config{RootCAs: l.certificate.Pool, ServerName: "127.0.0.1", NextProtos: []string{"h2"}, MinVersion: tls.VersionTLS13}
}

// send sends requests of a workload to an address and returns once all are
// answered. log names a file for their latencies; "" for none.
func (l *lab) send(ctx context.Context, w plan.Workload, addr string, requests int, log string) error {
	scheme := "http"
	var config *tls.Config
	if w.TLS {
		scheme, config = "https", l.tlsConfig()
	}
	var fields []plan.Field
	if w.GRPC {
		fields = plan.GRPCFields()
	}
	path := "/" + document(w.File)
	if w.Unique {
		return raw.Load{
			Addr: addr, TLS: config, Connections: w.Connections, Streams: w.Streams, Requests: requests,
			Request: raw.Request{
				Scheme: scheme, Authority: addr, Path: path, Body: make([]byte, w.Body), Fields: fields, Unique: plan.UniqueFields(),
			},
		}.Run(ctx)
	}
	o := h2load.Options{
		URL: scheme + "://" + addr + path, Requests: requests, Connections: w.Connections, Streams: w.Streams,
		Fields: fields, Log: log, CPU: l.cpus(w),
	}
	if w.Body > 0 {
		o.Body = filepath.Join(l.dir, document(w.Body))
	}
	return h2load.Run(ctx, o)
}

// surelySampled is after how many requests a sampler that takes one in a hundred
// has taken some.
const surelySampled = 1000

// withProxy starts nghttpd and a proxy, calls f, which makes a number of requests,
// and stops both. A proxy that traces must have sent spans of that many.
func (l *lab) withProxy(ctx context.Context, name string, setup proxies.Setup, requests int, f func(p *proxies.Proxy, origin string) error) error {
	origin, err := l.startOrigin(ctx, setup.CPU)
	if err != nil {
		return err
	}
	setup.Origins = []string{origin.addr}
	batches := l.collector.Batches()
	err = l.withOrigin(ctx, name, setup, func(p *proxies.Proxy) error { return f(p, origin.addr) })
	traces := (name == plan.Hopscope || name == plan.TwoCores) && requests >= surelySampled
	if err == nil && traces && l.collector.Batches() == batches {
		err = errors.New("the collector got no span: tracing was not on")
	}
	return errors.Join(err, origin.stop())
}

// withOrigin starts a proxy in front of the setup's origins, calls f, and stops
// it. What f says is wrong gets the end of the proxy's log.
func (l *lab) withOrigin(ctx context.Context, name string, setup proxies.Setup, f func(p *proxies.Proxy) error) error {
	p, err := proxies.Start(ctx, name, setup)
	if err != nil {
		return err
	}
	if err = f(p); err != nil {
		err = fmt.Errorf("%w\nits log ends with:\n%s", err, p.Log())
	}
	return errors.Join(err, p.Stop())
}
