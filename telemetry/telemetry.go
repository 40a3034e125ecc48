package telemetry

import (
	"context"
	"io"
	"log/slog"
	"net/http"

	"github.com/hopscope/hopscope/gateway/config"
	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/telemetry/metrics"
)

// Options are what a configuration does not hold. The zero value is usable.
type Options struct {
	Version  string
	Revision string
	// Logger takes what goes wrong inside telemetry; nil: nothing is logged.
	Logger *slog.Logger
	// AccessLog takes the lines of the access log; nil: standard error.
	AccessLog io.Writer
	// Now is the gateway's clock; nil: a clock of its own.
	Now func() event.Time
}

// Telemetry is everything that watches one gateway.
type Telemetry struct {
	observer event.Observer
	admin    http.Handler
}

// New builds the telemetry that cfg asks for. It fails if a reporter cannot be
// set up; a collector that is down is no failure.
func New(cfg *config.Config, opts Options) (*Telemetry, error) {
	return &Telemetry{observer: metrics.Off{}, admin: http.NotFoundHandler()}, nil
}

// Observer returns what the gateway tells events to.
func (t *Telemetry) Observer() event.Observer { return t.observer }

// SetSource sets what the admin server and the metrics ask about the gateway. It
// is called once, when the gateway exists.
func (t *Telemetry) SetSource(s event.Source) {}

// Reload takes over what may change while the gateway runs: the sampler, the
// propagation formats, the access log, and the configuration that the admin
// server shows. It returns the names of changed settings that only a restart
// applies.
func (t *Telemetry) Reload(cfg *config.Config) (needRestart []string) { return nil }

// Admin returns the handler of the administration server.
func (t *Telemetry) Admin() http.Handler { return t.admin }

// Close sends the spans and lines that are still held, until ctx ends.
func (t *Telemetry) Close(ctx context.Context) error { return nil }
