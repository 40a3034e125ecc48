package load

import (
	"context"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/fault"
)

// Names of the load's faults.
const (
	SlowConsumer = "slow-consumer"
	RapidReset   = "rapid-reset"
	IdlePileup   = "idle-pileup"
	StuckWindow  = "stuck-window"
	TrafficDrop  = "traffic-drop"
)

// Faults returns what the load can be made to do wrong.
func (g *Generator) Faults() []fault.Fault {
	crewed := func(c *crew, name, about string) fault.Fault {
		return fault.Fault{Name: name, About: about, Apply: func(_ context.Context, on bool) error {
			c.set(on)
			return nil
		}}
	}
	return []fault.Fault{
		crewed(&g.slow, SlowConsumer, "three clients ask orders for large bodies and hardly read them"),
		crewed(&g.attackers, RapidReset, "an attacker opens streams and resets them at once, again and again"),
		crewed(&g.idlers, IdlePileup, "clients open profile streams on which nothing moves"),
		crewed(&g.hoarders, StuckWindow, "three clients ask orders for large bodies and never open their connection's window"),
		{Name: TrafficDrop, About: "all clients stop asking", Apply: func(_ context.Context, on bool) error {
			g.usual.set(!on)
			return nil
		}},
	}
}
