package siege

import (
	"context"
	"slices"
	"time"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/damage"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/proc"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/proxies"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/raw"
)

const (
	// load is the part of what a proxy can do that the victim asks for.
	load = 0.2
	// victims is on how many connections it does.
	victims = 4
	// parcel is how many bytes a request of the harmless peer has, and overhead
	// what its frames add, about.
	parcel   = 1024
	overhead = 40
	// visitBytes is how many bytes a connection for one request has, and askBytes each
	// further request, about.
	visitBytes = 150
	askBytes   = 15
)

func honest(addr string, body []byte) raw.Request {
	return raw.Request{Scheme: "http", Authority: addr, Path: "/", Body: body}
}

// victimRate returns a fifth of the requests per second that a proxy can do.
func (f *field) victimRate(ctx context.Context, name string) (float64, error) {
	var rate float64
	_, err := f.with(ctx, name, false, func(p *proxies.Proxy, _ *raw.Origin) error {
		l := raw.Load{Addr: p.Addr, Connections: victims, Streams: 10, Request: honest(p.Addr, nil)}
		for _, n := range []int{f.spans.capacity / 10, f.spans.capacity} { // the first warms up
			l.Requests = n
			begin := time.Now()
			if err := l.Run(ctx); err != nil {
				return err
			}
			rate = load * float64(n) / time.Since(begin).Seconds()
		}
		return nil
	})
	return rate, err
}

// victim is an honest client with a rate of its own.
type victim struct {
	raw.Paced
	watched []int // CPUs; nil: whether they are there is not seen
}

func (f *field) victim(p *proxies.Proxy, secure bool, rate float64) victim {
	v := victim{Paced: raw.Paced{Addr: p.Addr, Connections: victims, Rate: rate, Request: honest(p.Addr, nil)}}
	if f.watched {
		v.watched = f.cpus
	}
	if secure {
		v.TLS = trusting(f.certificate.Pool)
	}
	return v
}

// beside has the victim send for a while, beside what do does until it is told to
// stop, and returns how it fared.
func (v victim) beside(ctx context.Context, do func(stop <-chan struct{}), length time.Duration) (damage.Victim, error) {
	watch, err := proc.NewWatch(v.watched)
	if err != nil {
		return damage.Victim{}, err
	}
	var start time.Time
	var answers []raw.Answer
	proc.Uncollected(func() {
		stop := make(chan struct{})
		fared := make(chan []raw.Answer)
		start = time.Now()
		go func() { fared <- v.Persist(ctx, start, length) }()
		end := time.AfterFunc(length, func() { close(stop) })
		defer end.Stop()
		do(stop)
		answers = <-fared
	})
	absent, err := watch.Stop()
	return sum(answers, disturbed(absent, start)), err
}

// alone is nothing to be beside of.
func alone(stop <-chan struct{}) { <-stop }

// enough is of how many requests a p99 is taken.
const enough = 1000

// sum says how a victim fared of which these are the answers. Its latencies are those
// of requests that were due in calm, if they are enough.
func sum(answers []raw.Answer, disturbed spells) damage.Victim {
	v := damage.Victim{Requests: len(answers)}
	var all, calm []time.Duration
	for _, a := range answers {
		if a.Failed == nil {
			all = append(all, a.Done-a.Due)
			if !disturbed.at(a.Due) {
				calm = append(calm, a.Done-a.Due)
			}
			continue
		}
		if v.Failed++; v.Failed == 1 {
			v.Why = a.Failed.Error()
		}
	}
	took := all
	if len(calm) >= min(enough, len(all)) {
		took, v.Calm = calm, len(calm)
	}
	if len(took) > 0 {
		slices.Sort(took)
		v.P50, v.P99 = milliseconds(took[len(took)/2]), milliseconds(took[len(took)*99/100])
	}
	return v
}

func milliseconds(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e6 }
