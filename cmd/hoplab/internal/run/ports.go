package run

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
	"time"
)

// Port is an address that a program needs and the flag that moves it.
type Port struct {
	Use  string // "gateway", for the message
	Flag string // "--listen"
	Addr string // host:port
}

// ListenAll binds every port, or none: the error names each one that is taken
// and its flag.
func ListenAll(ports []Port) ([]net.Listener, error) {
	var listeners []net.Listener
	var errs []error
	for _, p := range ports {
		l, err := net.Listen("tcp", p.Addr)
		if err != nil {
			errs = append(errs, p.explain(err))
			continue
		}
		listeners = append(listeners, l)
	}
	if len(errs) > 0 {
		for _, l := range listeners {
			l.Close()
		}
		return nil, errors.Join(errs...)
	}
	return listeners, nil
}

// relistenPatience is how long Relisten tries.
const relistenPatience = 5 * time.Second

// Relisten binds an address that was bound before and let go of. It tries for
// five seconds: meanwhile a client may have been given its port as a local one.
func Relisten(ctx context.Context, addr string) (net.Listener, error) {
	ctx, cancel := context.WithTimeout(ctx, relistenPatience)
	defer cancel()
	for {
		l, err := net.Listen("tcp", addr)
		if err == nil {
			return l, nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("listen on %s again: %w", addr, err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (p Port) explain(err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		host, port, _ := net.SplitHostPort(p.Addr) // it was good enough to listen on
		return fmt.Errorf("port %s on %s (%s) is taken by another program: move it with %s HOST:PORT (port 0 takes a free one)",
			port, host, p.Use, p.Flag)
	}
	return fmt.Errorf("%s %s (%s): %w", p.Flag, p.Addr, p.Use, err)
}
