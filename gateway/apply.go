package gateway

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/hopscope/hopscope/gateway/accept"
	"github.com/hopscope/hopscope/gateway/config"
	"github.com/hopscope/hopscope/gateway/credentials"
	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/relay"
	"github.com/hopscope/hopscope/gateway/route"
	"github.com/hopscope/hopscope/gateway/upstream"
)

// apply puts a configuration in force: everything that can fail is built first,
// then the workers take the new table, then what is no longer wanted goes. With
// keepTLS a listener or upstream whose TLS files cannot be used keeps what it has,
// and the error names it; the rest is in force. g.mu is held.
func (g *Gateway) apply(cfg *config.Config, keepTLS bool) error {
	matcher, err := route.Build(cfg.Routes)
	if err != nil {
		return err
	}
	b := build{g: g, cfg: cfg, keepTLS: keepTLS}
	if err := b.listeners(); err != nil {
		b.undo()
		return err
	}
	b.names()
	g.observer.Topology(b.topology)
	if err := b.clusters(); err != nil {
		b.undo()
		if g.cfg != nil {
			g.observer.Topology(g.topology())
		}
		return err
	}
	table := &relay.Table{Match: matcher, Limits: cfg.Limits}
	for i := range cfg.Routes {
		r := &cfg.Routes[i]
		table.Routes = append(table.Routes, relay.Route{
			Event:       b.state.routes[routeKey{r.Name, r.Upstream}],
			Cluster:     b.state.clusters[r.Upstream],
			HostRewrite: r.HostRewrite, Timeout: r.Timeout, IdleTimeout: r.IdleTimeout, Retry: r.Retry,
		})
	}
	old := g.state
	g.state, g.cfg = b.state, cfg
	g.install(table)
	g.limit(&cfg.Limits)
	g.http1.limit(&cfg.Limits)
	for i, l := range b.state.listeners {
		l.settings.Store(b.settings[i])
		l.setCredentials(b.credentials[i])
		l.SetLimits(accept.Limits{
			Pending: maxPending(&cfg.Limits, g.shared.MaxConnections.Load()), Time: cfg.Limits.HeaderTimeout,
		})
	}
	b.tellExpiry()
	for _, l := range b.fresh {
		l.Serve()
	}
	for _, l := range old.listeners {
		if !slices.Contains(b.state.listeners, l) {
			g.drop(l, slices.ContainsFunc(b.state.listeners, func(now *listener) bool { return now.socketKey() == l.socketKey() }))
		}
	}
	for name, c := range old.clusters {
		if b.state.clusters[name] != c {
			c.Close()
		}
	}
	return errors.Join(b.kept...)
}

// limit puts the limits of the process as a whole in force.
func (g *Gateway) limit(l *config.Limits) {
	conns := l.MaxConnections
	if conns == 0 {
		conns = maxConnections()
	}
	g.shared.MaxConnections.Store(conns)
	g.memory.configure(l)
}

// maxPending returns how many connections of a listener may be pending of conns in
// all, 0: any number. It leaves others half of the room.
func maxPending(l *config.Limits, conns int64) int64 {
	if conns == 0 {
		return l.MaxPendingConnections
	}
	return min(l.MaxPendingConnections, max(conns/2, 1))
}

// install gives every worker the table and waits until all have it.
func (g *Gateway) install(t *relay.Table) {
	var done sync.WaitGroup
	for _, w := range g.workers {
		done.Add(1)
		if w.Post(relay.Reload{Worker: w, Table: t, Done: done.Done}) != nil {
			done.Done()
		}
	}
	done.Wait()
}

// drop ends a listener that a reload took away: its connections are drained,
// those that have not said what they speak as soon as they have. Another may have
// replaced it on its socket.
func (g *Gateway) drop(l *listener, replaced bool) {
	l.Stop(!replaced)
	g.leaving = append(g.leaving, l)
	drain := func() {
		for _, w := range g.workers {
			_ = w.Post(relay.DropListener{Worker: w, Listener: l.Name()})
		}
	}
	drain()
	g.dropping.Go(func() {
		l.Wait()
		drain()
		g.mu.Lock()
		defer g.mu.Unlock()
		g.leaving = slices.DeleteFunc(g.leaving, func(other *listener) bool { return other == l })
	})
}

