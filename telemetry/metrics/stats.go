package metrics

import (
	"context"
	"time"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/telemetry/catalog"
)

// askTimeout bounds how long a scrape waits for the workers. Of a worker that does
// not answer it shows what it showed the last time; what only the gateway knows is
// left out.
const askTimeout = time.Second

// showsPerTurn is how many routes, upstreams and endpoints a worker copies between
// two batches: it takes some 100 µs at the most, when none of them is in a cache.
const showsPerTurn = 32

// shower is something of which workers count.
type shower interface {
	// show copies what the worker has counted to where scrapes read it, on the
	// worker's goroutine.
	show(worker int)
}

// ask has each worker show what it has counted, and returns the gateway's state.
// It fails as long as there is no gateway, and when there is none any more: then
// the counts are shown, for Visit still works, and the state is not known.
func (o *Observer) ask() (event.Stats, bool) {
	source := o.source.Load()
	if source == nil {
		return event.Stats{}, false
	}
	ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
	defer cancel()
	all := o.showers()
	// If it fails, some workers have not shown all: what they showed before stays.
	_ = (*source).Visit(ctx, func(worker, turn int) bool {
		from := min(turn*showsPerTurn, len(all))
		to := min(from+showsPerTurn, len(all))
		for _, s := range all[from:to] {
			s.show(worker)
		}
		return to == len(all)
	})
	stats, err := (*source).Stats(ctx)
	return stats, err == nil
}

// showers returns everything that has series.
func (o *Observer) showers() []shower {
	o.mu.Lock()
	defer o.mu.Unlock()
	all := []shower{&o.noRoute.cells, &o.noUpstream.cells}
	for _, s := range o.sinks {
		all = append(all, s)
	}
	for _, r := range o.routes {
		all = append(all, &r.cells)
	}
	for _, u := range o.upstreams {
		all = append(all, &u.cells)
		for _, e := range u.endpoints {
			all = append(all, &e.cells)
		}
	}
	return all
}

// collectStats reports what only the gateway knows.
func (o *Observer) collectStats(b batch, stats event.Stats) {
	b.gauge(catalog.BufferedBytes, float64(stats.BufferedBytes))
	b.gauge(catalog.MaxConnections, float64(stats.MaxConnections))
	for cause := range event.NumOverloads {
		b.gauge(catalog.Overload, number(stats.Overload[cause]), cause.String())
	}
	o.collectOldestStalls(b, stats.Stalls)
	o.collectConns(b, stats.Conns)
}

// stallKey names the stalls of one kind.
type stallKey struct {
	side     event.Side
	scope    event.Scope
	upstream *upstream
}

func (o *Observer) collectOldestStalls(b batch, stalls []event.StallStats) {
	now := o.opts.Now()
	oldest := map[stallKey]time.Duration{}
	for _, s := range stalls {
		if u := o.upstreams[s.Upstream]; u != nil && s.Streams > 0 {
			k := stallKey{s.Side, s.Scope, u}
			oldest[k] = max(oldest[k], now.Sub(s.Oldest))
		}
	}
	for _, u := range o.upstreams {
		for side := range event.NumSides {
			for scope := range event.NumScopes {
				b.gauge(catalog.OldestStallSeconds, oldest[stallKey{side, scope, u}].Seconds(),
					side.String(), scope.String(), u.name)
			}
		}
	}
}

// spread is the smallest, the greatest and the sum of some numbers.
type spread struct {
	n             int
	min, max, sum int64
}

func (s *spread) add(v int64) {
	if s.n == 0 {
		s.min, s.max = v, v
	}
	s.min, s.max = min(s.min, v), max(s.max, v)
	s.sum += v
	s.n++
}

func (s *spread) report(b batch, g catalog.Gauge, labels ...string) {
	for stat, v := range map[string]int64{catalog.StatMin: s.min, catalog.StatMax: s.max, catalog.StatSum: s.sum} {
		b.gauge(g, float64(v), append(labels[:len(labels):len(labels)], stat)...)
	}
}

// windows are the connection windows towards one upstream, or towards all clients.
type windows struct{ send, receive spread }

// slots are the streams that one endpoint's connections allow and hold, and
// their round-trip times.
type slots struct {
	limits spread
	used   int
	rtt    time.Duration
	rtts   int
}

func (o *Observer) collectConns(b batch, conns []event.ConnStats) {
	type peer struct {
		side event.Side
		name string
	}
	bySide := map[peer]*windows{}
	byEndpoint := map[*endpoint]*slots{}
	var tables [event.NumSides]float64
	var glitches [event.NumSides]spread
	for _, c := range conns {
		p := peer{c.Conn.Side, catalog.Empty}
		if e := o.endpoints[c.Conn.Endpoint]; e != nil && o.upstreams[c.Conn.Endpoint.Upstream] != nil {
			p.name = e.upstream.name
			if byEndpoint[e] == nil {
				byEndpoint[e] = new(slots)
			}
			byEndpoint[e].add(c)
		} else if c.Conn.Side == event.Upstream {
			continue // its endpoint is gone, and so are the series
		}
		if bySide[p] == nil {
			bySide[p] = new(windows)
		}
		bySide[p].send.add(c.SendWindow)
		bySide[p].receive.add(c.ReceiveWindow)
		tables[c.Conn.Side] += float64(c.EncoderTableSize)
		glitches[c.Conn.Side].add(c.Glitches)
	}
	for p, w := range bySide {
		w.send.report(b, catalog.SendWindowBytes, p.side.String(), p.name)
		w.receive.report(b, catalog.ReceiveWindowBytes, p.side.String(), p.name)
	}
	for e, s := range byEndpoint {
		s.report(b, e.upstream.name, e.label)
	}
	for side := range event.NumSides {
		b.gauge(catalog.HPACKTableBytes, tables[side], side.String())
		glitches[side].report(b, catalog.Glitches, side.String())
	}
}

func (s *slots) add(c event.ConnStats) {
	if c.PeerMaxStreams >= 0 {
		s.limits.add(c.PeerMaxStreams)
		s.used += c.Streams
	}
	if c.RTT > 0 {
		s.rtt += c.RTT
		s.rtts++
	}
}

func (s *slots) report(b batch, upstream, endpoint string) {
	if s.limits.n > 0 {
		b.gauge(catalog.PeerMaxConcurrentStreams, float64(s.limits.min), upstream, endpoint)
		b.gauge(catalog.StreamSlots, float64(s.limits.sum), upstream, endpoint)
		b.gauge(catalog.StreamSlotsUsed, float64(s.used), upstream, endpoint)
	}
	if s.rtts > 0 {
		b.gauge(catalog.RTTSeconds, s.rtt.Seconds()/float64(s.rtts), upstream, endpoint)
	}
}
