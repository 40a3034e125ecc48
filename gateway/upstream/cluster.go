package upstream

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hopscope/hopscope/gateway/config"
	"github.com/hopscope/hopscope/gateway/credentials"
	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/loop"
)

// Cluster is an upstream under one configuration.
type Cluster struct {
	Name     *event.UpstreamName
	Protocol config.Protocol
	HTTP1    *http.Transport // protocol http1 only

	cfg         config.Upstream
	tls         *tls.Config      // nil: plain
	credentials *credentials.TLS // nil: plain
	timeout     time.Duration
	observer    event.Observer
	log         *slog.Logger
	endpoints   atomic.Pointer[[]*event.Endpoint]
	connect     Connect

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
		c.HTTP1 = c.http1Transport()
	}
	ctx, cancel := context.WithCancel(context.Background())
	c.stop = cancel
	r := &resolver{c: c}
	for _, e := range cfg.Endpoints {
		if rest, ok := strings.CutPrefix(e, "dns:"); ok {
			host, port, _ := net.SplitHostPort(rest) // validated by config
			r.names = append(r.names, &name{host: host, port: port})
		} else {
			r.static = append(r.static, c.endpoint(e))
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

func (c *Cluster) endpoint(address string) *event.Endpoint {
	e := &event.Endpoint{Upstream: c.Name, Address: address}
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

func (c *Cluster) sameTLS(cfg config.Upstream) bool {
	if c.cfg.TLS == nil || cfg.TLS == nil {
		return c.cfg.TLS == cfg.TLS
	}
	if *c.cfg.TLS != *cfg.TLS {
		return false
	}
	t, err := clientTLS(cfg)
	return err == nil && t.Same(c.credentials)
}

// NotAfter returns when the certificate ends that endpoints are shown; zero if
// there is none.
func (c *Cluster) NotAfter() time.Time {
	if c.credentials == nil {
		return time.Time{}
	}
	return c.credentials.NotAfter
}

// Close stops the look-ups and tells the observer that the endpoints are gone.
// Connections belong to the pools.
func (c *Cluster) Close() {
	c.stop()
	c.done.Wait()
	for _, e := range c.Endpoints() {
		c.observer.EndpointRemoved(e)
	}
	if c.HTTP1 != nil {
		c.HTTP1.CloseIdleConnections()
	}
}

// clientTLS reads the files of an upstream's TLS settings; nil: it has none.
func clientTLS(cfg config.Upstream) (*credentials.TLS, error) {
	if cfg.TLS == nil {
		return nil, nil
	}
	protocol := "h2"
	if cfg.Protocol == config.HTTP1 {
		protocol = "http/1.1"
	}
	return credentials.Client(cfg.TLS, protocol)
}

// dial connects to an endpoint and completes the TLS handshake.
func (c *Cluster) dial(e *event.Endpoint) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), c.timeout)
	defer cancel()
	nc, err := c.connect(ctx, "tcp", e.Address)
	if err != nil || c.tls == nil {
		return nc, err
	}
	cfg := c.tls
	if cfg.ServerName == "" {
		host, _, _ := net.SplitHostPort(e.Address)
		cfg = cfg.Clone()
		cfg.ServerName = host
	}
	t := loop.ClientTLS(nc, cfg)
	err = t.HandshakeContext(ctx)
	if err == nil && t.ConnectionState().NegotiatedProtocol != "h2" {
		err = fmt.Errorf("%s does not speak h2: ALPN chose %q", e.Address, t.ConnectionState().NegotiatedProtocol)
	}
	c.observer.Handshake(nil, e, err)
	if err != nil {
		nc.Close()
		return nil, fmt.Errorf("tls handshake: %w", err)
	}
	return t, nil
}

func (c *Cluster) http1Transport() *http.Transport {
	return &http.Transport{
		DialContext:         c.connect,
		TLSClientConfig:     c.tls,
		TLSHandshakeTimeout: c.timeout,
		DisableCompression:  true, // what the client asked for is passed on
		MaxIdleConnsPerHost: 256,
		IdleConnTimeout:     90 * time.Second,
	}
}

// Scheme returns the scheme of requests to the cluster.
func (c *Cluster) Scheme() string {
	if c.tls != nil {
		return "https"
	}
	return "http"
}