// build is a configuration on its way into force.
type build struct {
	g           *Gateway
	cfg         *config.Config
	keepTLS     bool
	state       state
	settings    []*relay.Listener
	credentials []*credentials.TLS // of each listener; nil: plain text
	fresh       []*listener
	made        []*upstream.Cluster
	kept        []error // why something keeps the TLS files it had
	topology    event.Topology
}

// undo takes back what was made for a configuration that failed.
func (b *build) undo() {
	for _, l := range b.fresh {
		l.Close()
	}
	for _, c := range b.made {
		c.Close()
	}
}

// listeners binds the addresses that are not bound yet.
func (b *build) listeners() error {
	for i := range b.cfg.Listeners {
		lc := &b.cfg.Listeners[i]
		l := b.bound(lc)
		tls, err := b.listenerTLS(lc, l)
		if err != nil {
			return fmt.Errorf("listener %q: %w", lc.Name, err)
		}
		if l == nil {
			l = &listener{address: lc.Address}
			name := &event.Listener{Name: lc.Name, Trust: string(lc.TraceTrust)}
			ln, err := b.listen(lc)
			if err != nil {
				return fmt.Errorf("listener %q: cannot listen on %s: %w", lc.Name, lc.Address, err)
			}
			l.Listener = accept.New(name, ln, hand{b.g, l}, b.g.observer, b.g.log)
			b.fresh = append(b.fresh, l)
		}
		b.state.listeners = append(b.state.listeners, l)
		scheme := "http"
		if tls != nil {
			scheme = "https"
		}
		b.credentials = append(b.credentials, tls)
		b.settings = append(b.settings, &relay.Listener{
			Event: l.Name(), Scheme: scheme, Trusted: trusted(lc.TrustedProxies),
		})
		b.topology.Listeners = append(b.topology.Listeners, l.Name())
	}
	return nil
}

// listen returns a socket for a listener: that of the one that it replaces, so
// that no connection is refused meanwhile, or a new one.
func (b *build) listen(lc *config.Listener) (net.Listener, error) {
	key := SocketKey(lc.Name, lc.Address)
	for _, l := range b.g.state.listeners {
		if l.socketKey() == key {
			return l.share()
		}
	}
	return b.g.listen(lc.Name, lc.Address)
}

// listenerTLS reads the TLS files of a listener, which is in force as l unless
// that is nil. What has not changed is kept, with its session tickets.
func (b *build) listenerTLS(lc *config.Listener, l *listener) (*credentials.TLS, error) {
	if lc.TLS == nil {
		return nil, nil
	}
	fresh, err := credentials.Server(lc.TLS, "h2", "http/1.1")
	switch {
	case l == nil || l.credentials == nil:
		return fresh, err
	case err != nil && b.keepTLS:
		b.kept = append(b.kept, fmt.Errorf("listener %q: %w", lc.Name, err))
		return l.credentials, nil
	case err == nil && fresh.Same(l.credentials):
		return l.credentials, nil
	}
	return fresh, err
}

// bound returns the listener in force with the same name, address and trust.
func (b *build) bound(lc *config.Listener) *listener {
	for _, l := range b.g.state.listeners {
		n := l.Name()
		if n.Name == lc.Name && l.address == lc.Address && n.Trust == string(lc.TraceTrust) {
			return l
		}
	}
	return nil
}

