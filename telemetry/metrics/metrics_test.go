package metrics_test

import (
	"encoding/hex"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/telemetry/catalog"
)

// tellEverything makes every family have a series.
func tellEverything(r *rig) {
	s := r.Sink(0)
	s.ConnOpened(r.down)
	s.ConnOpened(r.up)
	r.run(s, nil)
	x := r.exchange()
	s.Begin(x, nil)
	s.Messages(x, event.Read, []uint32{5})
	s.SlotWait(x, time.Millisecond)
	r.Reload(r.now.Std(), nil)
	r.Certificate(r.listener, nil, r.now.Std().Add(time.Hour))
	r.gateway.stats = event.Stats{Conns: []event.ConnStats{{
		Conn: r.up, PeerMaxStreams: 100, RTT: time.Millisecond, SendWindow: 1, ReceiveWindow: 2,
	}}}
}

func TestWhatIsReportedIsDeclaredAndWhatIsDeclaredIsReported(t *testing.T) {
	r := newRig(t)
	tellEverything(r)
	reported := r.gather()
	for _, m := range catalog.All() {
		f := reported[m.Name]
		if f == nil {
			t.Errorf("%s is declared and not reported", m.Name)
			continue
		}
		delete(reported, m.Name)
		if got := strings.ToLower(f.GetType().String()); got != m.Type.String() {
			t.Errorf("%s is a %s; declared as %s", m.Name, got, m.Type)
		}
		for _, series := range f.Metric {
			checkSeries(t, m, series)
		}
	}
	for name := range reported {
		t.Errorf("%s is reported and not declared", name)
	}
}

// checkSeries holds a series to the declaration of its family.
func checkSeries(t *testing.T, m *catalog.Metric, series *dto.Metric) {
	t.Helper()
	var got []string
	for _, l := range series.Label {
		got = append(got, l.GetName())
	}
	want := m.LabelNames()
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s has labels %v; declared %v", m.Name, got, want)
	}
	for _, l := range m.Labels {
		if v := label(series, l.Name); l.Values != nil && !slices.Contains(l.Values, v) {
			t.Errorf("%s: %s=%q is not among the declared %v", m.Name, l.Name, v, l.Values)
		}
	}
	if m.Type != catalog.HistogramType {
		return
	}
	h := series.Histogram
	var bounds []float64
	for _, b := range h.Bucket {
		bounds = append(bounds, b.GetUpperBound())
	}
	if !slices.Equal(bounds, m.Buckets) {
		t.Errorf("%s has buckets %v; declared %v", m.Name, bounds, m.Buckets)
	}
	if native := h.Schema != nil; native != (m.NativeFactor > 0) {
		t.Errorf("%s: native buckets: %v; declared factor %v", m.Name, native, m.NativeFactor)
	}
}

