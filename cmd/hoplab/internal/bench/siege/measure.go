package siege

import (
	"context"
	"time"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/damage"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/hostile"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/proxies"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/raw"
)

// measure attacks a proxy that does nothing else, and then has a harmless peer
// send as many bytes in the same time to another that has not been attacked.
func (f *field) measure(ctx context.Context, a hostile.Attack, name string, round int, rate float64) (damage.Sample, error) {
	ctx, cancel := context.WithTimeout(ctx, measureTimeout)
	defer cancel()
	s := damage.Sample{Attack: a.ID, Proxy: name, Round: round}
	length := f.spans.attack
	if round == 1 && !f.options.Quick {
		length = max(length, a.Lasts)
	}
	var err error
	s.Died, err = f.with(ctx, name, a.TLS, func(p *proxies.Proxy, o *raw.Origin) error {
		v := f.victim(p, a.TLS, rate)
		v.beside(ctx, alone, f.spans.warm)
		s.Quiet = v.beside(ctx, alone, f.spans.quiet)
		begin := time.Now()
		s.Growth, err = growth(p, func() {
			s.Attacked = v.beside(ctx, func(stop <-chan struct{}) {
				out := a.Run(ctx, p.Addr, stop)
				s.Seconds = time.Since(begin).Seconds()
				s.Steps, s.Bytes, s.Connections, s.Ended = out.Steps, out.Bytes, out.Connections, out.Ended
				s.End, s.EndedAfter = out.End.String(), out.End.After.Seconds()
			}, length)
		})
		s.Reached = o.Requests()
		return err
	})
	if err != nil || ctx.Err() != nil {
		return s, err
	}
	_, err = f.with(ctx, name, a.TLS, func(p *proxies.Proxy, _ *raw.Origin) error {
		v := f.victim(p, a.TLS, rate)
		v.beside(ctx, alone, f.spans.warm)
		s.Usual, err = growth(p, func() {
			s.Harmless = v.beside(ctx, func(<-chan struct{}) {
				peer := raw.Paced{
					Addr: p.Addr, TLS: v.TLS, Connections: 1, Request: honest(p, make([]byte, parcel)),
					Rate: max(float64(s.Bytes)/(parcel+overhead), 1) / s.Seconds,
				}
				peer.Persist(ctx, time.Now(), f.spans.attack)
			}, f.spans.attack)
		})
		return err
	})
	return s, err
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
