package prom

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/grafana/regexp"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/common/route"
	"github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/util/notifications"
	v1 "github.com/prometheus/prometheus/web/api/v1"
)

// Handler serves the HTTP API under /api/v1, /-/healthy, /-/ready and the
// server's own /metrics.
func (s *Server) Handler() http.Handler { return s.api }

func (s *Server) newHandler() http.Handler {
	start := time.Now()
	api := v1.NewAPI(
		s.engine, s.db, nil, nil, s.db,
		func(context.Context) v1.ScrapePoolsRetriever { return s.scraper },
		func(context.Context) v1.TargetRetriever { return s.scraper },
		func(context.Context) v1.AlertmanagerRetriever { return noAlertmanagers{} },
		func() config.Config { return *s.scrape },
		map[string]string{"storage.tsdb.path": s.cfg.Dir},
		v1.GlobalURLOptions{},
		func(h http.HandlerFunc) http.HandlerFunc { return h },
		adminView{s.db}, s.cfg.Dir, false,
		false, 0,
		s.cfg.Logger,
		func(context.Context) v1.RulesRetriever { return s.rules },
		0, 0, 0, // remote read is not offered: its path is not routed below
		false,
		regexp.MustCompile("^$"), // no cross-origin requests
		func() (v1.RuntimeInfo, error) { return s.runtimeInfo(start) },
		&v1.PrometheusVersion{Version: engineVersion(), GoVersion: runtime.Version()},
		func() []notifications.Notification { return nil },
		func() (<-chan notifications.Notification, func(), bool) { return nil, nil, false },
		s.registry, s.registry, nil,
		false, nil, false, false, false, false, 0, false, false, nil, nil,
		v1.OpenAPIOptions{ExternalURL: s.cfg.URL, Version: engineVersion()},
		s.parser,
	)
	router := route.New()
	api.Register(router)

	mux := http.NewServeMux()
	mux.Handle("/api/v1/", http.StripPrefix("/api/v1", router))
	mux.HandleFunc("/api/v1/read", http.NotFound)
	mux.HandleFunc("/api/v1/write", http.NotFound)
	mux.HandleFunc("/api/v1/otlp/", http.NotFound)
	mux.HandleFunc("/api/v1/notifications/live", http.NotFound)
	mux.Handle("/metrics", promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{}))
	for _, path := range []string{"/-/healthy", "/-/ready"} {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	}
	return mux
}

func (s *Server) runtimeInfo(start time.Time) (v1.RuntimeInfo, error) {
	host, err := os.Hostname()
	if err != nil {
		return v1.RuntimeInfo{}, err
	}
	return v1.RuntimeInfo{
		StartTime:           start,
		Hostname:            host,
		ServerTime:          time.Now(),
		ReloadConfigSuccess: true,
		LastConfigTime:      start,
		GoroutineCount:      runtime.NumGoroutine(),
		GOMAXPROCS:          runtime.GOMAXPROCS(0),
		StorageRetention:    retention.String(),
	}, nil
}

// engineVersion is the version of the Prometheus module in this binary.
func engineVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, d := range info.Deps {
			if d.Path == "github.com/prometheus/prometheus" {
				return d.Version
			}
		}
	}
	return "unknown"
}

// adminView is what /api/v1/status/tsdb needs beside the storage itself.
type adminView struct{ *tsdb.DB }

// Stats implements v1.TSDBAdminStats.
func (v adminView) Stats(label string, limit int) (*tsdb.Stats, error) {
	return v.Head().Stats(label, limit), nil
}

// WALReplayStatus implements v1.TSDBAdminStats: the storage is only served
// once it is open.
func (v adminView) WALReplayStatus() (tsdb.WALReplayStatus, error) {
	return tsdb.WALReplayStatus{}, nil
}

// BlockMetas implements v1.TSDBAdminStats.
func (v adminView) BlockMetas() ([]tsdb.BlockMeta, error) { return v.DB.BlockMetas(), nil }

type noAlertmanagers struct{}

func (noAlertmanagers) Alertmanagers() []*url.URL        { return nil }
func (noAlertmanagers) DroppedAlertmanagers() []*url.URL { return nil }
