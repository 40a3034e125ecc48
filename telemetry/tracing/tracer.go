package tracing

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/opentracing/opentracing-go"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/uber/jaeger-client-go"
	"github.com/uber/jaeger-client-go/utils"
	"github.com/uber/jaeger-lib/metrics"
	jprom "github.com/uber/jaeger-lib/metrics/prometheus"

	"github.com/hopscope/hopscope/gateway/config"
)

// serviceName is what the gateway calls itself in traces.
const serviceName = "hopscope"

// What is held of spans: the reporter's queue bounds the memory of a collector
// that is slow, the others that of one span.
const (
	queueSpans     = 10000
	flushInterval  = time.Second
	maxTagBytes    = 1024
	maxLogsPerSpan = 64
)

// Options are what a configuration does not hold.
type Options struct {
	Version string
	// Logger takes what goes wrong; nil: nothing is logged.
	Logger *slog.Logger
	// Registry exposes jaeger-client-go's own metrics; nil: they are not kept.
	Registry prometheus.Registerer
	// Offset is that of the exchanges' clock; nil: none.
	Offset func() time.Duration
}

// Tracer decides which traces are kept and reports their spans. Its methods are
// safe for concurrent use.
type Tracer struct {
	tracer   opentracing.Tracer // nil: no spans are reported
	closer   io.Closer
	abort    context.CancelFunc // ends what is being sent
	offset   func() time.Duration
	log      *exportLog
	metrics  *jaeger.Metrics
	endpoint string
	settings atomic.Pointer[settings]
	details  detailsPool
	// spread tells that spans go to a sender of jaeger's, which knows no details.
	spread    bool
	delivered struct{ ok, failed, dropped atomic.Uint64 }
}

// settings are what a reload replaces.
type settings struct {
	sampler sampler
	formats formats
	from    config.Sampler
}

// New returns a tracer that reports as c says. A collector that is down is no
// error: its spans are dropped and counted.
func New(c config.Tracing, opts Options) (*Tracer, error) {
	logger := opts.Logger
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	t := &Tracer{
		log: &exportLog{to: logger}, metrics: jaeger.NewNullMetrics(), endpoint: c.Endpoint,
		abort: func() {}, offset: opts.Offset,
	}
	if t.offset == nil {
		t.offset = func() time.Duration { return 0 }
	}
	if opts.Registry != nil {
		t.metrics = jaeger.NewMetrics(jprom.New(jprom.WithRegisterer(opts.Registry)), nil)
	}
	t.metrics.ReporterSuccess = tee{t.metrics.ReporterSuccess, &t.delivered.ok}
	t.metrics.ReporterFailure = tee{t.metrics.ReporterFailure, &t.delivered.failed}
	t.metrics.ReporterDropped = tee{t.metrics.ReporterDropped, &t.delivered.dropped}

	s, err := t.newSettings(c, nil)
	if err != nil {
		return nil, err
	}
	t.settings.Store(s)
	network := &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, IdleConnTimeout: time.Minute}
	sender, err := t.newSender(c, network)
	if err != nil {
		s.sampler.close()
		return nil, err
	}
	if sender != nil {
		t.start(sender, opts.Version)
	}
	return t, nil
}

// tee counts in jaeger's metric and in one of ours.
type tee struct {
	metrics.Counter
	n *atomic.Uint64
}

// Inc implements metrics.Counter.
func (t tee) Inc(n int64) {
	t.Counter.Inc(n)
	t.n.Add(uint64(n))
}

// newSender returns what carries spans away over network, nil if none are reported.
func (t *Tracer) newSender(c config.Tracing, network http.RoundTripper) (jaeger.Transport, error) {
	switch c.Reporter {
	case config.ReporterNone, "":
		return nil, nil
	case config.ReporterJaegerUDP:
		hostPort := c.Endpoint
		if u, err := url.Parse(c.Endpoint); err == nil && u.Host != "" {
			hostPort = u.Host
		}
		sender, err := jaeger.NewUDPTransportWithParams(jaeger.UDPTransportParams{
			AgentClientUDPParams: utils.AgentClientUDPParams{HostPort: hostPort, Logger: t.log},
		})
		if err != nil {
			return nil, fmt.Errorf("tracing.endpoint: want the host:port of a Jaeger agent, got %q: %w", c.Endpoint, err)
		}
		t.spread = true
		return sender, nil
	case config.ReporterJaeger, config.ReporterOTLP:
		u, err := url.Parse(c.Endpoint)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return nil, fmt.Errorf("tracing.endpoint: want the http or https URL of a collector, got %q", c.Endpoint)
		}
		ctx, cancel := context.WithCancel(context.Background())
		t.abort = func() {
			cancel()
			(&http.Client{Transport: network}).CloseIdleConnections()
		}
		e := exporter{network, ctx}
		if c.Reporter == config.ReporterOTLP {
			return newSender(otlpCodec{}, c.Endpoint, e, &t.details), nil
		}
		return newSender(thriftCodec{}, c.Endpoint, e, &t.details), nil
	}
	return nil, fmt.Errorf("tracing.reporter: want none, jaeger, jaeger-udp or otlp, got %q", c.Reporter)
}

