package metrics

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/telemetry/catalog"
)

// Collect implements [prometheus.Collector].
func (o *Observer) Collect(ch chan<- prometheus.Metric) {
	b := &collected{descs: &o.descs, labels: labelPairs{}, offset: o.opts.Offset()}
	o.tell(b)
	for _, m := range b.metrics {
		ch <- m
	}
}

// tell tells b every series.
func (o *Observer) tell(b batch) {
	stats, known := o.ask() // waits for the workers: not under mu
	o.mu.Lock()
	defer o.mu.Unlock()
	o.collectProcess(b)
	o.collectWire(b)
	routes := o.sortedRoutes()
	for _, r := range routes {
		o.collectRoute(b, r)
	}
	if !o.named(o.noUpstream) {
		o.collectStalls(b, o.noUpstream, o.noUpstream.sum())
	}
	for _, u := range o.upstreams {
		o.collectUpstream(b, u)
	}
	o.collectDistributions(b, routes)
	if known {
		o.collectStats(b, stats)
	}
}

// named reports whether the configuration has an upstream whose state is u.
func (o *Observer) named(u *upstream) bool {
	for _, n := range o.upstreams {
		if n == u {
			return true
		}
	}
	return false
}

// collectProcess reports what there is once in a process.
func (o *Observer) collectProcess(b batch) {
	b.gauge(catalog.BuildInfo, 1, o.opts.Version, o.opts.Revision, o.opts.GoVersion)
	b.gauge(catalog.DrainState, number(o.drain.Load()))
	for i, result := range []string{catalog.ResultOK, catalog.ResultError} {
		b.counter(catalog.ConfigReloadsTotal, float64(o.reloads[i].Load()), result)
		for side := range event.NumSides {
			b.counter(catalog.TLSHandshakesTotal, float64(o.handshakes[side][i].Load()), side.String(), result)
		}
	}
	for name, l := range o.listeners {
		b.counter(catalog.AcceptErrorsTotal, float64(l.acceptErrors.Load()), name)
		for r := range event.NumRefusals {
			b.counter(catalog.ConnectionsRefusedTotal, float64(l.refused[r].Load()), name, r.String())
		}
	}
	b.gauge(catalog.ConfigLastReloadSuccessful, number(!o.refused))
	if !o.loaded.IsZero() {
		b.gauge(catalog.ConfigLastReloadSeconds, float64(o.loaded.UnixNano())/1e9)
	}
	for c, notAfter := range o.certs {
		b.gauge(catalog.TLSCertificateNotAfterSeconds, float64(notAfter.Unix()), c.side, c.name)
	}
	ok, failed, dropped := o.opts.Spans()
	b.counter(catalog.TraceSpansTotal, float64(ok), catalog.ResultOK)
	b.counter(catalog.TraceSpansTotal, float64(failed), catalog.ResultErr)
	b.counter(catalog.TraceSpansTotal, float64(dropped), catalog.ResultDropped)
	b.counter(catalog.AccessLogDroppedTotal, float64(o.opts.LogDropped()))
	o.opts.AdminRefused(func(reason string, n uint64) {
		b.counter(catalog.AdminRefusedTotal, float64(n), reason)
	})
	for _, m := range catalog.All() {
		for _, l := range m.Labels {
			if l.Name == catalog.LabelEndpoint {
				b.counter(catalog.SeriesLimitedTotal, float64(o.limited), m.Name)
			}
		}
	}
}

// collectWire reports frames and connections. Every series is there from the
// start: there are few, and a rate needs a zero to rise from.
func (o *Observer) collectWire(b batch) {
	var sum wireCells
	for _, s := range o.sinks {
		s.wire.read(sum.add)
	}
	for side := range event.NumSides {
		name, w := side.String(), &sum[side]
		for d := range event.NumDirs {
			dir := d.String()
			for t := range event.NumFrameTypes {
				frame := event.FrameName(uint8(t))
				b.counter(catalog.FramesTotal, float64(w.frames[d][t]), name, dir, frame)
				b.counter(catalog.FrameBytesTotal, float64(w.bytes[d][t]), name, dir, frame)
			}
			for c := range event.NumCodes {
				code := event.Code(c).Label()
				b.counter(catalog.RSTStreamTotal, float64(w.resets[d][c]), name, dir, code)
				b.counter(catalog.GoAwayTotal, float64(w.goAways[d][c]), name, dir, code)
			}
			b.counter(catalog.WindowUpdateBytesTotal, float64(w.credit[d]), name, dir)
		}
		for p := range event.NumProtos {
			b.counter(catalog.ConnectionsOpenedTotal, float64(w.connsOpened[p]), name, p.String())
			b.gauge(catalog.ConnectionsOpen, float64(w.connsOpen[p]), name, p.String())
		}
		for r := range event.NumCloseReasons {
			b.counter(catalog.ConnectionsClosedTotal, float64(w.connsClosed[r]), name, r.String())
		}
		for v := event.Violation(1); v < event.NumViolations; v++ {
			b.counter(catalog.MalformedTotal, float64(w.violations[v]), name, v.String())
		}
		b.counter(catalog.PingTimeoutsTotal, float64(w.pings), name)
	}
}

