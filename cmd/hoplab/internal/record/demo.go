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

// Instance is the instance label of the demo's gateway.
const Instance = "gateway"

// warmUp is how long a demo runs before it is recorded: first requests connect and
// are slower than the rest.
const warmUp = 10 * time.Second

// maxConfig bounds what is read of the gateway's /config, in bytes.
const maxConfig = 1 << 20

// Gateway is the program that the demo runs.
type Gateway struct {
	Binary  string // the hopscope program
	Version string // noted in the recording
	Seed    uint64 // of the load's random sequences
}

// Demo starts a demo of its own on free ports, records the scenario and stops the
// demo.
func (p Plan) Demo(ctx context.Context, g Gateway, s Scenario) (rec recording.Recording, err error) {
	cfg := demo.Default()
	cfg.Binary, cfg.Out, cfg.Seed = g.Binary, io.Discard, g.Seed
	// The demo's own Prometheus and console are not needed here.
	cfg.Console = ""
	cfg.ScrapeInterval, cfg.EvalInterval = time.Minute, time.Minute
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
	target, err := ParseTarget(Instance + "=" + d.Admin)
	if err != nil {
		return rec, err
	}
	subject := subject{
		name: s.Name, times: s.Times, failed: d.Failed(),
		options: Options{Job: Job, Targets: []Target{target}, Rename: names},
	}
	select {
	case <-time.After(warmUp):
	case <-ctx.Done():
		return rec, ctx.Err()
	}
	meta := recording.Meta{Scenario: s.Name, Description: "nothing is wrong", Gateway: g.Version, Seed: g.Seed}
	if s.Name != Healthy {
		control := fault.NewClient("http://" + d.Control)
		state, err := control.Set(ctx, s.Name, false) // it is off; this tells what it is about
		if err != nil {
			return rec, err
		}
		meta.Description = state.About
		subject.set = func(ctx context.Context, on bool) error {
			_, err := control.Set(ctx, s.Name, on)
			return err
		}
	}
	if s.Step > 0 {
		p.Step = s.Step
	}
	return p.record(ctx, subject, meta)
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
