package tracing

import (
	"context"
	"io"
	"net/http"
	"time"
)

// Bounds on what a collector can make the gateway wait for and read.
const (
	exportTimeout    = 5 * time.Second
	maxCollectorBody = 64 << 10
)

// exporter carries requests to a collector, each within exportTimeout, until ctx
// ends; from then on they fail at once.
type exporter struct {
	next http.RoundTripper
	ctx  context.Context
}

// RoundTrip implements [http.RoundTripper].
func (e exporter) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(e.ctx, exportTimeout)
	resp, err := e.next.RoundTrip(req.WithContext(ctx))
	if err != nil {
		cancel()
		return nil, err
	}
	resp.Body = &boundedBody{io.LimitReader(resp.Body, maxCollectorBody), resp.Body, cancel}
	return resp, nil
}

// boundedBody is the beginning of a response's body; closing it ends the request.
type boundedBody struct {
	io.Reader
	body   io.Closer
	cancel context.CancelFunc
}

// Close implements [io.Closer].
func (b *boundedBody) Close() error {
	defer b.cancel()
	return b.body.Close()
}
