package metrics

import (
	"slices"
	"strings"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/telemetry/catalog"
)

// routeSum is what the routes of one name add up to: there is more than one only
// where a route is called none.
type routeSum struct {
	since event.Time
	distributions
}

// sortedRoutes returns the routes by name.
func (o *Observer) sortedRoutes() []*route {
	list := []*route{o.noRoute}
	for _, r := range o.routes {
		if r != o.noRoute {
			list = append(list, r)
		}
	}
	slices.SortFunc(list, func(a, b *route) int { return strings.Compare(a.name, b.name) })
	return list
}

// collectDistributions reports the histograms of routes, of which those with the
// same name follow one another.
func (o *Observer) collectDistributions(b batch, routes []*route) {
	part := o.newCopied(b.natives())
	for len(routes) > 0 {
		name, s := routes[0].name, routeSum{since: routes[0].since}
		for len(routes) > 0 && routes[0].name == name {
			s.addRoute(part, routes[0])
			routes = routes[1:]
		}
		s.report(b, name)
	}
	o.collectSlotWait(b, o.noUpstream)
	for _, u := range o.upstreams {
		if u != o.noUpstream {
			o.collectSlotWait(b, u)
		}
	}
}

// copied is a copy of one worker's part of a route, in memory that is made before
// the worker has to wait for it.
type copied struct {
	distributions
	natives   []uint64
	exemplars [numDistributions][maxBounds]exemplar
}

// numDistributions is the number of histograms of a route.
const numDistributions = 3*2 + 1 + 2*int(event.NumDirs)

// newCopied returns room for a copy, with native buckets or without.
func (o *Observer) newCopied(native bool) *copied {
	c := new(copied)
	if native {
		n := o.descs.histograms[catalog.RequestDurationSeconds].natives() // no family has more
		c.natives = make([]uint64, numDistributions*n)
	}
	return c
}

// take copies part, which its worker must not change meanwhile.
func (c *copied) take(part *distributions) {
	natives, i := c.natives, 0
	c.each(part, func(to, from *histogram) {
		*to = *from
		to.natives = nil
		if n := len(from.natives); n > 0 && len(natives) > 0 {
			to.natives, natives = natives[:n], natives[n:]
			copy(to.natives, from.natives)
		}
		if from.exemplars != nil {
			to.exemplars = &c.exemplars[i]
			*to.exemplars = *from.exemplars
		}
		i++
	})
}

// addRoute adds r. A worker that wants to count waits while its part is copied,
// and for no more than that.
func (s *routeSum) addRoute(part *copied, r *route) {
	s.since = min(s.since, r.since)
	r.cells.each(func(c *routeCells) {
		c.mu.Lock()
		part.take(&c.distributions)
		c.mu.Unlock()
		s.each(&part.distributions, (*histogram).add)
	})
}

// each calls f with each histogram of d and the same of other.
func (d *distributions) each(other *distributions, f func(of, theirs *histogram)) {
	for kind := range d.duration {
		f(&d.duration[kind], &other.duration[kind])
		f(&d.firstByte[kind], &other.firstByte[kind])
		f(&d.overhead[kind], &other.overhead[kind])
	}
	f(&d.streamDuration, &other.streamDuration)
	for dir := range d.size {
		f(&d.size[dir], &other.size[dir])
		f(&d.messageSize[dir], &other.messageSize[dir])
	}
}

func (s *routeSum) report(b batch, route string) {
	for i, kind := range []string{catalog.KindUnary, catalog.KindStream} {
		b.histogram(catalog.RequestDurationSeconds, &s.duration[i], s.since, route, kind)
		b.histogram(catalog.TimeToFirstByteSeconds, &s.firstByte[i], s.since, route, kind)
		b.histogram(catalog.GatewayOverheadSeconds, &s.overhead[i], s.since, route, kind)
	}
	b.histogram(catalog.StreamDurationSeconds, &s.streamDuration, s.since, route)
	for dir := range event.NumDirs {
		b.histogram(catalog.StreamSizeBytes, &s.size[dir], s.since, route, dir.String())
		b.histogram(catalog.GRPCMessageBytes, &s.messageSize[dir], s.since, route, dir.String())
	}
}

func (o *Observer) collectSlotWait(b batch, u *upstream) {
	var sum histogram
	u.cells.each(func(c *upstreamCells) {
		c.mu.Lock()
		defer c.mu.Unlock()
		sum.add(&c.slotWait)
	})
	if u != o.noUpstream || o.named(u) {
		b.histogram(catalog.StreamSlotWaitSeconds, &sum, u.since, u.name)
	}
}
