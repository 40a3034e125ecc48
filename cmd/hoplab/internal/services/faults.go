package services

import (
	"context"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/fault"
)

// Names of the services' faults.
const (
	FailingReplica = "failing-replica"
	DeadReplica    = "dead-replica"
	GoAwayStorm    = "goaway-storm"
	Latency        = "latency"
	StalledStream  = "stalled-stream"
	ErrorBurst     = "error-burst"
	ResetStorm     = "reset-storm"
	SlotExhaustion = "slot-exhaustion"
)

// Faults returns what this replica of users can be made to do wrong.
func (u *UsersReplica) Faults() []fault.Fault {
	return []fault.Fault{
		{
			Name: FailingReplica, About: "this replica of users answers every call with INTERNAL",
			Apply: switching(u.SetFailing),
		},
		{
			Name: DeadReplica, About: "this replica of users has closed its listener and all its connections",
			Apply: u.SetDead,
		},
		{
			Name: GoAwayStorm, About: "this replica of users sends GOAWAY a moment after each connection was made",
			Apply: u.SetRestless,
		},
		{
			Name: Latency, About: "this replica of users takes 1.2 s longer",
			Apply: switching(u.SetSlow),
		},
		{
			Name: ErrorBurst, About: "this replica of users fails one call in ten",
			Apply: switching(u.SetErrorBurst),
		},
	}
}

// Faults returns what orders can be made to do wrong.
func (o *OrdersReplica) Faults() []fault.Fault {
	return []fault.Fault{
		{
			Name: StalledStream, About: "orders stops reading uploads after their first 64 KiB",
			Apply: switching(o.SetStalled),
		},
		{
			Name: ResetStorm, About: "orders ends every request with RST_STREAM",
			Apply: switching(o.SetResetting),
		},
		{
			Name: SlotExhaustion, About: "orders allows one stream on each connection and takes 5 s for each request",
			Apply: o.SetNarrow,
		},
	}
}

// switching is a fault that takes effect at once and cannot fail.
func switching(set func(on bool)) func(context.Context, bool) error {
	return func(_ context.Context, on bool) error {
		set(on)
		return nil
	}
}
