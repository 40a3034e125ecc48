package proxies

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/plan"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/proc"
)

// Setup is what every proxy is given.
type Setup struct {
	Hopscope    string   // path of the program
	Dir         string   // takes its configuration
	Origins     []string // host:port, h2c
	Certificate *Certificate
	Collector   string // URL that takes Jaeger thrift over HTTP; hopscope only
	Routes      int    // for each origin, as RoutePath names them; 0: one for everything
	Pprof       bool   // hopscope serves CPU profiles
	CPU         []int  // where it may run; nil: anywhere
}

// RouteName returns the name of a route to an origin. Both are counted from 0.
func RouteName(origin, route int) string { return fmt.Sprintf("up%d-route%02d", origin, route) }

// RoutePath returns the path prefix of a route to an origin. Both are counted
// from 0.
func RoutePath(origin, route int) string { return fmt.Sprintf("/up%d/route%02d/", origin, route) }

// Proxy is one that runs.
type Proxy struct {
	*proc.Process
	Addr  string // host:port of its listener
	Admin string // host:port of its admin server; hopscope only
}

// readyTimeout bounds how long a proxy may take to listen.
const readyTimeout = 20 * time.Second

// Start starts a proxy, one of plan's, and returns once it listens.
func Start(ctx context.Context, name string, s Setup) (*Proxy, error) {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	var p *Proxy
	var err error
	switch name {
	case plan.Hopscope, plan.Quiet, plan.TwoCores:
		p, err = startHopscope(ctx, name, s)
	case plan.Nghttpx:
		p, err = startNghttpx(ctx, s)
	case plan.HAProxy:
		p, err = startHAProxy(ctx, s)
	case plan.Reverse:
		p, err = startReverse(ctx, s)
	default:
		return nil, fmt.Errorf("no proxy %q", name)
	}
	if err != nil {
		return nil, err
	}
	children, err := p.Children()
	if err == nil && len(children) > 0 {
		err = fmt.Errorf("%s works in processes of its own (%v), where nothing is measured", name, children)
	}
	if err != nil {
		return nil, errors.Join(err, p.Stop())
	}
	return p, nil
}

// startAnnounced starts a program that tells its addresses in a line of output,
// which announced finds.
func startAnnounced(ctx context.Context, c proc.Command, announced func(line string) (addr, admin string)) (*Proxy, error) {
	type ready struct{ addr, admin string }
	told := make(chan ready, 1)
	process, err := proc.Start(c, func(line string) {
		if addr, admin := announced(line); addr != "" {
			select {
			case told <- ready{addr, admin}:
			default:
			}
		}
	})
	if err != nil {
		return nil, err
	}
	select {
	case r := <-told:
		return &Proxy{Process: process, Addr: r.addr, Admin: r.admin}, nil
	case <-process.Exited():
		return nil, process.Ended()
	case <-ctx.Done():
		return nil, errors.Join(fmt.Errorf("%s is not ready: %w; its output ends with:\n%s", c.Path, ctx.Err(), process.Log()), process.Stop())
	}
}

// StartListening starts a program that was told to listen on addr and returns
// once it accepts connections there.
func StartListening(ctx context.Context, c proc.Command, addr string) (*Proxy, error) {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	process, err := proc.Start(c, nil)
	if err != nil {
		return nil, err
	}
	retry := time.NewTicker(5 * time.Millisecond)
	defer retry.Stop()
	for {
		if conn, err := net.Dial("tcp", addr); err == nil {
			conn.Close()
			return &Proxy{Process: process, Addr: addr}, nil
		}
		select {
		case <-retry.C:
		case <-process.Exited():
			return nil, process.Ended()
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("%s does not listen on %s: %w; its output ends with:\n%s", c.Path, addr, ctx.Err(), process.Log()), process.Stop())
		}
	}
}

// FreeAddr returns an address that was free a moment ago, for programs that
// cannot be given port 0.
func FreeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// write puts a configuration file into the proxy's folder and returns its path.
func (s Setup) write(name, text string) (string, error) {
	file := filepath.Join(s.Dir, name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return "", fmt.Errorf("configuration: %w", err)
	}
	return file, nil
}
