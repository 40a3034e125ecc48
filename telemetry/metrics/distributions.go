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
	for len(routes) > 0 {
		name, s := routes[0].name, routeSum{since: routes[0].since}
		for len(routes) > 0 && routes[0].name == name {
			s.addRoute(routes[0], b.natives())
			routes = routes[1:]
		}
		s.report(b, name)
	}
}

// addRoute adds r, with native buckets if those are wanted.
func (s *routeSum) addRoute(r *route, natives bool) {
	s.since = min(s.since, r.since)
	r.cells.read(func(c *routeCells) {
		s.each(&c.distributions, func(sum, part *histogram) { sum.add(part, natives) })
	})
}

// distributions are the histograms of one route.
type distributions struct {
	duration, firstByte, overhead [2]histogram // unary, stream
	streamDuration                histogram
	size, messageSize             [event.NumDirs]histogram
}

func (d *distributions) take(from *distributions) { d.each(from, (*histogram).take) }

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
