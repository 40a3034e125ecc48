package upstream

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"time"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/loop"
)

// dial connects to an endpoint and completes the TLS handshake.
func (c *Cluster) dial(e *event.Endpoint) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), c.timeout)
	defer cancel()
	nc, err := c.connect(ctx, "tcp", e.Address)
	if err == nil && c.tls != nil {
		nc, err = handshake(ctx, c, e, "h2", nc, func(nc net.Conn, cfg *tls.Config) tlsConn { return loop.ClientTLS(nc, cfg) })
	}
	if err != nil {
		c.tell(e.Address, err)
		return nil, err
	}
	return nc, nil
}

// Scheme returns the scheme of requests to the cluster.
func (c *Cluster) Scheme() string {
	if c.tls != nil {
		return "https"
	}
	return "http"
}

// tellEvery is the least time between two lines of the log about one endpoint.
const tellEvery = 10 * time.Second

// told is when the log was last told of an endpoint. It is safe for concurrent
// use.
type told struct {
	mu sync.Mutex
	at map[string]time.Time // by address; guarded by mu
}

// tell logs why an endpoint cannot be reached, now and then: clients are told no
// more than they need, see [Public].
func (c *Cluster) tell(address string, err error) {
	c.told.mu.Lock()
	now := time.Now()
	due := now.Sub(c.told.at[address]) >= tellEvery
	if due {
		if c.told.at == nil || len(c.told.at) > 256 { // names resolve to ever new addresses
			c.told.at = make(map[string]time.Time)
		}
		c.told.at[address] = now
	}
	c.told.mu.Unlock()
	if due {
		c.log.Warn("endpoint cannot be reached", "upstream", c.Name.Name, "endpoint", address, "error", err.Error())
	}
}
