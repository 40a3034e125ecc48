package metrics_test

import (
	"testing"
	"time"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/telemetry/catalog"
)

const userStream = "upstream=users,side=downstream,scope=stream"

func TestStallTimeGrowsWhileAStallLasts(t *testing.T) {
	r := newRig(t)
	a, b := r.Sink(0), r.Sink(1)
	x, y := r.exchange(), r.exchange()
	begin := r.now
	a.StallBegin(x, event.Downstream, event.ScopeStream, begin)
	r.now = begin.Add(3 * time.Second)
	r.want(catalog.StallSecondsTotal, userStream, 3)
	r.want(catalog.StalledStreams, userStream, 1)

	b.StallBegin(y, event.Downstream, event.ScopeStream, r.now)
	r.now = r.now.Add(2 * time.Second)
	r.want(catalog.StallSecondsTotal, userStream, 7) // 5 and 2
	r.want(catalog.StalledStreams, userStream, 2)

	a.StallEnd(x, event.Downstream, event.ScopeStream, begin, r.now)
	r.now = r.now.Add(time.Second)
	r.want(catalog.StallSecondsTotal, userStream, 8) // 5 for good, and 3
	r.want(catalog.StalledStreams, userStream, 1)
	r.want(catalog.StallsTotal, userStream, 2)

	b.StallEnd(y, event.Downstream, event.ScopeStream, begin.Add(3*time.Second), r.now)
	r.now = r.now.Add(time.Hour)
	r.want(catalog.StallSecondsTotal, userStream, 8)
	r.want(catalog.StalledStreams, userStream, 0)
	r.want(catalog.StallSecondsTotal, "upstream=users,side=upstream,scope=connection", 0)
}

func TestStallTimeNeverFallsThoughAWorkersClockIsBehind(t *testing.T) {
	r := newRig(t)
	s := r.Sink(0)
	x := r.exchange()
	begin := r.now
	s.StallBegin(x, event.Downstream, event.ScopeStream, begin)
	r.now = begin.Add(10 * time.Second)
	r.want(catalog.StallSecondsTotal, userStream, 10)
	s.StallEnd(x, event.Downstream, event.ScopeStream, begin, begin.Add(9*time.Second)) // the time of its batch
	r.want(catalog.StallSecondsTotal, userStream, 10)
}

func TestThousandsOfLongStallsDoNotOverflow(t *testing.T) {
	r := newRig(t)
	s := r.Sink(0)
	for range 10_000 {
		s.StallBegin(r.exchange(), event.Upstream, event.ScopeConnection, r.now)
	}
	r.now = r.now.Add(24 * time.Hour)
	r.want(catalog.StallSecondsTotal, "upstream=users,side=upstream,scope=connection", 10_000*86400)
}

func TestOldestStallAndWindowsComeFromTheGateway(t *testing.T) {
	r := newRig(t)
	other := &event.Conn{ID: 3, Side: event.Upstream, Endpoint: r.endpoint}
	r.gateway.stats = event.Stats{
		BufferedBytes: 77,
		Stalls: []event.StallStats{
			{Side: event.Downstream, Scope: event.ScopeStream, Upstream: r.users, Streams: 2, Oldest: r.now.Add(-time.Minute)},
			{Side: event.Downstream, Scope: event.ScopeStream, Upstream: r.users, Streams: 1, Oldest: r.now.Add(-time.Hour)},
		},
		Conns: []event.ConnStats{
			{Conn: r.up, Streams: 90, SendWindow: -5, ReceiveWindow: 10, PeerMaxStreams: 100, RTT: 2 * time.Second, EncoderTableSize: 4096},
			{Conn: other, Streams: 10, SendWindow: 15, ReceiveWindow: 30, PeerMaxStreams: 50, RTT: 4 * time.Second, EncoderTableSize: 4},
			{Conn: r.down, Streams: 9, SendWindow: 1, ReceiveWindow: 2, PeerMaxStreams: -1, EncoderTableSize: 1},
		},
	}
	r.want(catalog.OldestStallSeconds, userStream, 3600)
	r.want(catalog.OldestStallSeconds, "upstream=users,side=upstream,scope=stream", 0)
	r.want(catalog.BufferedBytes, "", 77)
	r.want(catalog.SendWindowBytes, "side=upstream,upstream=users,stat=min", -5)
	r.want(catalog.SendWindowBytes, "side=upstream,upstream=users,stat=max", 15)
	r.want(catalog.SendWindowBytes, "side=upstream,upstream=users,stat=sum", 10)
	r.want(catalog.ReceiveWindowBytes, "side=downstream,upstream=none,stat=sum", 2)
	r.want(catalog.PeerMaxConcurrentStreams, "endpoint=10.0.0.1:80", 50)
	r.want(catalog.StreamSlots, "endpoint=10.0.0.1:80", 150)
	r.want(catalog.StreamSlotsUsed, "endpoint=10.0.0.1:80", 100)
	r.want(catalog.RTTSeconds, "endpoint=10.0.0.1:80", 3)
	r.want(catalog.HPACKTableBytes, "side=upstream", 4100)

	r.gateway.err = errStopped
	r.wantNone(catalog.BufferedBytes, "") // what is not known is not made up
	r.want(catalog.StalledStreams, userStream, 0)
}
