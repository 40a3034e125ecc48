package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/hopscope/hopscope/gateway"
	"github.com/hopscope/hopscope/gateway/config"
	"github.com/hopscope/hopscope/gateway/loop"
	"github.com/hopscope/hopscope/telemetry"
	adminserver "github.com/hopscope/hopscope/telemetry/admin"
)

func runServe(args []string, stdout, stderr io.Writer) int {
	f := newFlags("serve", `
Usage: hopscope serve --config FILE

Runs the gateway. Log lines are JSON on standard error; the line with
"msg":"ready" names the bound addresses.

SIGHUP, or a change of the file, reloads the configuration without dropping a
stream; a configuration with problems is refused and the old one stays.
SIGTERM or SIGINT drains: no new connections, open streams may finish within
limits.drain_grace. A second one ends at once.

Exits with 0 after a drain and with 1 if it cannot start.
`)
	path := f.String("config", "", "the configuration `FILE` (required)")
	if code, ok := f.parse(args, stdout, stderr); !ok {
		return code
	}
	if *path == "" {
		return f.wrong(stderr, "--config is required; name the configuration file")
	}
	seen := stamp(*path) // before it is read: what changes meanwhile is read again
	cfg, err := config.Load(*path)
	if err != nil {
		_, _ = io.WriteString(stderr, err.Error()+"\n")
		return exitFailure
	}
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGHUP, syscall.SIGTERM, syscall.SIGINT)
	defer signal.Stop(signals)
	tuneMemory(cfg.Limits.MaxBufferedBytes)
	s := &server{path: *path, seen: seen, cfg: cfg, signals: signals}
	s.level.Set(level(cfg.Log.Level))
	out := &lockedWriter{w: stderr}
	s.log = slog.New(slog.NewJSONHandler(out, &slog.HandlerOptions{Level: &s.level}))
	if err := s.run(out); err != nil {
		s.log.Error("cannot serve", "error", err.Error())
		return exitFailure
	}
	return exitOK
}

// server is one run of serve.
type server struct {
	path    string
	seen    fileStamp // of the file as it was read last
	cfg     *config.Config
	signals <-chan os.Signal
	log     *slog.Logger
	level   slog.LevelVar

	telemetry *telemetry.Telemetry
	gateway   *gateway.Gateway
}

// telemetryGrace bounds the sending of what is left of spans and log lines.
const telemetryGrace = 3 * time.Second

func (s *server) run(accessLog io.Writer) error {
	built := buildInfo()
	clock := loop.NewClock()
	var err error
	s.telemetry, err = telemetry.New(s.cfg, telemetry.Options{
		Version: built.Version, Revision: built.Commit, Logger: s.log, AccessLog: accessLog, Now: clock.Now,
	})
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), telemetryGrace)
		defer cancel()
		if err := s.telemetry.Close(ctx); err != nil {
			s.log.Warn("telemetry did not end in order", "error", err)
		}
	}()
	// The admin address first: a second gateway with the same configuration must
	// not take connections before it finds out that it cannot serve.
	adminListener, err := net.Listen("tcp", s.cfg.Admin.Address)
	if err != nil {
		return errors.New("admin.address: cannot listen on " + s.cfg.Admin.Address + ": " + err.Error())
	}
	as := adminserver.NewServer(s.telemetry.Admin(), s.log)
	var adminDone sync.WaitGroup
	adminDone.Go(func() { _ = as.Serve(adminListener) })
	defer adminDone.Wait()
	defer as.Close()

	s.gateway, err = gateway.Start(s.cfg, gateway.Options{Observer: s.telemetry.Observer(), Logger: s.log, Clock: clock})
	s.telemetry.Observer().Reload(time.Now(), err)
	if err != nil {
		return err
	}
	s.telemetry.SetSource(s.gateway)
	s.log.Info("ready", "version", built.Version, "config", s.path,
		"listeners", s.gateway.Addresses(), "admin", adminListener.Addr().String(), "pid", os.Getpid())
	s.watch()
	s.drain()
	return nil
}

// pollEvery is how often the file is looked at. Polling sees every way in which
// a file can be replaced, mounted volumes and symbolic links included.
const pollEvery = time.Second

// watch reloads until a signal asks for the end.
func (s *server) watch() {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		select {
		case sig := <-s.signals:
			if sig != syscall.SIGHUP {
				s.log.Info("draining", "signal", sig.String(), "grace", s.cfg.Limits.DrainGrace.String())
				return
			}
			s.seen = stamp(s.path)
			s.reload("signal")
		case <-tick.C:
			if now := stamp(s.path); now != s.seen && now != (fileStamp{}) {
				s.seen = now
				s.reload("file changed")
			}
		}
	}
}

type fileStamp struct {
	modified time.Time
	size     int64
}

// stamp returns what changes with the file; zero if it is not there now.
func stamp(path string) fileStamp {
	info, err := os.Stat(path)
	if err != nil {
		return fileStamp{}
	}
	return fileStamp{info.ModTime(), info.Size()}
}

func (s *server) reload(why string) {
	cfg, err := config.Load(s.path)
	if err == nil {
		err = s.gateway.Reload(cfg)
	}
	var restart []string
	if err == nil {
		restart, err = s.telemetry.Reload(cfg)
	}
	s.telemetry.Observer().Reload(time.Now(), err)
	if err != nil {
		s.log.Error("reload refused; the old configuration stays in force", "why", why, "error", err.Error())
		return
	}
	s.cfg = cfg
	s.level.Set(level(cfg.Log.Level))
	if len(restart) > 0 {
		s.log.Warn("some settings change only with a restart", "settings", restart)
	}
	s.log.Info("reloaded", "why", why, "listeners", s.gateway.Addresses())
}

// drain ends the gateway in order, or at once with another signal.
func (s *server) drain() {
	now := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.gateway.Drain(now)
	}()
	for {
		select {
		case sig := <-s.signals:
			if sig == syscall.SIGHUP {
				continue
			}
			s.log.Warn("ending at once", "signal", sig.String())
			close(now)
			<-done
			return
		case <-done:
			s.log.Info("drained")
			return
		}
	}
}

// tuneMemory lets the collector run less often than Go's default, as long as the
// program stays well above what it may hold for slow peers. GOGC and GOMEMLIMIT
// override it.
func tuneMemory(maxBuffered int64) {
	const percent, least = 400, 1 << 30
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(max(4*maxBuffered, least))
	}
}

func level(name string) slog.Level {
	switch strings.ToLower(name) {
	case "debug":
		return slog.LevelDebug
	case "warn":
		return slog.LevelWarn
	case "error":
		return slog.LevelError
	}
	return slog.LevelInfo
}

// lockedWriter keeps lines of the log and of the access log apart.
type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}
