package demo

import (
	"context"
	"net"
	"net/http"
	"sync"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/run"
)

// outlet is an HTTP server whose listener can be closed and opened again on the
// same address.
type outlet struct {
	addr    string // host:port that serve's listener has
	handler http.Handler

	mu  sync.Mutex
	end func() error // guarded by mu; nil while it is closed
}

// serve answers on l, which it owns from now on.
func (o *outlet) serve(l net.Listener) {
	o.mu.Lock()
	defer o.mu.Unlock()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- run.HTTP(l, o.handler)(ctx) }()
	o.end = func() error {
		cancel()
		return <-ended
	}
}

// close closes the listener and its connections. It may be called again.
func (o *outlet) close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.end == nil {
		return nil
	}
	end := o.end
	o.end = nil
	return end()
}

// reopen listens and answers again.
func (o *outlet) reopen(ctx context.Context) error {
	l, err := run.Relisten(ctx, o.addr)
	if err != nil {
		return err
	}
	o.serve(l)
	return nil
}
