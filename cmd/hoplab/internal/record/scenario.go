package record

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/demo"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/fault"
	"github.com/hopscope/hopscope/rules_test/recording"
)

// Healthy is the scenario without a fault. Every other one is named after its
// fault.
const Healthy = "healthy"

// Events of a recording.
const (
	FaultOn  = "fault on"
	FaultOff = "fault off"
)

// Instance is the instance label of the recorded gateway.
const Instance = "gateway"

// maxConfig bounds what is read of the gateway's /config, in bytes.
const maxConfig = 1 << 20

// ScenarioNames returns the scenarios in the order in which they are recorded.
func ScenarioNames() []string {
	return []string{
		Healthy, "slow-consumer", "failing-replica", "dead-replica", "goaway-storm", "stalled-stream", "latency", "rapid-reset",
	}
}

// Plan says how scenarios are recorded.
type Plan struct {
	Binary  string        // the hopscope program
	Version string        // its version, noted in the recording
	Step    time.Duration // between scrapes
	Before  time.Duration // in peace
	During  time.Duration // with the fault
	After   time.Duration // to recover
	Keep    func(metric string) bool
}

// DefaultPlan scrapes every 5 s: as often as docker-compose.yml, and long enough
// that rate windows of a minute fill and empty again.
func DefaultPlan() Plan {
	return Plan{Step: 5 * time.Second, Before: 45 * time.Second, During: 105 * time.Second, After: 80 * time.Second}
}

// Record starts a demo of its own on free ports, records the scenario and stops
// the demo.
func (p Plan) Record(ctx context.Context, scenario string) (rec recording.Recording, err error) {
	cfg := demo.Default()
	cfg.Binary, cfg.Out = p.Binary, io.Discard
	for _, address := range []*string{&cfg.Gateway, &cfg.Admin, &cfg.Prometheus, &cfg.Traces, &cfg.Control} {
		*address = "127.0.0.1:0"
	}
	d, err := demo.Start(ctx, cfg)
	if err != nil {
		return rec, err
	}
	defer func() { err = errors.Join(err, d.Stop()) }()
	names, err := endpointNames(ctx, d.Admin)
	if err != nil {
		return rec, err
	}
	r, err := New(Options{
		Targets: map[string]string{Instance: d.Admin}, Step: p.Step, Keep: p.Keep, Rename: names,
	})
	if err != nil {
		return rec, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	about, err := p.play(ctx, d, r, scenario)
	if err != nil {
		return rec, err
	}
	return r.Finish(ctx, recording.Meta{Scenario: scenario, Description: about, Gateway: p.Version})
}

// play lets time pass and turns the fault on and off. It returns what the
// scenario is about.
func (p Plan) play(ctx context.Context, d *demo.Demo, r *Recorder, scenario string) (string, error) {
	if scenario == Healthy {
		return "nothing is wrong", wait(ctx, d, p.Before+p.During)
	}
	if err := wait(ctx, d, p.Before); err != nil {
		return "", err
	}
	control := fault.NewClient("http://" + d.Control)
	state, err := control.Set(ctx, scenario, true)
	if err != nil {
		return "", err
	}
	r.Mark(FaultOn)
	if err := wait(ctx, d, p.During); err != nil {
		return "", err
	}
	r.Mark(FaultOff)
	if _, err := control.Set(ctx, scenario, false); err != nil {
		return "", err
	}
	return state.About, wait(ctx, d, p.After)
}

// wait lets the demo run; it ends early with an error if a part of it stops.
func wait(ctx context.Context, d *demo.Demo, t time.Duration) error {
	timer := time.NewTimer(t)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-d.Failed():
		return errors.New("a part of the demo stopped")
	case <-ctx.Done():
		return ctx.Err()
	}
}

// endpointNames maps the addresses of endpoints, whose ports the system chose,
// to names that stay the same from run to run: users-1, users-2, …
func endpointNames(ctx context.Context, admin string) (map[string]string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+admin+"/config", nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxConfig))
	if err != nil {
		return nil, err
	}
	var config struct {
		Upstreams []struct {
			Name      string
			Endpoints []string
		}
	}
	if err := yaml.Unmarshal(text, &config); err != nil || len(config.Upstreams) == 0 {
		return nil, fmt.Errorf("the gateway's /config names no upstreams: %w", errors.Join(err, fmt.Errorf("status %s", resp.Status)))
	}
	names := map[string]string{}
	for _, u := range config.Upstreams {
		for i, e := range u.Endpoints {
			names[e] = fmt.Sprintf("%s-%d", u.Name, i+1)
		}
	}
	return names, nil
}
