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

// Job is the value of the job label that our rules and dashboards expect of the
// gateway's series.
const Job = "hopscope"

// Options say what is recorded.
type Options struct {
	// Job is the job label of all series.
	Job     string
	Targets []Target
	// Step is the time between scrapes, whole seconds.
	Step time.Duration
	// Readers select what is kept.
	Readers
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
	faults  []span
	stop    func()
	close   func() error
}

// span is the time of a fault; off is zero while it lasts.
type span struct {
	name    string
	on, off time.Time
}

// maxExemplars bounds the exemplars that are kept while a recording runs.
const maxExemplars = 100_000

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
	storage.EnableExemplarStorage = true
	storage.MaxExemplars = maxExemplars
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
  - job_name: %[2]q
    scrape_native_histograms: true
    always_scrape_classic_histograms: true
`, model.Duration(opts.Step), opts.Job)
	cfg, err := config.Load(text, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, nil, err
	}
	var group targetgroup.Group
	for _, t := range opts.Targets {
		group.Targets = append(group.Targets, t.labels())
	}
	return cfg, map[string][]*targetgroup.Group{opts.Job: {&group}}, nil
}

// FaultOn notes that a fault begins now.
func (r *Recorder) FaultOn(name string) {
	r.faults = append(r.faults, span{name: name, on: time.Now()})
}

// FaultOff notes that the latest fault ends now.
func (r *Recorder) FaultOff() { r.faults[len(r.faults)-1].off = time.Now() }

// Finish stops scraping and returns what was recorded; what meta says of the
// scenario, the gateway and the seed is kept, the rest is filled in.
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
