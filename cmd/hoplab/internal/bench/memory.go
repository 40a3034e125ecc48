package bench

import (
	"context"
	"crypto/tls"
	"errors"
	"time"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/plan"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/proxies"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/raw"
)

// How long a proxy is left alone before its memory is read: garbage of the time
// before counts unless it is given back by then.
const (
	settle      = 2 * time.Second
	settleQuick = 50 * time.Millisecond
)

// arriveTimeout bounds how long streams may take to the origin.
const arriveTimeout = 20 * time.Second

// measureStreams returns the memory of an open stream on which nothing happens:
// what the proxy has beyond that with the same connections and no streams.
func (l *lab) measureStreams(ctx context.Context, w plan.Workload, name string, setup proxies.Setup) (map[string]float64, error) {
	values := map[string]float64{}
	err := l.withRawOrigins(1, func(origins []*raw.Origin) error {
		setup.Origins = addrs(origins)
		return l.withOrigin(ctx, name, setup, func(p *proxies.Proxy) error {
			held, err := raw.Hold(ctx, p.Addr, nil, w.Connections, idleRequest(p, "/"))
			if err != nil {
				return err
			}
			defer held.Close()
			before, err := l.settled(held, p)
			if err != nil {
				return err
			}
			arrive, cancel := context.WithTimeout(held.Context(), arriveTimeout)
			defer cancel()
			if err := held.Open(w.Streams, idleRequest(p, raw.Silent), func(n int) error { return origins[0].AwaitSilent(arrive, n) }); err != nil {
				return err
			}
			after, err := l.settled(held, p)
			if err != nil {
				return err
			}
			values[plan.StreamBytes] = float64(after-before) / float64(w.Connections*w.Streams)
			return nil
		})
	})
	return values, err
}

// measureConnections returns the memory of a connection that is idle after its
// first request.
func (l *lab) measureConnections(ctx context.Context, w plan.Workload, name string, setup proxies.Setup) (map[string]float64, error) {
	values := map[string]float64{}
	err := l.withRawOrigins(1, func(origins []*raw.Origin) error {
		setup.Origins = addrs(origins)
		return l.withOrigin(ctx, name, setup, func(p *proxies.Proxy) error {
			var config *tls.Config
			if w.TLS {
				config = l.tlsConfig()
			}
			first, err := raw.Hold(ctx, p.Addr, config, 1, idleRequest(p, "/"))
			if err != nil {
				return err
			}
			defer first.Close()
			before, err := l.settled(first, p)
			if err != nil {
				return err
			}
			held, err := raw.Hold(ctx, p.Addr, config, w.Connections, idleRequest(p, "/"))
			if err != nil {
				return err
			}
			defer held.Close()
			after, err := l.settled(held, p)
			if err != nil {
				return err
			}
			values[plan.ConnBytes] = float64(after-before) / float64(w.Connections)
			return nil
		})
	})
	return values, err
}

// idleRequest is a request as a gRPC client begins a stream.
func idleRequest(p *proxies.Proxy, path string) raw.Request {
	return raw.Request{Scheme: "http", Authority: p.Addr, Path: path, Body: []byte{}, Fields: plan.IdleFields()}
}

// settled returns the resident memory of a proxy after a pause in which none of
// its connections may fail.
func (l *lab) settled(held *raw.Held, p *proxies.Proxy) (int64, error) {
	pause := time.NewTimer(l.settle)
	defer pause.Stop()
	select {
	case <-pause.C:
		return p.RSS()
	case <-held.Context().Done():
		return 0, context.Cause(held.Context())
	}
}

// withRawOrigins starts origins of this program, calls f and stops them.
func (l *lab) withRawOrigins(n int, f func(origins []*raw.Origin) error) error {
	var origins []*raw.Origin
	var err error
	for range n {
		var o *raw.Origin
		if o, err = raw.NewOrigin(); err != nil {
			break
		}
		origins = append(origins, o)
	}
	if err == nil {
		err = f(origins)
	}
	for _, o := range origins {
		err = errors.Join(err, o.Close())
	}
	return err
}

func addrs(origins []*raw.Origin) []string {
	var list []string
	for _, o := range origins {
		list = append(list, o.Addr())
	}
	return list
}
