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
SIGUSR2 upgrades: the program at the path by which this one was started is run
with the same arguments, takes over the listening sockets, and once it serves,
within 30 seconds, this one drains. No connection is refused meanwhile. If it
does not come up, the log says why and this process goes on serving. The process
id changes: let systemd follow it with Type=notify; in a container, where the
first process cannot be replaced, replace the container.

Exits with 0 after a drain and with 1 if it cannot start.
`)
	path := f.String("config", "", "the configuration `FILE` (required)")
	if code, ok := f.parse(args, stdout, stderr); !ok {
		return code
	}
	if *path == "" {
		return f.wrong(stderr, "--config is required; name the configuration file")
	}
	// First of all: a signal that nobody waits for ends the process.
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGHUP, syscall.SIGTERM, syscall.SIGINT, syscall.SIGUSR2)
	defer signal.Stop(signals)
	inherited, err := inherit()
	if err != nil {
		_, _ = io.WriteString(stderr, err.Error()+"\n")
		return exitFailure
	}
	seen := stamp(*path) // before it is read: what changes meanwhile is read again
	cfg, err := config.Load(*path)
	if err != nil {
		_, _ = io.WriteString(stderr, err.Error()+"\n")
		return exitFailure
	}
	tuneMemory(cfg.Limits.MaxBufferedBytes)
	s := &server{path: *path, seen: seen, cfg: cfg, signals: signals, program: thisProgram(), inherited: inherited}
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

	telemetry     *telemetry.Telemetry
	gateway       *gateway.Gateway
	adminListener net.Listener

	program   program
	inherited *inheritance
	upgrade   *upgrade // nil: none is under way
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
	s.adminListener, err = s.inherited.listen("", s.cfg.Admin.Address)
	if err != nil {
		return errors.New("admin.address: cannot listen on " + s.cfg.Admin.Address + ": " + err.Error())
	}
	s.gateway, err = gateway.Start(s.cfg, gateway.Options{
		Observer: s.telemetry.Observer(), Logger: s.log, Clock: clock, Listen: s.inherited.listen,
	})
	s.telemetry.Observer().Reload(time.Now(), err)
	if err != nil {
		return errors.Join(err, s.adminListener.Close())
	}
	s.telemetry.SetSource(s.gateway)
	// Only now, because during an upgrade the old process answers until this one can.
	as := adminserver.NewServer(s.telemetry.Admin(), s.log)
	var adminDone sync.WaitGroup
	adminDone.Go(func() { _ = as.Serve(s.adminListener) })
	defer adminDone.Wait()
	defer as.Close()
	s.log.Info("ready", "version", built.Version, "config", s.path,
		"listeners", s.gateway.Addresses(), "admin", s.adminListener.Addr().String(), "pid", os.Getpid())
	s.inherited.done()
	s.notify("READY=1")
	if !s.watch() {
		s.notify("STOPPING=1")
		s.drain(s.gateway.Drain)
		return nil
	}
	// Scrapes and probes are for the new process; those that this one has begun to
	// answer may end.
	adminDone.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), adminGrace)
		defer cancel()
		_ = as.Shutdown(ctx)
	})
	s.drain(s.gateway.HandOver)
	return nil
}

// adminGrace bounds the answers of an admin server that was replaced.
const adminGrace = 5 * time.Second

// notify tells the service manager, if there is one.
func (s *server) notify(state string) {
	if err := notify(state); err != nil {
		s.log.Warn("the service manager was not told", "state", state, "error", err.Error())
	}
}

// pollEvery is how often the file is looked at. Polling sees every way in which
// a file can be replaced, mounted volumes and symbolic links included.
const pollEvery = time.Second

// watch reloads and upgrades until the process is to end. It reports whether
// another one has taken its place.
func (s *server) watch() (replaced bool) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		select {
		case sig := <-s.signals:
			switch sig {
			case syscall.SIGHUP:
				s.seen = stamp(s.path)
				s.reload("signal")
			case syscall.SIGUSR2:
				s.beginUpgrade()
			default:
				s.log.Info("draining", "signal", sig.String(), "grace", s.cfg.Limits.DrainGrace.String())
				return s.abandonUpgrade()
			}
		case r := <-s.upgraded():
			if s.endUpgrade(r) {
				return true
			}
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
func (s *server) drain(inOrder func(now <-chan struct{})) {
	now := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		inOrder(now)
	}()
	for {
		select {
		case sig := <-s.signals:
			switch sig {
			case syscall.SIGHUP:
				continue
			case syscall.SIGUSR2:
				s.log.Warn("upgrade refused: this process is draining")
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