// names keeps the identity of routes and upstreams that stay.
func (b *build) names() {
	b.state.upstreams = make(map[string]*event.UpstreamName)
	b.state.routes = make(map[routeKey]*event.Route)
	for i := range b.cfg.Upstreams {
		name := b.cfg.Upstreams[i].Name
		u := b.g.state.upstreams[name]
		if u == nil {
			u = &event.UpstreamName{Name: name}
		}
		b.state.upstreams[name] = u
		b.topology.Upstreams = append(b.topology.Upstreams, u)
	}
	for i := range b.cfg.Routes {
		k := routeKey{b.cfg.Routes[i].Name, b.cfg.Routes[i].Upstream}
		r := b.g.state.routes[k]
		if r == nil {
			r = &event.Route{Name: k.route, Upstream: b.state.upstreams[k.upstream]}
		}
		b.state.routes[k] = r
		b.topology.Routes = append(b.topology.Routes, r)
	}
}

// clusters makes those that are new or changed.
func (b *build) clusters() error {
	b.state.clusters = make(map[string]*upstream.Cluster)
	for i := range b.cfg.Upstreams {
		uc := &b.cfg.Upstreams[i]
		c := b.g.state.clusters[uc.Name]
		if c == nil || !c.Same(*uc, b.cfg.Limits.ConnectTimeout) {
			fresh, err := upstream.NewCluster(*uc, b.state.upstreams[uc.Name], b.cfg.Limits.ConnectTimeout, b.g.observer, b.g.log)
			switch {
			case err == nil:
				c = fresh
				b.made = append(b.made, c)
			case b.keepTLS:
				b.kept = append(b.kept, err)
			default:
				return err
			}
		}
		b.state.clusters[uc.Name] = c
	}
	return nil
}

// tellExpiry tells the observer when the certificates in force end.
func (b *build) tellExpiry() {
	for i, l := range b.state.listeners {
		var end time.Time
		if t := b.credentials[i]; t != nil {
			end = t.NotAfter
		}
		b.g.observer.Certificate(l.Name(), nil, end)
	}
	for name, c := range b.state.clusters {
		b.g.observer.Certificate(nil, b.state.upstreams[name], c.NotAfter())
	}
}

// topology returns what labels can name under the configuration in force.
func (g *Gateway) topology() event.Topology {
	var t event.Topology
	for _, l := range g.state.listeners {
		t.Listeners = append(t.Listeners, l.Name())
	}
	for _, u := range g.state.upstreams {
		t.Upstreams = append(t.Upstreams, u)
	}
	for _, r := range g.state.routes {
		t.Routes = append(t.Routes, r)
	}
	return t
}

// trusted returns whether a peer address is within the prefixes.
func trusted(prefixes []netip.Prefix) func(string) bool {
	return func(peer string) bool {
		if len(prefixes) == 0 {
			return false
		}
		a, err := netip.ParseAddrPort(peer)
		if err != nil {
			return false
		}
		for _, p := range prefixes {
			if p.Contains(a.Addr().Unmap()) {
				return true
			}
		}
		return false
	}
}

// hand gives accepted connections of a listener to the workers in turn.
type hand struct {
	g *Gateway
	l *listener
}

// Admit implements accept.Hand.
func (h hand) Admit() bool { return h.g.shared.Admit() }

// TakeBack implements accept.Hand.
func (h hand) TakeBack() { h.g.shared.Connections.Add(-1) }

// Next implements accept.Hand.
func (h hand) Next() accept.Worker { return seat{h.g.next(), h} }

// seat is a worker as a connection that was accepted sees it.
type seat struct {
	*relay.Worker
	hand hand
}

// HTTP2 implements accept.Worker.
func (s seat) HTTP2(nc net.Conn, head []byte) accept.Handover {
	return relay.Accepted{Worker: s.Worker, Conn: nc, Head: head, Listener: s.hand.l.settings.Load()}
}

// HTTP1 implements accept.Worker.
func (s seat) HTTP1(nc net.Conn, head []byte) {
	w := relay.HTTP1{Worker: s.Worker, Listener: s.hand.l.settings.Load()}
	s.hand.g.http1.serve(nc, head, w, w.Conn(nc.RemoteAddr().String()))
}
