package telemetry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/hopscope/hopscope/gateway/config"
	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/telemetry/accesslog"
	"github.com/hopscope/hopscope/telemetry/admin"
	"github.com/hopscope/hopscope/telemetry/metrics"
	"github.com/hopscope/hopscope/telemetry/tracing"
)

// Options are what a configuration does not hold. The zero value is usable.
type Options struct {
	Version  string
	Revision string
	// Logger takes what goes wrong inside telemetry; nil: nothing is logged.
	Logger *slog.Logger
	// AccessLog takes the lines of the access log; nil: standard error.
	AccessLog io.Writer
	// Clock is the gateway's; nil: one of its own.
	Clock *event.Clock
}

// Telemetry is everything that watches one gateway.
type Telemetry struct {
	observer *observer
	counts   *metrics.Observer // nil: metrics are off
	tracer   *tracing.Tracer
	log      *accesslog.Log
	admin    *admin.Admin
	config   *config.Config // that is in force; Reload's
}

// New builds the telemetry that cfg asks for. It fails if a reporter cannot be
// set up; a collector that is down is no failure.
func New(cfg *config.Config, opts Options) (*Telemetry, error) {
	if opts.AccessLog == nil {
		opts.AccessLog = os.Stderr
	}
	if opts.Clock == nil {
		opts.Clock = event.NewClock()
	}
	mode, err := accesslog.ParseMode(cfg.Log.Access)
	if err != nil {
		return nil, err
	}
	var registry *prometheus.Registry
	tracerOpts := tracing.Options{Version: opts.Version, Logger: opts.Logger, Offset: opts.Clock.Offset}
	if cfg.Metrics.Enabled {
		registry = prometheus.NewRegistry()
		tracerOpts.Registry = registry
	}
	t := &Telemetry{config: cfg}
	if t.tracer, err = tracing.New(cfg.Tracing, tracerOpts); err != nil {
		return nil, err
	}
	t.log = accesslog.New(opts.AccessLog, mode, opts.Clock.Offset)
	adminOpts := admin.Options{Config: cfg, Logger: opts.Logger}
	var counts event.Observer = metrics.Off{}
	if registry != nil {
		if adminOpts.Metrics, err = t.newMetrics(registry, opts); err != nil {
			return nil, errors.Join(err, t.Close(context.Background()))
		}
		counts = t.counts
	}
	t.admin = admin.New(adminOpts)
	if err := t.setTokens(cfg.Admin); err != nil {
		return nil, errors.Join(err, t.Close(context.Background()))
	}
	t.observer = &observer{Observer: counts, tracer: t.tracer, log: t.log, admin: t.admin}
	return t, nil
}

// newMetrics sets t.counts and returns the page of its metrics and those of
// others, which it adds to.
func (t *Telemetry) newMetrics(others *prometheus.Registry, opts Options) (_ http.Handler, err error) {
	for _, c := range []prometheus.Collector{
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	} {
		if err := others.Register(c); err != nil {
			return nil, err
		}
	}
	own := prometheus.NewRegistry()
	t.counts, err = metrics.New(own, metrics.Options{
		Version: opts.Version, Revision: opts.Revision, GoVersion: runtime.Version(), Now: opts.Clock.Now, Offset: opts.Clock.Offset,
		Spans: t.tracer.Spans, LogDropped: t.log.Dropped, AdminRefused: t.adminRefused,
	})
	if err != nil {
		return nil, err
	}
	return metrics.NewPage(t.counts, own, others, opts.Logger), nil
}

// adminRefused tells how often each reason of [admin.Refusal] happened.
func (t *Telemetry) adminRefused(tell func(reason string, n uint64)) {
	for why, n := range t.admin.Refused() {
		tell(admin.Refusal(why).String(), n)
	}
}

// setTokens has the admin server ask for the tokens that are in c's file now.
func (t *Telemetry) setTokens(c config.Admin) error {
	var tokens []string
	if c.TokenFile != "" {
		var err error
		if tokens, err = config.ReadTokens(c.TokenFile); err != nil {
			return fmt.Errorf("admin.token_file: %s: %w", c.TokenFile, err)
		}
	}
	t.admin.SetTokens(tokens)
	return nil
}

// Observer returns what the gateway tells events to.
func (t *Telemetry) Observer() event.Observer { return t.observer }

// SetSource sets what the admin server and the metrics ask about the gateway. It
// is called once, when the gateway exists.
func (t *Telemetry) SetSource(s event.Source) {
	t.admin.SetSource(s)
	if t.counts != nil {
		t.counts.SetSource(s)
	}
}

// Reload takes over what may change while the gateway runs: the sampler, the
// propagation formats, the access log, and the tokens and the configuration that
// the admin server asks for and shows. It returns the keys of settings that differ from those in force
// and that only a restart applies; after an error nothing has changed. Calls
// must not overlap.
func (t *Telemetry) Reload(cfg *config.Config) (needRestart []string, err error) {
	mode, err := accesslog.ParseMode(cfg.Log.Access)
	if err != nil {
		return nil, err
	}
	if err := t.tracer.Reload(cfg.Tracing); err != nil {
		return nil, err
	}
	if err := t.setTokens(cfg.Admin); err != nil {
		return nil, err
	}
	t.log.SetMode(mode)
	for _, s := range []struct {
		key     string
		changed bool
	}{
		{"admin.address", cfg.Admin.Address != t.config.Admin.Address},
		{"admin.pprof", cfg.Admin.Pprof != t.config.Admin.Pprof},
		{"metrics.enabled", cfg.Metrics.Enabled != t.config.Metrics.Enabled},
		{"tracing.reporter", cfg.Tracing.Reporter != t.config.Tracing.Reporter},
		{"tracing.endpoint", cfg.Tracing.Endpoint != t.config.Tracing.Endpoint},
	} {
		if s.changed {
			needRestart = append(needRestart, s.key)
		}
	}
	// What needs a restart is shown as it is, not as it would be.
	shown := *cfg
	shown.Admin.Address, shown.Admin.Pprof, shown.Metrics = t.config.Admin.Address, t.config.Admin.Pprof, t.config.Metrics
	shown.Tracing.Reporter, shown.Tracing.Endpoint = t.config.Tracing.Reporter, t.config.Tracing.Endpoint
	t.config = &shown
	t.admin.SetConfig(&shown)
	return needRestart, nil
}

// Renew reads the token file of the configuration in force again. After an error
// the tokens are those before. It must not overlap Reload.
func (t *Telemetry) Renew() error { return t.setTokens(t.config.Admin) }

// AdminCertificate tells when the certificate of the admin server ends; the zero
// time: it has none.
func (t *Telemetry) AdminCertificate(notAfter time.Time) {
	if t.counts != nil {
		t.counts.AdminCertificate(notAfter)
	}
}

// Admin returns the handler of the administration server; [admin.NewServer]
// makes a server of it.
func (t *Telemetry) Admin() *admin.Admin { return t.admin }

// Close sends the spans and writes the lines that are still held, until ctx
// ends. The gateway must have stopped.
func (t *Telemetry) Close(ctx context.Context) error {
	return errors.Join(t.tracer.Close(ctx), t.log.Close(ctx))
}
