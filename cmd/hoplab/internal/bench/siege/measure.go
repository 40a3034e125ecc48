package siege

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/damage"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/hostile"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/plan"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/proc"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/proxies"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/raw"
)

// A measurement during which the machine's host gave so much of it to others that too
// few of the victim's requests are left says nothing about latencies. It is made
// again, at most mostRepeats times, after a pause each: the host is kinder to those
// who have not asked for much for a while. Over a whole run there is one repeat for
// every two measurements, or it would not end where the host is always busy.
const (
	mostRepeats = 3
	respite     = 5 * time.Second
)

// patience is how often a run may still repeat what was disturbed.
type patience struct {
	halves int // of a repeat
}

// inPeace measures, while there is patience more than once if it must, and returns
// the calmest measurement; disturbed is told of those that are made again, and waits
// before the next.
func (p *patience) inPeace(measure func() (damage.Sample, error), disturbed func(damage.Sample)) (best damage.Sample, err error) {
	p.halves++
	for try := 0; ; try++ {
		s, err := measure()
		if err != nil {
			return s, err
		}
		if try == 0 || s.Calm() > best.Calm() {
			best = s
		}
		if best.Calm() > 0 || try == mostRepeats || p.halves < 2 {
			return best, nil
		}
		p.halves -= 2
		disturbed(s)
	}
}

// watch measures and says how much of the machine was stolen meanwhile.
func (f *field) watch(measure func() (damage.Sample, error)) (damage.Sample, error) {
	before, err := proc.Stolen()
	if err != nil {
		return damage.Sample{}, err
	}
	begin := time.Now()
	s, err := measure()
	if err != nil {
		return s, err
	}
	after, err := proc.Stolen()
	s.Stolen = (after - before).Seconds() / time.Since(begin).Seconds() / float64(len(f.cpus))
	return s, err
}

// sample is a measurement in peace, or in a short run any.
func (f *field) sample(ctx context.Context, a hostile.Attack, name string, round int, rate float64) (damage.Sample, error) {
	measure := func() (damage.Sample, error) {
		return f.watch(func() (damage.Sample, error) { return f.measure(ctx, a, name, round, rate) })
	}
	if f.options.Quick {
		return measure()
	}
	return f.patience.inPeace(measure, func(s damage.Sample) {
		fmt.Fprintf(f.options.Progress, "%s: %s: the machine's host took %.0f %% of it away\n", a.ID, plan.Title(name), 100*s.Stolen)
		select {
		case <-time.After(respite):
		case <-ctx.Done():
		}
	})
}

// measure attacks a proxy that does nothing else, and then has a harmless peer
// send as many bytes on as many connections, and as many requests at once, in the
// same time to another that has not been attacked.
func (f *field) measure(ctx context.Context, a hostile.Attack, name string, round int, rate float64) (damage.Sample, error) {
	ctx, cancel := context.WithTimeout(ctx, measureTimeout)
	defer cancel()
	s := damage.Sample{Attack: a.ID, Proxy: name, Round: round}
	length := f.spans.attack
	if whole := round == 1 || round > f.options.Rounds; whole && !f.options.Quick {
		length = max(length, a.Lasts)
	}
	b, err := f.beside(ctx, a.TLS, name, rate, length, order{Attack: a.ID})
	if err != nil {
		return s, err
	}
	s.Died, s.Quiet, s.Attacked, s.Growth, s.Reached, s.Seconds = b.died, b.quiet, b.fared, b.growth, b.requests, b.seconds
	s.Steps, s.Bytes, s.Connections, s.Ended = b.out.Steps, b.out.Bytes, b.out.Connections, b.out.Ended
	s.End, s.EndedAfter = b.out.End.String(), b.out.End.After.Seconds()

	visited := int64(s.Connections) * int64(visitBytes+a.Asks*askBytes)
	b, err = f.beside(ctx, a.TLS, name, rate, length, order{
		Rate:   max(float64(s.Bytes-visited)/(parcel+overhead), 1) / s.Seconds,
		Length: length, Visits: s.Connections, Burst: a.Connections, Asks: a.Asks,
	})
	s.Harmless, s.Usual = b.fared, b.growth
	return s, err
}

// beside is how the victim and the proxy fared beside a companion.
type beside struct {
	quiet, fared damage.Victim
	growth       int64
	requests     int64 // at the origin
	seconds      float64
	out          hostile.Outcome
	died         bool
}

// beside has the victim send for a while, to a new proxy, beside a companion with
// an order, to which the proxy's address and certificate are added.
func (f *field) beside(ctx context.Context, secure bool, name string, rate float64, length time.Duration, o order) (b beside, err error) {
	c, err := f.newCompanion(ctx)
	if err != nil {
		return b, err
	}
	defer func() { err = errors.Join(err, c.dismiss()) }()
	o.Yield = !f.options.Quick // which is not to depend on what a busy machine leaves
	if secure {
		o.Trust = f.certificate.CertFile
	}
	b.died, err = f.with(ctx, name, secure, func(p *proxies.Proxy, origin *raw.Origin) error {
		v := f.victim(p, secure, rate)
		_, err := v.beside(ctx, alone, f.spans.warm)
		if err != nil {
			return err
		}
		if b.quiet, err = v.beside(ctx, alone, f.spans.quiet); err != nil {
			return err
		}
		o.Addr = p.Addr
		begin := time.Now()
		var failed, unseen error
		b.growth, err = growth(p, func() {
			b.fared, unseen = v.beside(ctx, func(stop <-chan struct{}) {
				b.out, failed = c.work(ctx, o, stop)
				b.seconds = time.Since(begin).Seconds()
			}, length)
		})
		b.requests = origin.Requests()
		return errors.Join(err, failed, unseen)
	})
	return b, err
}

// growth returns by how many bytes at most the proxy's memory grows while do runs.
func growth(p *proxies.Proxy, do func()) (int64, error) {
	before, err := p.RSS()
	if err != nil {
		return 0, err
	}
	if err := p.ResetPeak(); err != nil {
		return 0, err
	}
	do()
	select {
	case <-p.Exited():
		return 0, nil // what it had is gone
	default:
	}
	peak, err := p.PeakRSS()
	return max(peak-before, 0), err
}
