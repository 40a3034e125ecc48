package demo

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/fault"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/gateway"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/services"
)

// Names of the faults that only a whole demo can have.
const (
	SlowReplica       = "slow-replica"
	AllDead           = "all-dead"
	CertificateExpiry = "certificate-expiry"
	BadReload         = "bad-reload"
	CollectorDown     = "collector-down"
	ScrapeDown        = "scrape-down"
	GatewayRestart    = "gateway-restart"
)

// declareFaults declares what can be broken. Replica 1 fails, replica 2 dies and
// replica 3 is slow, so that faults of one replica leave the others well.
func (d *Demo) declareFaults() []fault.Fault {
	dead, slow := d.replicas(services.DeadReplica), d.replicas(services.Latency)
	list := []fault.Fault{
		{Name: services.FailingReplica, About: "users-1 answers every call with INTERNAL", Apply: d.replicas(services.FailingReplica)[0].set},
		{Name: services.DeadReplica, About: "users-2 has closed its listener and all its connections", Apply: dead[1].set},
		{Name: AllDead, About: "every replica of users has closed its listener and all its connections", Apply: dead.set},
		{Name: SlowReplica, About: "users-3 takes 1.2 s longer", Apply: slow[2].set},
		{Name: services.Latency, About: "every replica of users takes 1.2 s longer", Apply: slow.set},
		{Name: services.ErrorBurst, About: "every replica of users fails one call in ten", Apply: d.replicas(services.ErrorBurst).set},
		{
			Name: services.GoAwayStorm, About: "every replica of users sends GOAWAY a moment after each connection was made",
			Apply: d.replicas(services.GoAwayStorm).set,
		},
		{Name: CertificateExpiry, About: "the certificate of the HTTPS listener ends in 12 hours", Apply: func(_ context.Context, on bool) error {
			if on {
				return d.hop.cert.Renew(gateway.ShortLife)
			}
			return d.hop.cert.Renew(gateway.LongLife)
		}},
		{Name: BadReload, About: "the gateway's configuration file names an upstream that there is not", Apply: d.hop.refuse},
		{Name: CollectorDown, About: "the trace store has closed its listener: spans go nowhere", Apply: func(ctx context.Context, on bool) error {
			if on {
				return d.spans.close()
			}
			return d.spans.reopen(ctx)
		}},
		{Name: ScrapeDown, About: "the gateway hangs (SIGSTOP): it answers neither clients nor scrapes", Apply: d.hop.pause},
		{Name: GatewayRestart, About: "the gateway is killed and starts again: its counters begin at zero", Apply: func(ctx context.Context, on bool) error {
			if !on {
				return nil // it happens once, when it is turned on
			}
			return d.hop.restart(ctx)
		}},
	}
	list = append(list, d.orders.Faults()...)
	return append(list, d.load.Faults()...)
}

// replicas returns one of users' faults in each of its replicas.
func (d *Demo) replicas(name string) sharedFaults {
	var all sharedFaults
	for _, u := range d.users {
		faults := u.Faults()
		i := slices.IndexFunc(faults, func(f fault.Fault) bool { return f.Name == name })
		all = append(all, &sharedFault{apply: faults[i].Apply})
	}
	return all
}

// sharedFault is one that several faults of the demo bring about: it lasts until
// the last of them is off.
type sharedFault struct {
	apply func(ctx context.Context, on bool) error

	mu      sync.Mutex
	reasons int // guarded by mu
}

func (s *sharedFault) set(ctx context.Context, on bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	reasons := max(0, s.reasons-1)
	if on {
		reasons = s.reasons + 1
	}
	if (reasons > 0) != (s.reasons > 0) {
		if err := s.apply(ctx, on); err != nil {
			return err
		}
	}
	s.reasons = reasons
	return nil
}

// sharedFaults are turned on and off together.
type sharedFaults []*sharedFault

func (all sharedFaults) set(ctx context.Context, on bool) error {
	var errs []error
	for _, s := range all {
		errs = append(errs, s.set(ctx, on))
	}
	return errors.Join(errs...)
}
