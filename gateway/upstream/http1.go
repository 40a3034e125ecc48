package upstream

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"time"

	"github.com/hopscope/hopscope/gateway/event"
)

// maxResponseHeaderBytes bounds the header of a response over HTTP/1.1.
const maxResponseHeaderBytes = 64 << 10

// Transport returns what makes connections to an endpoint of protocol http1; nil:
// the protocol is another.
//
// There is one for each host that the configuration names. net/http uses a
// connection for every request to its address: two names that stand for one
// address must not share what was verified for one of them.
func (c *Cluster) Transport(e *event.Endpoint) *http.Transport { return c.http1[e.Host] }

// closeIdle closes the connections over HTTP/1.1 that no request uses. Under TLS
// that can block.
func (c *Cluster) closeIdle() {
	for _, t := range c.http1 {
		t.CloseIdleConnections()
	}
}

// addTransport makes the transport of a host, if there is none.
func (c *Cluster) addTransport(host string) {
	if c.http1[host] != nil {
		return
	}
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		return c.dialHTTP1(ctx, network, host, address)
	}
	c.http1[host] = &http.Transport{
		DialContext:         dial,
		DialTLSContext:      dial,
		DisableCompression:  true, // what the client asked for is passed on
		MaxIdleConnsPerHost: 256,
		IdleConnTimeout:     90 * time.Second,
		// Of a response's header, as it comes: nothing of it is passed on before it is
		// whole. What net/http takes by default, 10 MiB, is above the bounds of memory.
		MaxResponseHeaderBytes: maxResponseHeaderBytes,
	}
}

func (c *Cluster) dialHTTP1(ctx context.Context, network, host, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	nc, err := c.connect(ctx, network, address)
	if err == nil && c.tls != nil {
		nc, err = handshake(ctx, c, c.named(host, address), "http/1.1", nc, func(nc net.Conn, cfg *tls.Config) tlsConn { return tls.Client(nc, cfg) })
	}
	if err != nil {
		c.tell(address, err)
		return nil, err
	}
	return nc, nil
}

// named returns the endpoint of a host at an address, which may be gone by now.
func (c *Cluster) named(host, address string) *event.Endpoint {
	for _, e := range c.Endpoints() {
		if e.Address == address && e.Host == host {
			return e
		}
	}
	return &event.Endpoint{Upstream: c.Name, Host: host, Address: address}
}
