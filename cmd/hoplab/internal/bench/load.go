package bench

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/h2load"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/plan"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/proxies"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/raw"
)

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
