package relay

import (
	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/conn"
)

// connections returns the worker's connections, but those of net/http to endpoints.
func (w *Worker) connections() []event.ConnectionInfo {
	all := make([]event.ConnectionInfo, 0, len(w.downs)+len(w.http1))
	for c := range w.downs {
		all = append(all, w.connection(c.Stats()))
	}
	for _, p := range w.pools {
		p.Each(func(c *conn.Conn) { all = append(all, w.connection(c.Stats())) })
	}
	return w.appendHTTP1(all)
}

func (w *Worker) connection(s event.ConnStats) event.ConnectionInfo {
	c := s.Conn
	i := event.ConnectionInfo{
		ID: c.ID, Side: c.Side.String(), Peer: c.Peer, Protocol: c.Proto.String(), TLS: c.TLS,
		AgeSeconds: w.now().Sub(c.OpenedAt).Seconds(),
		Streams:    s.Streams, StreamsOpened: s.StreamsOpened, PeerMaxStreams: s.PeerMaxStreams,
		SendWindow: s.SendWindow, ReceiveWindow: s.ReceiveWindow,
		RTTSeconds: s.RTT.Seconds(), BufferedBytes: s.BufferedBytes, Glitches: s.Glitches,
	}
	if c.Listener != nil {
		i.Listener = c.Listener.Name
	}
	if c.Endpoint != nil {
		i.Upstream, i.Endpoint, i.OpenedFor = c.Endpoint.Upstream.Name, c.Endpoint.Address, c.OpenedFor.String()
	}
	if d, ok := c.Observed.(event.Describer); ok {
		d.Describe(&i)
	}
	return i
}

// appendHTTP1 adds the connections of clients that speak HTTP/1.1: one request at
// a time, windows none.
func (w *Worker) appendHTTP1(all []event.ConnectionInfo) []event.ConnectionInfo {
	if len(w.http1) == 0 {
		return all
	}
	open := make(map[*event.Conn]*event.ConnStats, len(w.http1))
	for c := range w.http1 {
		open[c] = &event.ConnStats{Conn: c, PeerMaxStreams: 1}
	}
	for x := w.exchanges; x != nil; x = x.next {
		if s := open[x.rec.Conn]; s != nil {
			s.Streams++
			s.BufferedBytes += int64(x.down.Buffered())
		}
	}
	for _, s := range open {
		all = append(all, w.connection(*s))
	}
	return all
}