func TestNamesPassPromlint(t *testing.T) {
	r := newRig(t)
	tellEverything(r)
	var list []*dto.MetricFamily
	for _, f := range r.gather() {
		list = append(list, f)
	}
	problems, err := promlint.NewWithMetricFamilies(list).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

func TestARequestIsCountedOnceUnderWhatTheClientWasTold(t *testing.T) {
	r := newRig(t)
	s := r.Sink(0)
	r.run(s, nil)
	r.run(s, func(x *event.Exchange) {
		x.Status, x.Reason, x.Origin = 503, event.EndUnreachable, event.ByGateway
		x.Attempt.Reason = event.EndUnreachable
	})
	r.run(s, func(x *event.Exchange) { x.GRPC, x.GRPCStatus = true, 14 })
	r.run(s, func(x *event.Exchange) { x.GRPC, x.GRPCStatus = true, 99 })
	r.run(s, func(x *event.Exchange) {
		x.Status, x.Reason, x.Origin = 0, event.EndClientReset, event.ByClient
		x.Attempt.Reason = event.EndClientReset
	})
	x := r.exchange()
	x.Route, x.Status, x.Reason, x.Attempt = nil, 404, event.EndNoRoute, event.Attempt{}
	s.Begin(x, nil)
	x.Finished = x.Begin
	s.End(x)

	const api = "route=api,upstream=users,"
	r.want(catalog.RequestsTotal, api+"status_class=2xx,grpc_status=none", 1)
	r.want(catalog.RequestsTotal, api+"status_class=5xx,grpc_status=none", 1)
	r.want(catalog.RequestsTotal, api+"status_class=2xx,grpc_status=14", 1)
	r.want(catalog.RequestsTotal, api+"status_class=2xx,grpc_status=other", 1)
	r.want(catalog.RequestsTotal, api+"status_class=none", 1)
	r.want(catalog.RequestsTotal, "route=none,upstream=none,status_class=4xx", 1)
	r.want(catalog.RequestFailuresTotal, api, 2)
	r.want(catalog.RequestFailuresTotal, "route=none", 0)
	r.want(catalog.StreamEndTotal, api+"reason=upstream_unreachable,origin=gateway", 1)
	r.want(catalog.StreamEndTotal, api+"reason=client_reset,origin=client", 1)
	r.want(catalog.AttemptsTotal, "result=ok", 2)
	r.want(catalog.AttemptsTotal, "result=server_error", 1)
	r.want(catalog.AttemptsTotal, "result=unreachable", 1)
	r.want(catalog.AttemptsTotal, "result=canceled", 1)
}

func TestSeriesThatRulesWatchBeginAtZero(t *testing.T) {
	r := newRig(t)
	r.want(catalog.RequestFailuresTotal, "route=api", 0)
	r.want(catalog.RequestsTotal, "route=api,status_class=5xx", 0)
	r.want(catalog.StreamEndTotal, "route=api,reason=upstream_gone,origin=upstream", 0)
	r.want(catalog.StallSecondsTotal, "upstream=users,side=downstream,scope=stream", 0)
	r.want(catalog.AttemptsTotal, "endpoint=10.0.0.1:80,result=unreachable", 0)
	r.want(catalog.RSTStreamTotal, "side=upstream,dir=read,code=REFUSED_STREAM", 0)
}

func TestGaugesRiseAndFallWithWhatIsOpen(t *testing.T) {
	r := newRig(t)
	a, b := r.Sink(0), r.Sink(1)
	a.ConnOpened(r.down)
	b.ConnOpened(r.up)
	x, y := r.exchange(), r.exchange()
	a.Begin(x, nil)
	b.Begin(y, nil)
	a.AttemptBegin(x)
	r.want(catalog.StreamsOpen, "route=api", 2)
	r.want(catalog.EndpointStreamsOpen, "endpoint=10.0.0.1:80", 1)
	r.want(catalog.ConnectionsOpen, "side=downstream,proto=h2", 1)
	r.want(catalog.EndpointConnectionsOpen, "endpoint=10.0.0.1:80", 1)
	a.AttemptEnd(x)
	a.End(x)
	b.End(y)
	a.ConnClosed(r.down, event.ClosePeer)
	b.ConnClosed(r.up, event.CloseGoAway)
	r.want(catalog.StreamsOpen, "route=api", 0)
	r.want(catalog.EndpointStreamsOpen, "endpoint=10.0.0.1:80", 0)
	r.want(catalog.ConnectionsOpen, "side=downstream,proto=h2", 0)
	r.want(catalog.EndpointConnectionsOpen, "endpoint=10.0.0.1:80", 0)
	r.want(catalog.ConnectionsClosedTotal, "side=upstream,reason=goaway", 1)
	r.want(catalog.ConnectionsOpenedTotal, "side=upstream,proto=h2", 1)
}

func TestFramesOfAllWorkersAddUp(t *testing.T) {
	r := newRig(t)
	var n event.FrameCounts
	n.Frames[event.Upstream][event.Read][0], n.Bytes[event.Upstream][event.Read][0] = 3, 300
	n.Credit[event.Downstream][event.Written] = 65535
	for worker := range 3 {
		r.Sink(worker).Frames(&n)
	}
	s := r.Sink(3)
	s.Reset(r.up, event.Read, 7)
	s.Reset(r.up, event.Read, 4000)
	s.GoAway(r.down, event.Written, 11)
	s.Violation(r.down, 1)
	s.PingTimeout(r.up)
	r.want(catalog.FramesTotal, "side=upstream,dir=read,frame=DATA", 9)
	r.want(catalog.FrameBytesTotal, "side=upstream,dir=read,frame=DATA", 900)
	r.want(catalog.WindowUpdateBytesTotal, "side=downstream,dir=written", 3*65535)
	r.want(catalog.RSTStreamTotal, "side=upstream,dir=read,code=REFUSED_STREAM", 1)
	r.want(catalog.RSTStreamTotal, "side=upstream,dir=read,code=other", 1)
	r.want(catalog.GoAwayTotal, "side=downstream,dir=written,code=ENHANCE_YOUR_CALM", 1)
	r.want(catalog.MalformedTotal, "side=downstream,kind="+event.Violation(1).String(), 1)
	r.want(catalog.PingTimeoutsTotal, "side=upstream", 1)
}

func TestHistogramsTellUnaryFromStreamAndCarryExemplarsOfKeptTraces(t *testing.T) {
	r := newRig(t)
	s := r.Sink(0)
	id := [16]byte{0xab, 15: 1}
	r.run(s, nil)
	r.run(s, func(x *event.Exchange) { x.Trace.ID, x.Trace.Sampled = id, true })
	r.run(s, func(x *event.Exchange) { x.ResponseBytes = 2 << 20 })
	h := r.find(catalog.RequestDurationSeconds.String(), "route=api,kind=unary").Histogram
	if h.GetSampleCount() != 2 || h.GetSampleSum() != 0.2 {
		t.Errorf("unary: %d requests, %v s; want 2, 0.2", h.GetSampleCount(), h.GetSampleSum())
	}
	var exemplars []string
	for _, b := range h.Bucket {
		if b.Exemplar != nil {
			exemplars = append(exemplars, b.Exemplar.Label[0].GetName()+"="+b.Exemplar.Label[0].GetValue())
		}
	}
	if want := "trace_id=" + hex.EncodeToString(id[:]); len(exemplars) != 1 || exemplars[0] != want {
		t.Errorf("exemplars %v; want %s alone", exemplars, want)
	}
	if h := r.find(catalog.RequestDurationSeconds.String(), "route=api,kind=stream").Histogram; h.GetSampleCount() != 1 {
		t.Errorf("streams: %d; want 1", h.GetSampleCount())
	}
	for name, want := range map[catalog.Histogram]float64{
		catalog.TimeToFirstByteSeconds: 0.19, catalog.GatewayOverheadSeconds: 0.0001,
	} {
		if got := r.find(name.String(), "kind=unary").Histogram.GetSampleSum(); got != want {
			t.Errorf("%s adds up to %v; want %v", name, got, want)
		}
	}
}

func TestConnectionsToEndpointsDescribeTheirAttempts(t *testing.T) {
	r := newRig(t)
	s := r.Sink(0)
	s.ConnOpened(r.up)
	took := func(d time.Duration) func(*event.Exchange) {
		return func(x *event.Exchange) { x.Attempt.Begin, x.Attempt.End = x.Begin, x.Begin.Add(d) }
	}
	r.run(s, took(5*time.Millisecond)) // a bound belongs to the bucket below
	r.run(s, took(time.Minute))
	r.run(s, func(x *event.Exchange) { x.ResponseBytes = 2 << 20 }) // a stream
	r.run(s, func(x *event.Exchange) { x.Attempt.Reason = event.EndUpstreamReset })
	r.run(s, func(x *event.Exchange) { x.Attempt.Status = 503 })
	r.run(s, func(x *event.Exchange) { x.Attempt.Reason = event.EndClientReset })
	r.run(s, func(x *event.Exchange) { x.Attempt.Conn = nil }) // there was none, or net/http has it

	var info event.ConnectionInfo
	r.up.Observed.(event.Describer).Describe(&info)
	want := event.AttemptsInfo{Ended: 6, Failed: 2, Duration: event.DurationInfo{
		ExplicitBounds: catalog.AttemptDurationSeconds.Metric().Buckets,
		BucketCounts:   []uint64{4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
	}}
	if !reflect.DeepEqual(*info.Attempts, want) {
		t.Errorf("got %+v, want %+v", *info.Attempts, want)
	}
	if s.ConnOpened(r.down); r.down.Observed != nil {
		t.Errorf("a client's connection has %v", r.down.Observed)
	}
}

func TestAttemptsOfUnaryRequestsHaveADurationForEachEndpoint(t *testing.T) {
	r := newRig(t)
	for worker := range 2 {
		s := r.Sink(worker)
		r.run(s, func(x *event.Exchange) {
			x.Attempt.Begin = x.Begin.Add(20 * time.Millisecond)
			x.Attempt.End = x.Begin.Add(95 * time.Millisecond)
		})
		r.run(s, func(x *event.Exchange) { x.ResponseBytes = 2 << 20 }) // a stream
	}
	h := r.find(catalog.AttemptDurationSeconds.String(), "upstream=users,endpoint=10.0.0.1:80").Histogram
	if h.GetSampleCount() != 2 || h.GetSampleSum() != 0.15 || len(h.PositiveDelta) == 0 {
		t.Errorf("%d attempts, %v s, native buckets %v; want 2, 0.15 and some", h.GetSampleCount(), h.GetSampleSum(), h.PositiveDelta)
	}
}

func TestOverheadIsNotObservedAcrossRetriesAndLeavesTheSlotWaitOut(t *testing.T) {
	r := newRig(t)
	s := r.Sink(0)
	r.run(s, func(x *event.Exchange) { x.Attempts = 2 })
	r.run(s, func(x *event.Exchange) {
		x.RequestSent, x.Attempt.SlotWait = x.Begin.Add(3*time.Second), 2*time.Second
	})
	h := r.find(catalog.GatewayOverheadSeconds.String(), "kind=unary").Histogram
	if h.GetSampleCount() != 1 || h.GetSampleSum() != 1 {
		t.Errorf("%d observations, %v s; want 1 of 1 s", h.GetSampleCount(), h.GetSampleSum())
	}
}

func TestIdleStreamsAreCountedByPhase(t *testing.T) {
	r := newRig(t)
	s := r.Sink(0)
	idle := func(x *event.Exchange) { x.Reason = event.EndIdle }
	r.run(s, idle)
	r.run(s, func(x *event.Exchange) { idle(x); x.ResponseBegin = 0 })
	r.run(s, idle)
	r.want(catalog.IdleStreamsKilledTotal, "phase=after_headers", 2)
	r.want(catalog.IdleStreamsKilledTotal, "phase=before_headers", 1)
}

func TestProcessStateShows(t *testing.T) {
	r := newRig(t)
	r.spans, r.logs = [3]uint64{5, 6, 7}, 8
	r.Reload(r.now.Std(), nil)
	r.Reload(r.now.Std().Add(time.Hour), errors.New("refused"))
	r.Drain(true)
	r.Handshake(r.listener, nil, errors.New("bad certificate"))
	r.Handshake(nil, r.endpoint, nil)
	r.Resolved(r.users, nil)
	r.Resolved(r.users, errors.New("no such host"))
	r.AcceptFailed(r.listener, errors.New("too many open files"))
	end := time.Unix(2_000_000_000, 0)
	r.Certificate(r.listener, nil, end)
	r.Certificate(nil, r.users, end.Add(time.Second))
	r.AdminCertificate(end.Add(2 * time.Second))
	r.refused = 9
	r.want(catalog.ConfigReloadsTotal, "result=ok", 1)
	r.want(catalog.ConfigReloadsTotal, "result=error", 1)
	r.want(catalog.ConfigLastReloadSuccessful, "", 0)
	r.want(catalog.ConfigLastReloadSeconds, "", float64(start)/1e9)
	r.want(catalog.DrainState, "", 1)
	r.want(catalog.TLSHandshakesTotal, "side=downstream,result=error", 1)
	r.want(catalog.TLSHandshakesTotal, "side=upstream,result=ok", 1)
	r.want(catalog.DNSLookupsTotal, "upstream=users,result=ok", 1)
	r.want(catalog.DNSLookupsTotal, "upstream=users,result=error", 1)
	r.want(catalog.AcceptErrorsTotal, "listener=edge", 1)
	r.want(catalog.TLSCertificateNotAfterSeconds, "side=downstream,name=edge", 2_000_000_000)
	r.want(catalog.TLSCertificateNotAfterSeconds, "side=upstream,name=users", 2_000_000_001)
	r.want(catalog.TLSCertificateNotAfterSeconds, "side=admin,name=admin", 2_000_000_002)
	r.want(catalog.TraceSpansTotal, "result=ok", 5)
	r.want(catalog.TraceSpansTotal, "result=err", 6)
	r.want(catalog.TraceSpansTotal, "result=dropped", 7)
	r.want(catalog.AccessLogDroppedTotal, "", 8)
	r.want(catalog.AdminRefusedTotal, "reason=no_token", 9)
	r.want(catalog.BuildInfo, "version=v1,revision=abc,goversion=go1", 1)
}

// The time of an exemplar is the wall clock's, when that is set too.
func TestExemplarsFollowTheWallClock(t *testing.T) {
	r := newRig(t)
	r.run(r.Sink(0), func(x *event.Exchange) { x.Trace.ID[0], x.Trace.Sampled = 1, true })
	times := func() (at, created time.Time) {
		for _, m := range r.gather()[catalog.RequestDurationSeconds.String()].Metric {
			for _, b := range m.Histogram.Bucket {
				if b.Exemplar != nil {
					return b.Exemplar.Timestamp.AsTime(), m.Histogram.CreatedTimestamp.AsTime()
				}
			}
		}
		t.Fatal("no exemplar")
		return
	}
	before, created := times()
	r.set = time.Hour
	after, again := times()
	if d := after.Sub(before); d != time.Hour || !created.Equal(again) {
		t.Errorf("the exemplar moved by %v, the time of creation by %v", d, again.Sub(created))
	}
}
