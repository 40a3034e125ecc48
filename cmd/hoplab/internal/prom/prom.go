package prom

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/discovery/targetgroup"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/scrape"
	"github.com/prometheus/prometheus/tsdb"
)

// Target is one endpoint to scrape.
type Target struct {
	Job     string // the job label
	Address string // host:port; /metrics is scraped over HTTP
}

// Config is what a server needs. ScrapeInterval and EvalInterval are at least
// one millisecond; a rule group's own interval wins over EvalInterval.
type Config struct {
	Dir            string // of the TSDB; created if missing, left behind
	URL            string // where Handler is served, for links
	Targets        []Target
	ScrapeInterval time.Duration
	EvalInterval   time.Duration
	RuleFiles      []string
	Logger         *slog.Logger
}

// retention is how long samples are kept: longer than any demo, and far more
// than its alerts look back.
const retention = 24 * time.Hour

// maxExemplars bounds the circular exemplar storage.
const maxExemplars = 10_000

// Server is an embedded Prometheus. New makes one, Run runs it, Close frees it.
type Server struct {
	cfg      Config
	scrape   *config.Config
	registry *prometheus.Registry
	parser   parser.Parser
	db       *tsdb.DB
	engine   *promql.Engine
	scraper  *scrape.Manager
	rules    *rules.Manager
	api      http.Handler
}

// New opens the TSDB and loads the rule files. The error of a bad rule file
// says what is wrong with it.
func New(cfg Config) (_ *Server, err error) {
	s := &Server{cfg: cfg, registry: prometheus.NewRegistry(), parser: parser.NewParser(parser.Options{})}
	if s.scrape, err = scrapeConfig(cfg); err != nil {
		return nil, err
	}
	if err := s.checkRules(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(cfg.Dir, 0o755); err != nil {
		return nil, fmt.Errorf("prometheus: storage: %w", err)
	}
	opts := tsdb.DefaultOptions()
	opts.RetentionDuration = retention.Milliseconds()
	opts.EnableExemplarStorage = true
	opts.MaxExemplars = maxExemplars
	opts.WALSegmentSize = 8 << 20 // the default reserves far more than a demo writes
	opts.StripeSize = 1 << 10
	if s.db, err = tsdb.Open(cfg.Dir, cfg.Logger, s.registry, opts, nil); err != nil {
		return nil, fmt.Errorf("prometheus: open storage in %s: %w", cfg.Dir, err)
	}
	if err := s.assemble(); err != nil {
		return nil, errors.Join(err, s.db.Close())
	}
	return s, nil
}

func (s *Server) assemble() (err error) {
	s.engine = promql.NewEngine(promql.EngineOpts{
		Logger:               s.cfg.Logger,
		Reg:                  s.registry,
		MaxSamples:           5_000_000,
		Timeout:              30 * time.Second,
		LookbackDelta:        5 * time.Minute,
		EnableAtModifier:     true,
		EnableNegativeOffset: true,
		NoStepSubqueryIntervalFn: func(int64) int64 {
			return s.cfg.EvalInterval.Milliseconds()
		},
		Parser: s.parser,
	})
	s.scraper, err = scrape.NewManager(&scrape.Options{
		DiscoveryReloadInterval:  model.Duration(time.Second),
		DiscoveryReloadOnStartup: true,
	}, s.cfg.Logger, nil, s.db, nil, s.registry)
	if err != nil {
		return fmt.Errorf("prometheus: scrape manager: %w", err)
	}
	if err := s.scraper.ApplyConfig(s.scrape); err != nil {
		return fmt.Errorf("prometheus: scrape configuration: %w", err)
	}
	external, err := url.Parse(s.cfg.URL)
	if err != nil {
		return fmt.Errorf("prometheus: address: %w", err)
	}
	s.rules = rules.NewManager(&rules.ManagerOptions{
		ExternalURL: external,
		QueryFunc:   rules.EngineQueryFunc(s.engine, s.db),
		// Alerts are read from the manager's state; nothing is notified.
		NotifyFunc: func(context.Context, string, ...*rules.Alert) {},
		Context:    context.Background(),
		Appendable: s.db,
		Queryable:  s.db,
		Logger:     s.cfg.Logger,
		Registerer: s.registry,
		Parser:     s.parser,
	})
	s.api = s.newHandler()
	return nil
}

// scrapeConfig is written as a user would write it, so that every default of
// Prometheus applies.
func scrapeConfig(cfg Config) (*config.Config, error) {
	text := fmt.Sprintf("global:\n  scrape_interval: %s\n  scrape_timeout: %s\n  evaluation_interval: %s\n"+
		"  scrape_native_histograms: true\n  always_scrape_classic_histograms: true\nscrape_configs:\n",
		model.Duration(cfg.ScrapeInterval), model.Duration(cfg.ScrapeInterval), model.Duration(cfg.EvalInterval))
	seen := map[string]bool{}
	for _, t := range cfg.Targets {
		if !seen[t.Job] {
			seen[t.Job] = true
			text += fmt.Sprintf("  - job_name: %q\n", t.Job)
		}
	}
	c, err := config.Load(text, cfg.Logger)
	if err != nil {
		return nil, fmt.Errorf("prometheus: configuration: %w", err)
	}
	return c, nil
}

// checkRules reads the rule files for their errors: the manager would only log
// them.
func (s *Server) checkRules() error {
	var errs []error
	for _, f := range s.cfg.RuleFiles {
		_, problems := rulefmt.ParseFile(f, false, model.UTF8Validation, s.parser, s.cfg.Logger)
		errs = append(errs, problems...)
	}
	if len(errs) > 0 {
		return fmt.Errorf("prometheus: rule files: %w", errors.Join(errs...))
	}
	return nil
}

// Run scrapes and evaluates until the context ends, and returns when all of it
// has stopped.
func (s *Server) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	targets := make(chan map[string][]*targetgroup.Group, 1)
	targets <- s.targets()
	wg.Go(func() { _ = s.scraper.Run(targets) }) // nil by design: it ends when stopped
	if err := s.rules.Update(s.cfg.EvalInterval, s.cfg.RuleFiles, labels.EmptyLabels(), s.cfg.URL, nil); err != nil {
		s.scraper.Stop()
		wg.Wait()
		return fmt.Errorf("prometheus: rules: %w", err)
	}
	wg.Go(func() {
		// Before the first scrape every target is absent, which alerts would tell.
		s.waitForSamples(ctx)
		s.rules.Run()
	})
	<-ctx.Done()
	s.scraper.Stop()
	s.rules.Stop()
	wg.Wait()
	return nil
}

