package demo

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/gateway"
)

// hop is the gateway's process and what is needed to start it again.
type hop struct {
	binary, dir string
	cert        gateway.Certificate

	// Guarded by mu, which is held while a process is replaced.
	mu      sync.Mutex
	config  gateway.Config // with the addresses that were bound
	text    string         // the configuration in force
	process *gateway.Process
	refused bool // the file holds a configuration that the gateway refuses
}

// startTries bounds how often a restart is tried: for a moment a client may have
// been given one of the gateway's ports as its own.
const startTries = 5

func (h *hop) current() *gateway.Process {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.process
}

func (h *hop) pid() int { return h.current().PID() }

// internal returns the address of the listener for services.
func (h *hop) internal() string { return h.current().Listeners[gateway.InternalListener] }

// run returns when the gateway ended by itself.
func (h *hop) run(ctx context.Context) error {
	for {
		p := h.current()
		select {
		case <-p.Exited():
			if h.current() == p {
				return p.Err()
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// start starts the gateway for the first time and notes where it listens.
func (h *hop) start(ctx context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.text = h.config.YAML()
	p, err := gateway.Start(ctx, h.binary, h.text, h.dir)
	if err != nil {
		return err
	}
	h.process = p
	h.config.Edge, h.config.Admin = p.Listeners[gateway.EdgeListener], p.Admin
	h.config.Internal, h.config.Secure = p.Listeners[gateway.InternalListener], p.Listeners[gateway.SecureListener]
	if h.config.Edge == "" || h.config.Internal == "" || h.config.Secure == "" || p.Admin == "" {
		return fmt.Errorf("the gateway's ready line names listeners %v and admin %q: want %s, %s and %s",
			p.Listeners, p.Admin, gateway.EdgeListener, gateway.InternalListener, gateway.SecureListener)
	}
	return nil
}

// restart kills the gateway and starts it again where it listened.
func (h *hop) restart(ctx context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.process.Kill(); err != nil {
		return err
	}
	h.text = h.config.YAML()
	var errs []error
	for range startTries {
		p, err := gateway.Start(ctx, h.binary, h.text, h.dir)
		if err == nil {
			h.process = p
			return h.write()
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// refuse gives the gateway a configuration that it has to refuse, or the old one.
func (h *hop) refuse(_ context.Context, on bool) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.refused = on
	return h.write()
}

// write needs mu.
func (h *hop) write() error {
	text := h.text
	if h.refused {
		text = strings.Replace(text, "upstream: orders}", "upstream: order}", 1)
	}
	_, err := gateway.WriteConfig(h.dir, text)
	return err
}

// pause makes the gateway hang, or go on.
func (h *hop) pause(_ context.Context, on bool) error {
	if on {
		return h.current().Pause()
	}
	return h.current().Resume()
}

// startGateway starts the gateway in front of these endpoints.
func (d *Demo) startGateway(ctx context.Context, upstreams []string) error {
	cert, err := gateway.NewCertificate(d.state)
	if err != nil {
		return err
	}
	d.hop.binary, d.hop.dir, d.hop.cert = d.cfg.Binary, d.state, cert
	d.hop.config = gateway.Config{
		Edge: d.cfg.Gateway, Internal: "127.0.0.1:0", Secure: "127.0.0.1:0", Admin: d.cfg.Admin,
		CertFile: cert.CertFile, KeyFile: cert.KeyFile,
		Users: upstreams[:usersReplicas], Profiles: upstreams[usersReplicas], Orders: upstreams[usersReplicas+1],
		Collector: d.collector(), Sample: d.cfg.Sample,
	}
	err = d.hop.start(ctx)
	if d.hop.process != nil {
		d.group.OnStop(func() error { return d.hop.current().Stop() })
	}
	if err != nil {
		return err
	}
	d.group.Go("gateway", d.hop.run)
	d.Gateway, d.Secure, d.Admin = d.hop.config.Edge, d.hop.config.Secure, d.hop.config.Admin
	return nil
}