func (t *Tracer) start(sender jaeger.Transport, version string) {
	t.startWith(jaeger.NewRemoteReporter(sender,
		jaeger.ReporterOptions.QueueSize(queueSpans),
		jaeger.ReporterOptions.BufferFlushInterval(flushInterval),
		jaeger.ReporterOptions.Logger(t.log),
		jaeger.ReporterOptions.Metrics(t.metrics)), version)
}

func (t *Tracer) startWith(reporter jaeger.Reporter, version string) {
	o := jaeger.TracerOptions
	t.tracer, t.closer = jaeger.NewTracer(serviceName, keepAll{}, reporter,
		o.Metrics(t.metrics), o.Logger(t.log), o.Gen128Bit(true), o.RandomNumber(rand.Uint64),
		o.MaxTagValueLength(maxTagBytes), o.MaxLogsPerSpan(maxLogsPerSpan),
		o.PoolSpans(true), // nobody touches a span that is finished
		o.Tag("service.version", version))
}

// keepAll is the sampler of jaeger's tracer, which is given spans only of traces
// that are kept.
type keepAll struct{}

// IsSampled implements jaeger.Sampler.
func (keepAll) IsSampled(jaeger.TraceID, string) (bool, []jaeger.Tag) { return true, nil }

// Close implements jaeger.Sampler.
func (keepAll) Close() {}

// Equal implements jaeger.Sampler.
func (keepAll) Equal(jaeger.Sampler) bool { return false }

// newSettings builds what c says, with old's sampler if nothing about it changed.
func (t *Tracer) newSettings(c config.Tracing, old *settings) (*settings, error) {
	f, err := newFormats(c.Propagation)
	if err != nil {
		return nil, err
	}
	if old != nil && old.from == c.Sampler {
		return &settings{old.sampler, f, c.Sampler}, nil
	}
	s, err := newSampler(c.Sampler, func(initial fixed) sampler {
		return newRemote(samplingURL(t.endpoint), initial, t.log, t.metrics)
	})
	if err != nil {
		return nil, err
	}
	return &settings{s, f, c.Sampler}, nil
}

// Reload takes over the sampler and the propagation formats of c; after an error
// the old ones hold. Calls must not overlap.
func (t *Tracer) Reload(c config.Tracing) error {
	old := t.settings.Load()
	s, err := t.newSettings(c, old)
	if err != nil {
		return err
	}
	t.settings.Store(s)
	if s.sampler != old.sampler {
		old.sampler.close()
	}
	return nil
}

// Spans returns how many spans a collector took, were lost in sending, and were
// dropped because the queue was full. With jaeger-udp what is sent counts as
// taken: nobody tells otherwise.
func (t *Tracer) Spans() (ok, failed, dropped uint64) {
	return t.delivered.ok.Load(), t.delivered.failed.Load(), t.delivered.dropped.Load()
}

// Close sends the spans that are still held. When ctx ends first it gives the
// rest up, which is counted, and returns an error that says so.
func (t *Tracer) Close(ctx context.Context) error {
	defer t.settings.Load().sampler.close()
	defer t.abort()
	if t.closer == nil {
		return nil
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		t.closer.Close()
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	t.abort() // whatever is still to be sent fails at once
	<-done
	_, failed, dropped := t.Spans()
	return fmt.Errorf("tracing: collector at %s did not take every span in time; %d were lost since the start: %w",
		redacted(t.endpoint), failed+dropped, ctx.Err())
}

// redacted returns an endpoint without a password.
func redacted(endpoint string) string {
	if u, err := url.Parse(endpoint); err == nil {
		return u.Redacted()
	}
	return "tracing.endpoint"
}
