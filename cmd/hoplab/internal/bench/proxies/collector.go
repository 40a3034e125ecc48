package proxies

import (
	"io"
	"net"
	"net/http"
	"sync/atomic"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/run"
)

// Collector takes hopscope's spans and counts the batches.
type Collector struct {
	URL     string
	batches atomic.Int64
}

// StartCollector starts a collector as a part of g.
func StartCollector(g *run.Group) (*Collector, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	c := &Collector{URL: "http://" + listener.Addr().String() + "/api/traces"}
	g.Go("collector", run.HTTP(listener, c))
	return c, nil
}

// Batches returns how many batches of spans have come.
func (c *Collector) Batches() int64 { return c.batches.Load() }

// ServeHTTP takes a batch.
func (c *Collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if n, err := io.Copy(io.Discard, r.Body); err == nil && n > 0 {
		c.batches.Add(1)
	}
	w.WriteHeader(http.StatusAccepted)
}
