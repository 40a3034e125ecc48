package upstream

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"time"

	"github.com/hopscope/hopscope/gateway/config"
	"github.com/hopscope/hopscope/gateway/credentials"
	"github.com/hopscope/hopscope/gateway/event"
)

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

// handshake completes a handshake as the client. Without a server_name the
// certificate has to be for the host that the configuration names, also where the
// endpoint is one of its addresses. protocol is what the endpoint has to choose; an
// endpoint that chooses none speaks HTTP/1.1. nc is closed if it fails.
func handshake(ctx context.Context, c *Cluster, e *event.Endpoint, protocol string, nc net.Conn, begin func(net.Conn, *tls.Config) tlsConn) (tlsConn, error) {
	cfg := c.tls
	if cfg.ServerName == "" {
		cfg = cfg.Clone()
		cfg.ServerName = e.Host
	}
	t := begin(nc, cfg)
	err := t.HandshakeContext(ctx)
	if got := t.ConnectionState().NegotiatedProtocol; err == nil && got != protocol && (protocol != "http/1.1" || got != "") {
		err = fmt.Errorf("%s does not speak %s: ALPN chose %q", e.Address, protocol, got)
	}
	c.observer.Handshake(nil, e, err)
	if err != nil {
		nc.Close()
		return nil, &handshakeError{err}
	}
	return t, nil
}

// tlsConn is a TLS connection of either kind: crypto/tls' or one that a loop can
// drive.
type tlsConn interface {
	net.Conn
	HandshakeContext(context.Context) error
	ConnectionState() tls.ConnectionState
}
