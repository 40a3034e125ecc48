package metrics_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/telemetry/catalog"
)

func TestSeriesOfWhatIsGoneEndAndThoseThatStayKeepCounting(t *testing.T) {
	r := newRig(t)
	s := r.Sink(0)
	orders := &event.UpstreamName{Name: "orders"}
	gone := &event.Route{Name: "gone", Upstream: orders}
	both := r.topology()
	both.Routes = append(both.Routes, gone)
	both.Upstreams = append(both.Upstreams, orders)
	r.Topology(both)
	lost := &event.Endpoint{Upstream: orders, Address: "10.0.0.9:80"}
	r.EndpointAdded(lost)
	r.Certificate(nil, orders, r.now.Std())
	r.run(s, nil)
	r.run(s, func(x *event.Exchange) { x.Route, x.Attempt.Endpoint = gone, lost })
	r.want(catalog.RequestsTotal, "route=gone,status_class=2xx", 1)

	late := r.exchange() // still in progress when its route goes
	late.Route = gone
	s.Begin(late, nil)
	r.Topology(r.topology())
	late.Finished = late.Begin.Add(time.Second)
	s.StallBegin(late, event.Upstream, event.ScopeStream, late.Begin)
	s.End(late)
	for name, f := range r.gather() {
		for _, m := range f.Metric {
			if label(m, "route") == "gone" || label(m, "upstream") == "orders" || label(m, "name") == "orders" {
				t.Errorf("%s{%v} outlived its route", name, m.Label)
			}
		}
	}
	r.run(s, nil)
	r.want(catalog.RequestsTotal, "route=api,status_class=2xx", 2)
}

func TestARouteThatMovesToAnotherUpstreamBeginsAnew(t *testing.T) {
	r := newRig(t)
	s := r.Sink(0)
	r.run(s, nil)
	orders := &event.UpstreamName{Name: "orders"}
	r.route = &event.Route{Name: "api", Upstream: orders}
	next := r.topology()
	next.Upstreams = append(next.Upstreams, orders)
	r.Topology(next)
	r.run(s, nil)
	r.want(catalog.RequestsTotal, "route=api,upstream=orders,status_class=2xx", 1)
	r.wantNone(catalog.RequestsTotal, "route=api,upstream=users")
	if n := r.find(catalog.RequestDurationSeconds.String(), "route=api,kind=unary").Histogram.GetSampleCount(); n != 1 {
		t.Errorf("%d requests in the histogram; want 1", n)
	}
}

func TestEndpointsBeyondTheCapShareOneLabel(t *testing.T) {
	r := newRig(t)
	s := r.Sink(0)
	var all []*event.Endpoint
	for i := range catalog.MaxEndpoints + 4 { // one is there already
		e := &event.Endpoint{Upstream: r.users, Address: fmt.Sprintf("10.0.1.%d:80", i)}
		r.EndpointAdded(e)
		all = append(all, e)
	}
	for _, e := range all {
		r.run(s, func(x *event.Exchange) { x.Attempt.Endpoint = e })
	}
	r.want(catalog.Endpoints, "upstream=users", catalog.MaxEndpoints+5)
	r.want(catalog.AttemptsTotal, "endpoint=10.0.1.0:80,result=ok", 1)
	r.want(catalog.AttemptsTotal, "endpoint=other,result=ok", 5)
	r.want(catalog.SeriesLimitedTotal, "metric="+catalog.AttemptsTotal.String(), 5)
	values := map[string]bool{}
	for _, m := range r.gather()[catalog.AttemptsTotal.String()].Metric {
		values[label(m, "endpoint")] = true
	}
	if len(values) != catalog.MaxEndpoints+1 {
		t.Errorf("%d values of endpoint; want %d", len(values), catalog.MaxEndpoints+1)
	}
	for _, e := range all {
		r.EndpointRemoved(e)
		r.EndpointRemoved(e) // told twice
	}
	r.wantNone(catalog.AttemptsTotal, "endpoint=other")
	r.want(catalog.Endpoints, "upstream=users", 1)
}

func TestAnAddressThatComesBackBeforeItIsGoneIsOneSeries(t *testing.T) {
	r := newRig(t)
	s := r.Sink(0)
	r.run(s, nil)
	again := &event.Endpoint{Upstream: r.users, Address: r.endpoint.Address}
	r.EndpointAdded(again)
	r.EndpointRemoved(r.endpoint)
	r.run(s, func(x *event.Exchange) { x.Attempt.Endpoint = again })
	r.want(catalog.AttemptsTotal, "endpoint=10.0.0.1:80,result=ok", 2)
}

func TestARouteAndAnUpstreamNamedNoneDoNotBreakTheScrape(t *testing.T) {
	r := newRig(t)
	none := &event.UpstreamName{Name: catalog.Empty}
	next := r.topology()
	next.Routes = append(next.Routes, &event.Route{Name: catalog.Empty, Upstream: none})
	next.Upstreams = append(next.Upstreams, none)
	r.Topology(next)
	r.EndpointAdded(&event.Endpoint{Upstream: none, Address: "10.0.0.7:80"})
	r.gather()
}

func TestAReloadThatFailsLeavesCountersAndSinksAsTheyWere(t *testing.T) {
	r := newRig(t)
	s := r.Sink(0)
	r.run(s, nil)
	observed := r.route.Observed
	r.Topology(event.Topology{}) // a configuration without the route, taken back
	r.run(s, nil)                // by a worker that still has the old one
	r.Topology(r.topology())
	if r.route.Observed != observed {
		t.Error("Observed changed while workers may read it")
	}
	r.run(s, nil)
	s.SlotWait(r.exchange(), time.Millisecond)
	r.want(catalog.RequestsTotal, "route=api,status_class=2xx", 3)
	r.want(catalog.AttemptsTotal, "endpoint=10.0.0.1:80,result=ok", 3)
	if h := r.find(catalog.RequestDurationSeconds.String(), "route=api,kind=unary"); h == nil || h.Histogram.GetSampleCount() == 0 {
		t.Error("the route's histograms are no longer observed")
	}
	if h := r.find(catalog.StreamSlotWaitSeconds.String(), "upstream=users"); h == nil || h.Histogram.GetSampleCount() == 0 {
		t.Error("the upstream's histogram is no longer observed")
	}
	r.EndpointRemoved(r.endpoint)
	r.wantNone(catalog.AttemptsTotal, "endpoint=10.0.0.1:80")
}

func TestACertificateThatIsShownNoMoreHasNoSeries(t *testing.T) {
	r := newRig(t)
	r.Certificate(r.listener, nil, r.now.Std())
	r.Certificate(nil, r.users, r.now.Std())
	r.AdminCertificate(r.now.Std())
	r.Topology(r.topology()) // a reload keeps them
	if got := len(r.gather()[catalog.TLSCertificateNotAfterSeconds.String()].GetMetric()); got != 3 {
		t.Errorf("%d series, want 3", got)
	}
	r.Certificate(r.listener, nil, time.Time{})
	r.Certificate(nil, r.users, time.Time{})
	r.AdminCertificate(time.Time{})
	if f := r.gather()[catalog.TLSCertificateNotAfterSeconds.String()]; f != nil {
		t.Errorf("still there: %v", f)
	}
}
