package metrics_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/telemetry/catalog"
)

// visit is a turn of a visit, on its way to the worker.
type visit struct {
	f    func(worker, turn int) bool
	turn int
	done *sync.WaitGroup
}

// visitor stands for a worker that has visits beside its exchanges.
type visitor struct {
	inbox chan visit
	ended chan struct{}
}

// turn makes the next turn of a visit.
func (v *visitor) turn(worker int, q visit) {
	if q.f(worker, q.turn) {
		q.done.Done()
		return
	}
	q.turn++
	v.inbox <- q
}

func TestWorkersCountWhileScrapesRead(t *testing.T) {
	r := newRig(t)
	const requests = 500
	all := make([]visitor, workers)
	for n := range all {
		all[n] = visitor{inbox: make(chan visit, 1), ended: make(chan struct{})}
	}
	// As gateway.Gateway does it.
	r.gateway.visit = func(_ context.Context, f func(worker, turn int) bool) error {
		var done sync.WaitGroup
		for n, v := range all {
			done.Add(1)
			select {
			case <-v.ended:
				for turn := 0; !f(n, turn); {
					turn++
				}
				done.Done()
			default:
				v.inbox <- visit{f: f, done: &done}
			}
		}
		done.Wait()
		return nil
	}
	var wg sync.WaitGroup
	scraped := make(chan struct{})
	for n := range all {
		s := r.Sink(n)
		wg.Go(func() {
			defer close(all[n].ended)
			for i := range requests {
				x := r.exchange()
				s.Begin(x, nil)
				s.AttemptBegin(x)
				s.StallBegin(x, event.Downstream, event.ScopeStream, x.Begin)
				s.StallEnd(x, event.Downstream, event.ScopeStream, x.Begin, x.Begin.Add(time.Millisecond))
				s.AttemptEnd(x)
				x.Status, x.Finished = 200, x.Begin.Add(time.Millisecond)
				x.Trace.ID[0], x.Trace.Sampled = 1, i%10 == 0
				s.End(x)
				select {
				case q := <-all[n].inbox:
					all[n].turn(n, q)
				default:
				}
			}
			for {
				select {
				case q := <-all[n].inbox:
					all[n].turn(n, q)
				case <-scraped:
					return
				}
			}
		})
	}
	wg.Go(func() {
		defer close(scraped)
		for i := range 20 {
			r.gather()
			extra := &event.Endpoint{Upstream: r.users, Address: fmt.Sprint("10.0.1.", i, ":80")}
			r.EndpointAdded(extra)
			r.Topology(r.topology())
			r.EndpointRemoved(extra)
		}
	})
	wg.Wait()
	r.want(catalog.RequestsTotal, "status_class=2xx", workers*requests)
	r.want(catalog.StallsTotal, "upstream=users,side=downstream,scope=stream", workers*requests)
	r.want(catalog.Endpoints, "upstream=users", 1)
}

func TestAVisitTakesALittleAtATurnAndMissesNothing(t *testing.T) {
	r := newRig(t)
	large(r)
	turns := 0
	r.gateway.visit = func(_ context.Context, f func(worker, turn int) bool) error {
		for n := range workers {
			for turn := 0; !f(n, turn); turn++ {
				turns = max(turns, turn+2)
			}
		}
		return nil
	}
	families := r.gather()
	if turns < 2 {
		t.Errorf("%d turns for 50 routes", turns)
	}
	if n := len(families[catalog.StreamsOpen.String()].Metric); n != 51 {
		t.Errorf("%d routes; want 50 and none", n)
	}
	for _, m := range families[catalog.StreamDurationSeconds.String()].Metric {
		want := uint64(2 * 270)
		if label(m, "route") == catalog.Empty {
			want = 0
		}
		if n := m.Histogram.GetSampleCount(); n != want {
			t.Errorf("%s: %d exchanges; want %d", label(m, "route"), n, want)
		}
	}
}

func TestOfAWorkerThatDoesNotAnswerTheLastIsShown(t *testing.T) {
	r := newRig(t)
	stuck, lively := r.Sink(0), r.Sink(1)
	both := func() {
		r.run(stuck, nil)
		r.run(lively, nil)
	}
	both()
	r.want(catalog.RequestsTotal, "status_class=2xx", 2)
	var late []func()
	r.gateway.visit = func(ctx context.Context, f func(worker, turn int) bool) error {
		f(1, 0)
		late = append(late, func() { f(0, 0) })
		return context.DeadlineExceeded
	}
	both()
	r.want(catalog.RequestsTotal, "status_class=2xx", 3)
	for _, f := range late { // after the scrape has given up
		f()
	}
	r.want(catalog.RequestsTotal, "status_class=2xx", 4)
}

func TestWithoutAGatewayNobodyLooksAtWhatWorkersCount(t *testing.T) {
	r := newRigWithoutGateway(t)
	r.run(r.Sink(0), nil)
	r.want(catalog.RequestsTotal, "route=api,status_class=2xx", 0)
}
