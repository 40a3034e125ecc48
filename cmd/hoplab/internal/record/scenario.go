package record

import (
	"slices"
	"time"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/demo"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/load"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/services"
)

// Healthy is the scenario without a fault. Every other one is named after its
// fault.
const Healthy = "healthy"

// Times are the parts of a recording.
type Times struct {
	Before time.Duration // in peace
	During time.Duration // with the fault
	After  time.Duration // to recover
}

// total is how long a recording takes.
func (t Times) total() time.Duration { return t.Before + t.During + t.After }

// DefaultTimes are long enough that rate windows of a minute fill and empty again.
func DefaultTimes() Times {
	return Times{Before: 45 * time.Second, During: 105 * time.Second, After: 80 * time.Second}
}

// Scenario is a fault of the demo, or none, and the time that it takes to see.
type Scenario struct {
	Name  string
	Times Times
	// Step is the time between scrapes, longer where a recording is; 0: that of the
	// plan.
	Step time.Duration
}

// Scenarios returns all of them in the order in which they are recorded.
func Scenarios() []Scenario {
	usual := DefaultTimes()
	var all []Scenario
	for _, name := range []string{
		Healthy, load.SlowConsumer, services.FailingReplica, services.DeadReplica, services.GoAwayStorm, services.StalledStream,
		services.Latency, load.RapidReset, demo.SlowReplica, demo.AllDead, services.ResetStorm, services.SlotExhaustion,
		load.IdlePileup, load.StuckWindow, demo.BadReload, demo.CollectorDown, demo.ScrapeDown, load.TrafficDrop,
	} {
		all = append(all, Scenario{Name: name, Times: usual})
	}
	return append(all,
		// It lasts half a minute, and must be seen against what was well before.
		Scenario{
			Name: services.ErrorBurst, Times: Times{Before: 225 * time.Second, During: 30 * time.Second, After: 70 * time.Second},
			Step: 2 * DefaultStep,
		},
		// It happens at a stroke.
		Scenario{Name: demo.GatewayRestart, Times: Times{Before: usual.Before, After: 2 * time.Minute}},
		// An alert on certificates waits for five minutes.
		Scenario{
			Name: demo.CertificateExpiry, Times: Times{Before: 30 * time.Second, During: 340 * time.Second, After: 30 * time.Second},
			Step: 2 * DefaultStep,
		},
	)
}

// FindScenario returns the scenario of that name.
func FindScenario(name string) (Scenario, bool) {
	all := Scenarios()
	i := slices.IndexFunc(all, func(s Scenario) bool { return s.Name == name })
	if i < 0 {
		return Scenario{}, false
	}
	return all[i], true
}

// ScenarioNames returns the names of all scenarios.
func ScenarioNames() []string {
	var names []string
	for _, s := range Scenarios() {
		names = append(names, s.Name)
	}
	return names
}
