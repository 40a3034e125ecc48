package record

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/discovery/targetgroup"
	"github.com/prometheus/prometheus/scrape"
	"github.com/prometheus/prometheus/tsdb"

	"github.com/hopscope/hopscope/rules_test/recording"
)

// Job is the value of the job label that rules and dashboards expect of the
// gateway's series.
const Job = "hopscope"

// Options say what is recorded.
type Options struct {
	// Targets maps the instance label, which should not change from run to run,
	// to the address that serves /metrics.
	Targets map[string]string
	// Step is the time between scrapes, whole seconds.
	Step time.Duration
	// Keep reports whether series of that name are wanted; nil keeps all.
	Keep func(metric string) bool
	// Rename replaces label values, such as addresses with ports that the system
	// chose.
	Rename map[string]string
}

// Recorder records from New until Finish.
type Recorder struct {
	opts    Options
	dir     string
	db      *tsdb.DB
	manager *scrape.Manager
	run     sync.WaitGroup
	events  []moment
	stop    func()
	close   func() error
}

type moment struct {
	name string
	at   time.Time
}

// New begins to scrape.
func New(opts Options) (*Recorder, error) {
	if opts.Step < time.Second || opts.Step%time.Second != 0 {
		return nil, fmt.Errorf("step must be whole seconds, at least 1s, got %s", opts.Step)
	}
	scrapeConfig, groups, err := scrapeConfig(opts)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "hoplab-record-")
	if err != nil {
		return nil, err
	}
	r := &Recorder{opts: opts, dir: dir, stop: func() {}}
	r.close = sync.OnceValue(r.release)
	storage := tsdb.DefaultOptions()
	storage.NoLockfile = true
	r.db, err = tsdb.Open(dir, slog.New(slog.DiscardHandler), nil, storage, nil)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	r.manager, err = scrape.NewManager(&scrape.Options{
		DiscoveryReloadInterval:  model.Duration(time.Second),
		DiscoveryReloadOnStartup: true,
	}, slog.New(slog.DiscardHandler), nil, nil, r.db, prometheus.NewRegistry())
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	if err := r.manager.ApplyConfig(scrapeConfig); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	sets := make(chan map[string][]*targetgroup.Group, 1)
	sets <- groups
	r.stop = sync.OnceFunc(func() {
		r.manager.Stop()
		r.run.Wait()
	})
	r.run.Go(func() {
		// Run ends when Stop is called, and has no other error.
		_ = r.manager.Run(sets)
	})
	return r, nil
}

func scrapeConfig(opts Options) (*config.Config, map[string][]*targetgroup.Group, error) {
	// Both histogram settings: without the second, Prometheus drops the classic
	// buckets that the objectives are measured with.
	text := fmt.Sprintf(`
global: {scrape_interval: %[1]s, scrape_timeout: %[1]s}
scrape_configs:
  - job_name: %[2]s
    scrape_native_histograms: true
    always_scrape_classic_histograms: true
`, model.Duration(opts.Step), Job)
	cfg, err := config.Load(text, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, nil, err
	}
	var group targetgroup.Group
	for instance, address := range opts.Targets {
		group.Targets = append(group.Targets, model.LabelSet{
			model.AddressLabel:  model.LabelValue(address),
			model.InstanceLabel: model.LabelValue(instance),
		})
	}
	return cfg, map[string][]*targetgroup.Group{Job: {&group}}, nil
}

// Mark notes that something happened now.
func (r *Recorder) Mark(event string) {
	r.events = append(r.events, moment{event, time.Now()})
}

// Finish stops scraping and returns what was recorded; meta's Scenario,
// Description and Gateway are kept, the rest is filled in.
func (r *Recorder) Finish(ctx context.Context, meta recording.Meta) (recording.Recording, error) {
	r.stop()
	rec, err := r.read(ctx, meta)
	return rec, errors.Join(err, r.Close())
}

// Close stops scraping and deletes what was stored. It may be called again.
func (r *Recorder) Close() error { return r.close() }

func (r *Recorder) release() error {
	r.stop()
	return errors.Join(r.db.Close(), os.RemoveAll(r.dir))
}
