package upstream

import (
	"cmp"
	"context"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hopscope/hopscope/gateway/event"
)

const (
	// resolveEvery is how often names of dns: endpoints are looked up again.
	resolveEvery = 5 * time.Second
	// resolveTimeout bounds a look-up: time for the second name server of a
	// resolv.conf, which is asked after five seconds.
	resolveTimeout = 12 * time.Second
)

// name is a dns: endpoint: a name that stands for every address it resolves to.
type name struct {
	host, port string
	known      map[string]*event.Endpoint // by address
	failed     string                     // why the last look-up did; "": it did not
}

// resolver keeps a cluster's endpoints in step with its names. It belongs to its
// own goroutine.
type resolver struct {
	c      *Cluster
	static []*event.Endpoint
	names  []*name
}

// run looks the names up, now and then again, until ctx ends. first is closed
// after the first round.
func (r *resolver) run(ctx context.Context, first chan struct{}) {
	tick := time.NewTicker(resolveEvery)
	defer tick.Stop()
	for {
		r.round(ctx)
		if first != nil {
			close(first)
			first = nil
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// round looks every name up, all at once: one that gets no answer must not hold
// up the others.
func (r *resolver) round(ctx context.Context) {
	found := make([][]string, len(r.names))
	errs := make([]error, len(r.names))
	ctx, cancel := context.WithTimeout(ctx, resolveTimeout)
	defer cancel()
	var done sync.WaitGroup
	for i, n := range r.names {
		done.Go(func() { found[i], errs[i] = net.DefaultResolver.LookupHost(ctx, n.host) })
	}
	done.Wait()
	if ctx.Err() == context.Canceled {
		return // the cluster is closed
	}
	changed := false
	for i, n := range r.names {
		r.c.observer.Resolved(r.c.Name, errs[i])
		r.report(n, errs[i])
		if errs[i] == nil && r.update(n, found[i]) {
			changed = true
		}
	}
	if changed {
		r.publish()
	}
}

// report logs that a name can no longer be looked up, or can again: the change,
// not each time.
func (r *resolver) report(n *name, err error) {
	log := r.c.log.With("upstream", r.c.Name.Name, "name", n.host)
	switch {
	case err != nil && n.failed == "":
		n.failed = err.Error()
		log.Warn("a name cannot be resolved; its endpoints stay as they are", "error", n.failed, "endpoints", len(n.known))
	case err == nil && n.failed != "":
		n.failed = ""
		log.Info("a name can be resolved again")
	}
}

// update makes addresses the endpoints of a name and reports whether they changed.
func (r *resolver) update(n *name, addresses []string) bool {
	now := make(map[string]*event.Endpoint)
	for _, a := range addresses {
		a = net.JoinHostPort(a, n.port)
		if e := n.known[a]; e != nil {
			now[a] = e
		} else if now[a] == nil {
			now[a] = r.c.endpoint(n.host, a)
		}
	}
	var added, removed []string
	for a := range now {
		if n.known[a] == nil {
			added = append(added, a)
		}
	}
	for a, e := range n.known {
		if now[a] == nil {
			removed = append(removed, a)
			r.c.observer.EndpointRemoved(e)
		}
	}
	n.known = now
	if len(added)+len(removed) == 0 {
		return false
	}
	slices.Sort(added)
	slices.Sort(removed)
	r.c.log.Info("endpoints changed", "upstream", r.c.Name.Name, "name", n.host, "added", added, "removed", removed)
	return true
}

// publish makes the endpoints the cluster's.
func (r *resolver) publish() {
	all := slices.Clone(r.static)
	for _, n := range r.names {
		all = slices.AppendSeq(all, maps.Values(n.known))
	}
	slices.SortFunc(all[len(r.static):], func(a, b *event.Endpoint) int {
		return cmp.Or(strings.Compare(a.Address, b.Address), strings.Compare(a.Host, b.Host))
	})
	r.c.endpoints.Store(&all)
}
