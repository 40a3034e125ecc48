package metrics

import (
	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/telemetry/catalog"
)

// routeSum is what the routes of one name add up to: there is more than one only
// where a route is called none.
type routeSum struct {
	since event.Time
	distributions
}

// collectDistributions reports the histograms.
func (o *Observer) collectDistributions(b *batch) {
	sums := map[string]*routeSum{}
	o.addRoute(sums, o.noRoute)
	for _, r := range o.routes {
		if r != o.noRoute {
			o.addRoute(sums, r)
		}
	}
	for name, s := range sums {
		s.report(b, name)
	}
	o.collectSlotWait(b, o.noUpstream)
	for _, u := range o.upstreams {
		if u != o.noUpstream {
			o.collectSlotWait(b, u)
		}
	}
}

func (o *Observer) addRoute(sums map[string]*routeSum, r *route) {
	s := sums[r.name]
	if s == nil {
		s = &routeSum{since: r.since}
		sums[r.name] = s
	}
	s.since = min(s.since, r.since)
	r.cells.each(func(c *routeCells) {
		c.mu.Lock()
		defer c.mu.Unlock()
		s.add(&c.distributions)
	})
}

// add adds one worker's part.
func (d *distributions) add(part *distributions) {
	for kind := range d.duration {
		d.duration[kind].add(&part.duration[kind])
		d.firstByte[kind].add(&part.firstByte[kind])
		d.overhead[kind].add(&part.overhead[kind])
	}
	d.streamDuration.add(&part.streamDuration)
	for dir := range d.size {
		d.size[dir].add(&part.size[dir])
		d.messageSize[dir].add(&part.messageSize[dir])
	}
}

func (s *routeSum) report(b *batch, route string) {
	for i, kind := range []string{catalog.KindUnary, catalog.KindStream} {
		b.histogram(catalog.RequestDurationSeconds, s.duration[i], s.since, route, kind)
		b.histogram(catalog.TimeToFirstByteSeconds, s.firstByte[i], s.since, route, kind)
		b.histogram(catalog.GatewayOverheadSeconds, s.overhead[i], s.since, route, kind)
	}
	b.histogram(catalog.StreamDurationSeconds, s.streamDuration, s.since, route)
	for dir := range event.NumDirs {
		b.histogram(catalog.StreamSizeBytes, s.size[dir], s.since, route, dir.String())
		b.histogram(catalog.GRPCMessageBytes, s.messageSize[dir], s.since, route, dir.String())
	}
}

func (o *Observer) collectSlotWait(b *batch, u *upstream) {
	var sum histogram
	u.cells.each(func(c *upstreamCells) {
		c.mu.Lock()
		defer c.mu.Unlock()
		sum.add(&c.slotWait)
	})
	if u != o.noUpstream || o.named(u) {
		b.histogram(catalog.StreamSlotWaitSeconds, sum, u.since, u.name)
	}
}
