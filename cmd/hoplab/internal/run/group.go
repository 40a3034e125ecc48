package run

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// Group is a stack of parts. The zero value is ready; Go and OnStop are called
// by one goroutine, Stop by the same or a later one.
type Group struct {
	stops  []func() error
	mu     sync.Mutex
	failed chan struct{} // closed with the first failure
	err    error         // guarded by mu
}

// Go starts a part. It must run until its context ends; one that returns
// before, with an error or without, fails the group.
func (g *Group) Go(name string, f func(ctx context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		err := f(ctx)
		if ctx.Err() == nil {
			if err == nil {
				err = errors.New("ended by itself")
			}
			g.fail(fmt.Errorf("%s: %w", name, err))
			err = nil // told once
		}
		done <- err
	}()
	g.OnStop(func() error {
		cancel()
		if err := <-done; err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	})
}

// OnStop pushes what frees something that was acquired.
func (g *Group) OnStop(f func() error) { g.stops = append(g.stops, f) }

// Failed is closed when a part ended by itself.
func (g *Group) Failed() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.channel()
}

// channel needs mu.
func (g *Group) channel() chan struct{} {
	if g.failed == nil {
		g.failed = make(chan struct{})
	}
	return g.failed
}

func (g *Group) fail(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.err == nil {
		g.err = err
		close(g.channel())
	}
}

// Stop ends all parts, the last one first, and returns what failed: the part
// that ended by itself and whatever could not be stopped cleanly.
func (g *Group) Stop() error {
	var errs []error
	for n := len(g.stops) - 1; n >= 0; n-- {
		errs = append(errs, g.stops[n]())
	}
	g.stops = nil
	g.mu.Lock()
	defer g.mu.Unlock()
	return errors.Join(append([]error{g.err}, errs...)...)
}

// shutdownTimeout bounds how long an HTTP server's requests may go on.
const shutdownTimeout = 2 * time.Second

// HTTP returns a part that serves h on l.
func HTTP(l net.Listener, h http.Handler) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		s := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
		stopped := make(chan struct{})
		stop := context.AfterFunc(ctx, func() {
			defer close(stopped)
			end, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
			defer cancel()
			if s.Shutdown(end) != nil {
				s.Close()
			}
		})
		err := s.Serve(l)
		if !stop() {
			<-stopped
		}
		if errors.Is(err, http.ErrServerClosed) {
			return nil
		}
		return err
	}
}
