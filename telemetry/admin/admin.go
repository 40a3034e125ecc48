package admin

import (
	"log/slog"
	"net/http"
	"net/http/pprof"
	"net/url"
	"sync/atomic"

	"github.com/gorilla/mux"

	"github.com/hopscope/hopscope/gateway/config"
	"github.com/hopscope/hopscope/gateway/event"
)

// Options are what an admin handler answers from.
type Options struct {
	Config  *config.Config
	Metrics http.Handler // of /metrics; nil: there are no metrics
	Logger  *slog.Logger // takes who was refused, now and then; nil: nothing is logged
}

// Admin is the handler of the administration server. Its methods are safe for
// concurrent use.
type Admin struct {
	router   *mux.Router
	config   atomic.Pointer[config.Config]
	source   atomic.Pointer[event.Source]
	draining atomic.Bool
	tokens   atomic.Pointer[tokens]
	refusals *refusals
}

// New returns an admin handler. Whether profiles are served is decided here and
// not changed by SetConfig.
func New(o Options) *Admin {
	a := &Admin{router: mux.NewRouter(), refusals: &refusals{log: o.Logger}}
	a.SetTokens(nil)
	a.SetConfig(o.Config)
	if o.Metrics != nil {
		a.get("/metrics", o.Metrics.ServeHTTP)
	}
	a.get("/healthz", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "ok") })
	a.get("/readyz", a.ready)
	a.get("/config", a.showConfig)
	a.get("/streams", list(a, "streams", event.Source.Streams))
	a.get("/connections", list(a, "connections", event.Source.Connections))
	a.get("/", a.index)
	if o.Config.Admin.Pprof {
		a.get("/debug/pprof/cmdline", pprof.Cmdline)
		a.get("/debug/pprof/profile", pprof.Profile)
		a.router.HandleFunc("/debug/pprof/symbol", pprof.Symbol).Methods(http.MethodGet, http.MethodHead, http.MethodPost)
		a.get("/debug/pprof/trace", pprof.Trace)
		a.router.PathPrefix("/debug/pprof/").HandlerFunc(pprof.Index).Methods(http.MethodGet, http.MethodHead)
	}
	a.router.NotFoundHandler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		say(w, http.StatusNotFound, "no such page; / lists them")
	})
	a.router.MethodNotAllowedHandler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Allow", "GET, HEAD")
		say(w, http.StatusMethodNotAllowed, "only GET and HEAD are allowed here")
	})
	return a
}

func (a *Admin) get(path string, h http.HandlerFunc) {
	a.router.HandleFunc(path, h).Methods(http.MethodGet, http.MethodHead)
}

// ServeHTTP implements [http.Handler].
func (a *Admin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	if a.allowed(w, r) {
		a.router.ServeHTTP(w, r)
	}
}

// SetConfig sets the configuration that is shown.
func (a *Admin) SetConfig(c *config.Config) { a.config.Store(c) }

// SetSource sets the gateway that is asked.
func (a *Admin) SetSource(s event.Source) { a.source.Store(&s) }

// Drain tells that the gateway drains.
func (a *Admin) Drain(begun bool) { a.draining.Store(begun) }

func (a *Admin) index(w http.ResponseWriter, _ *http.Request) {
	say(w, http.StatusOK, "hopscope\n\n"+
		"/metrics   metrics for Prometheus\n"+
		"/healthz   200 while the process runs\n"+
		"/readyz    200 while new requests are welcome, else 503 and the reason\n"+
		"/config    the running configuration\n"+
		"/streams   every open stream, as JSON\n"+
		"/connections   every open connection, as JSON: upstream ones say why they were opened\n"+
		"/debug/pprof/   profiles, where admin.pprof is true")
}

func (a *Admin) ready(w http.ResponseWriter, _ *http.Request) {
	source := a.source.Load()
	switch {
	case a.draining.Load():
		say(w, http.StatusServiceUnavailable, "draining: no new requests are welcome")
	case source == nil || !(*source).Ready():
		say(w, http.StatusServiceUnavailable, "starting: no configuration has taken effect yet")
	default:
		say(w, http.StatusOK, "ready")
	}
}

// showConfig answers the running configuration. It holds no secrets but their
// file names, and the collector's password if its URL has one.
func (a *Admin) showConfig(w http.ResponseWriter, _ *http.Request) {
	c := *a.config.Load()
	if u, err := url.Parse(c.Tracing.Endpoint); err == nil && u.User != nil {
		c.Tracing.Endpoint = u.Redacted()
	}
	w.Header().Set("Content-Type", "application/yaml; charset=utf-8")
	_, _ = w.Write(c.YAML()) // a client that is gone is no concern
}

func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n")) // a client that is gone is no concern
}
