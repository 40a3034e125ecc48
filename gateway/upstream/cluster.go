package upstream

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hopscope/hopscope/gateway/config"
	"github.com/hopscope/hopscope/gateway/credentials"
	"github.com/hopscope/hopscope/gateway/event"
)

// Cluster is an upstream under one configuration.
type Cluster struct {
	Name     *event.UpstreamName
	Protocol config.Protocol

	cfg         config.Upstream
	tls         *tls.Config      // nil: plain
	credentials *credentials.TLS // nil: plain
	timeout     time.Duration
	observer    event.Observer
	log         *slog.Logger
	endpoints   atomic.Pointer[[]*event.Endpoint]
	http1       map[string]*http.Transport // by host, see Transport; protocol http1 only
	connect     Connect
	told        told

	stop context.CancelFunc
	done sync.WaitGroup
}

// Connect opens a connection to an address, as net.Dialer.DialContext does.
type Connect func(ctx context.Context, network, address string) (net.Conn, error)

// SetConnect has connections opened by another function than a net.Dialer's. It
// is to be called before the cluster is used; HTTP/1.1 is not affected.
func (c *Cluster) SetConnect(f Connect) { c.connect = f }

// NewCluster makes a cluster and tells the observer of its endpoints. Names of
// dns: endpoints are looked up in the background until Close; the first answers
// are waited for, up to connectTimeout. It fails if a file of its TLS settings
// cannot be used.
func NewCluster(cfg config.Upstream, id *event.UpstreamName, connectTimeout time.Duration, o event.Observer, log *slog.Logger) (*Cluster, error) {
	c := &Cluster{Name: id, Protocol: cfg.Protocol, cfg: cfg, timeout: connectTimeout, observer: o, log: log}
	c.connect = (&net.Dialer{Timeout: connectTimeout}).DialContext
	t, err := clientTLS(cfg)
	if err != nil {
		return nil, fmt.Errorf("upstream %q: %w", cfg.Name, err)
	}
	if t != nil {
		c.tls, c.credentials = t.Config, t
	}
	if cfg.Protocol == config.HTTP1 {
		c.http1 = make(map[string]*http.Transport)
	}
	ctx, cancel := context.WithCancel(context.Background())
	c.stop = cancel
	r := &resolver{c: c}
	for _, e := range cfg.Endpoints {
		hostPort, dns := config.CutDNS(e)
		host, port, _ := net.SplitHostPort(hostPort) // validated by config
		if c.http1 != nil {
			c.addTransport(host)
		}
		if dns {
			r.names = append(r.names, &name{host: host, port: port})
		} else {
			r.static = append(r.static, c.endpoint(host, e))
		}
	}
	r.publish()
	if len(r.names) > 0 {
		first := make(chan struct{})
		c.done.Go(func() { r.run(ctx, first) })
		select {
		case <-first:
		case <-time.After(connectTimeout):
		}
	}
	return c, nil
}

func (c *Cluster) endpoint(host, address string) *event.Endpoint {
	e := &event.Endpoint{Upstream: c.Name, Host: host, Address: address}
	c.observer.EndpointAdded(e)
	return e
}

// Endpoints returns the present endpoints; the slice is not to be changed.
func (c *Cluster) Endpoints() []*event.Endpoint { return *c.endpoints.Load() }

// Same reports whether a new configuration, with what its TLS files hold now,
// leaves the cluster as it is.
func (c *Cluster) Same(cfg config.Upstream, connectTimeout time.Duration) bool {
	return c.sameTLS(cfg) && c.timeout == connectTimeout && c.cfg.Protocol == cfg.Protocol &&
		c.cfg.Name == cfg.Name && slices.Equal(c.cfg.Endpoints, cfg.Endpoints)
}

// Close stops the look-ups and tells the observer that the endpoints are gone.
// Connections belong to the pools.
func (c *Cluster) Close() {
	c.stop()
	c.done.Wait()
	for _, e := range c.Endpoints() {
		c.observer.EndpointRemoved(e)
	}
	c.closeIdle()
}
