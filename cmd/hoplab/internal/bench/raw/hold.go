package raw

import (
	"context"
	"crypto/tls"
	"fmt"
	"sync"
)

// Held is a number of connections that are kept. One request was answered on
// each.
type Held struct {
	conns  []*conn
	ctx    context.Context // ends with the first failure of a connection, which is its cause
	cancel context.CancelCauseFunc
	done   sync.WaitGroup
}

// Hold opens connections one after the other and waits for the answer to a
// request on each. They last until Close or the end of the context.
func Hold(ctx context.Context, addr string, config *tls.Config, connections int, r Request) (*Held, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	h := &Held{ctx: ctx, cancel: cancel}
	for range connections {
		c, err := dial(ctx, addr, config)
		if err == nil {
			h.conns = append(h.conns, c)
			err = c.roundTrip(r)
		}
		if err != nil {
			h.Close()
			return nil, fmt.Errorf("connection %d of %d: %w", len(h.conns), connections, err)
		}
	}
	for _, c := range h.conns {
		h.done.Go(func() { h.watch(c) })
	}
	return h, nil
}

// roundTrip sends a request and waits for its answer.
func (c *conn) roundTrip(r Request) error {
	if _, err := c.request(r.header(), r.Body, true); err != nil {
		return err
	}
	if err := c.flush(); err != nil {
		return err
	}
	for {
		if e, err := c.success(); err != nil || e.ended {
			return err
		}
	}
}

// watch does what the connection owes until it ends.
func (h *Held) watch(c *conn) {
	for {
		e, err := c.success()
		if err == nil && e.stream == 0 {
			continue
		}
		if err == nil {
			err = fmt.Errorf("stream %d was answered: %s%s", e.stream, c.status, c.grpc)
		}
		h.cancel(err)
		return
	}
}

// Open opens streams on each connection: requests that do not end and that must
// not be answered. It calls arrived after each connection with the number of
// streams so far, and goes on once it returns: a proxy that is not given time to
// connect to its origin opens a connection for every stream.
func (h *Held) Open(streams int, r Request, arrived func(n int) error) error {
	for i, c := range h.conns {
		for range streams {
			if _, err := c.request(r.header(), r.Body, false); err != nil {
				return err
			}
		}
		if err := c.flush(); err != nil {
			return err
		}
		if err := arrived(streams * (i + 1)); err != nil {
			return err
		}
	}
	return nil
}

// Context ends when a connection fails, with the failure as its cause, and with
// Close.
func (h *Held) Context() context.Context { return h.ctx }

// Close closes the connections.
func (h *Held) Close() {
	h.cancel(nil) // closes those that are in use
	for _, c := range h.conns {
		c.net.Close()
	}
	h.done.Wait()
}