// collectRoute reports a route. Of the many ways to end, a series begins with
// the first exchange that ended so, or at once where a rule watches it.
func (o *Observer) collectRoute(b batch, r *route) {
	var sum routeCounts
	r.cells.read(func(c *routeCells) { sum.add(&c.routeCounts) })
	b.gauge(catalog.StreamsOpen, float64(sum.open), r.name, r.upstream)
	b.counter(catalog.RequestFailuresTotal, float64(sum.failures), r.name, r.upstream)
	for class := range sum.requests {
		for status, n := range sum.requests[class] {
			if n != 0 || status == grpcNone && (class == 2 || class == 5) {
				b.counter(catalog.RequestsTotal, float64(n), r.name, r.upstream, statusClassName(class), grpcStatusName(status))
			}
		}
	}
	for reason := range event.NumEndReasons {
		for origin := range event.NumOrigins {
			n := sum.ends[reason][origin]
			if n != 0 || watched(reason, origin) {
				b.counter(catalog.StreamEndTotal, float64(n), r.name, r.upstream, reason.String(), origin.String())
			}
		}
	}
	for i, phase := range []string{catalog.PhaseBeforeHeaders, catalog.PhaseAfterHeaders} {
		b.counter(catalog.IdleStreamsKilledTotal, float64(sum.idle[i]), r.name, phase)
	}
	for d := range event.NumDirs {
		b.counter(catalog.GRPCMessagesTotal, float64(sum.messages[d]), r.name, d.String())
	}
}

// watched reports whether rules watch that an exchange ends so.
func watched(reason event.EndReason, by event.Origin) bool {
	switch reason {
	case event.EndUnreachable:
		return by == event.ByGateway || by == event.ByUpstream
	case event.EndTimeout, event.EndIdle, event.EndOverload, event.EndBufferLimit:
		return by == event.ByGateway
	case event.EndCompleted, event.EndBadResponse, event.EndUpstreamReset, event.EndUpstreamGone, event.EndNoSlot:
		return by == event.ByUpstream
	case event.EndClientReset, event.EndClientGone:
		return by == event.ByClient
	case event.EndSlowPeer:
		return by == event.ByClient || by == event.ByUpstream
	}
	return false
}

// sum adds up what the workers count of u.
func (u *upstream) sum() *upstreamCells {
	sum := new(upstreamCells)
	u.cells.read(sum.add)
	return sum
}

// collectStalls reports the stalls of an upstream's streams.
func (o *Observer) collectStalls(b batch, u *upstream, sum *upstreamCells) {
	now := o.opts.Now()
	for side := range event.NumSides {
		for scope := range event.NumScopes {
			stalls := &sum.stalls[side][scope]
			if u == o.noUpstream && stalls.begun == 0 {
				continue // answers of the gateway's own hardly ever stall
			}
			seconds := &u.stallSeconds[side][scope]
			*seconds = max(*seconds, float64(stalls.nanoseconds(now))/1e9)
			b.counter(catalog.StallSecondsTotal, *seconds, side.String(), scope.String(), u.name)
			b.counter(catalog.StallsTotal, float64(stalls.begun), side.String(), scope.String(), u.name)
			b.gauge(catalog.StalledStreams, float64(stalls.open), side.String(), scope.String(), u.name)
		}
	}
}

// collectUpstream reports an upstream and its endpoints.
func (o *Observer) collectUpstream(b batch, u *upstream) {
	sum := u.sum()
	o.collectStalls(b, u, sum)
	b.histogram(catalog.StreamSlotWaitSeconds, &sum.slotWait, u.since, u.name)
	for r := range event.NumRetryResults {
		b.counter(catalog.RetriesTotal, float64(sum.retries[r]), u.name, r.String())
	}
	b.counter(catalog.DNSLookupsTotal, float64(u.lookUps[0].Load()), u.name, catalog.ResultOK)
	b.counter(catalog.DNSLookupsTotal, float64(u.lookUps[1].Load()), u.name, catalog.ResultError)
	var users int
	for _, e := range u.endpoints {
		users += e.users
		var sum endpointCells
		e.cells.read(func(part *endpointCells) { sum.add(part, b.natives()) })
		b.gauge(catalog.EndpointStreamsOpen, float64(sum.streams), u.name, e.label)
		b.gauge(catalog.EndpointConnectionsOpen, float64(sum.conns), u.name, e.label)
		for r := range numAttemptResults {
			b.counter(catalog.AttemptsTotal, float64(sum.attempts[r]), u.name, e.label, r.String())
		}
		b.histogram(catalog.AttemptDurationSeconds, &sum.duration, e.since, u.name, e.label)
	}
	b.gauge(catalog.Endpoints, float64(users), u.name)
}

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func statusClassName(class int) string {
	if class == 0 {
		return catalog.Empty
	}
	return strconv.Itoa(class) + "xx"
}

func grpcStatusName(i int) string {
	if i == grpcNone {
		return catalog.Empty
	}
	return catalog.GRPCStatus(i) // the index of other is above the last code
}
