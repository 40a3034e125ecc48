package demo

import (
	"context"
	"errors"
	"slices"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/fault"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/services"
)

// faults declares what can be broken. Replica 1 fails and replica 2 dies, so
// that both at once still leave one; storm and latency are of all replicas.
func (d *Demo) faults() []fault.Fault {
	list := []fault.Fault{
		pick(d.users[0].Faults(), services.FailingReplica, "users-1 answers every call with INTERNAL"),
		pick(d.users[1].Faults(), services.DeadReplica, "users-2 has closed its listener and all its connections"),
		d.everyReplica(services.GoAwayStorm, "every replica of users sends GOAWAY a moment after each connection was made"),
		d.everyReplica(services.Latency, "every replica of users takes 1.2 s longer"),
	}
	list = append(list, d.orders.Faults()...)
	return append(list, d.load.Faults()...)
}

// pick returns the fault with this name, described anew.
func pick(faults []fault.Fault, name, about string) fault.Fault {
	f := faults[slices.IndexFunc(faults, func(f fault.Fault) bool { return f.Name == name })]
	f.About = about
	return f
}

// everyReplica is a fault that all replicas of users take together.
func (d *Demo) everyReplica(name, about string) fault.Fault {
	return fault.Fault{Name: name, About: about, Apply: func(ctx context.Context, on bool) error {
		var errs []error
		for _, u := range d.users {
			errs = append(errs, pick(u.Faults(), name, about).Apply(ctx, on))
		}
		return errors.Join(errs...)
	}}
}