// maxHeadStart is how long rules wait for a first sample.
const maxHeadStart = 15 * time.Second

// waitForSamples returns once a target was scraped, or will not be soon.
func (s *Server) waitForSamples(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, maxHeadStart)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if v, err := s.Query(ctx, "up"); err != nil || len(v) > 0 {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (s *Server) targets() map[string][]*targetgroup.Group {
	sets := map[string][]*targetgroup.Group{}
	for _, t := range s.cfg.Targets {
		sets[t.Job] = append(sets[t.Job], &targetgroup.Group{
			Source:  t.Job + "/" + t.Address,
			Targets: []model.LabelSet{{model.AddressLabel: model.LabelValue(t.Address)}},
		})
	}
	return sets
}

// Close frees the storage. Call it after Run returned.
func (s *Server) Close() error {
	return errors.Join(s.engine.Close(), s.db.Close())
}

// Query evaluates an instant query now.
func (s *Server) Query(ctx context.Context, expr string) (promql.Vector, error) {
	q, err := s.engine.NewInstantQuery(ctx, s.db, nil, expr, time.Now())
	if err != nil {
		return nil, fmt.Errorf("query %q: %w", expr, err)
	}
	defer q.Close()
	res := q.Exec(ctx)
	v, err := res.Vector()
	if err != nil {
		return nil, fmt.Errorf("query %q: %w", expr, err)
	}
	// The engine reuses the vector's memory once the query is closed.
	return append(promql.Vector(nil), v...), nil
}
