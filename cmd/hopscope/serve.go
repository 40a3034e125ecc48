package main

import (
	"context"
	"errors"
	"io"
	"log"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/hopscope/hopscope/gateway"
	"github.com/hopscope/hopscope/gateway/config"
	"github.com/hopscope/hopscope/gateway/credentials"
	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/telemetry"
	adminserver "github.com/hopscope/hopscope/telemetry/admin"
)

func runServe(args []string, stdout, stderr io.Writer) int {
	f := newFlags("serve", `
Usage: hopscope serve --config FILE

Runs the gateway. Log lines are JSON on standard error; the line with
"msg":"ready" names the bound addresses.

SIGHUP, or a change of the file or of a certificate, key or token file that it
names, reloads the configuration without dropping a stream; a configuration with
problems is refused and the old one stays.
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
	s := &server{path: *path, signals: signals, program: thisProgram(), inherited: inherited}
	s.files.mark(s.named())
	cfg, err := config.Load(*path)
	if err != nil {
		_, _ = io.WriteString(stderr, err.Error()+"\n")
		return exitFailure
	}
	s.cfg = cfg
	pace := tuneMemory(cfg.Limits.MaxBufferedBytes)
	defer pace.stop()
	s.level.Set(level(cfg.Log.Level))
	out := &lockedWriter{w: stderr}
	s.log = slog.New(slog.NewJSONHandler(out, &slog.HandlerOptions{Level: &s.level}))
	log.SetFlags(0)
	log.SetOutput(libraryLines{s.log})
	if err := s.run(out); err != nil {
		s.log.Error("cannot serve", "error", err.Error())
		return exitFailure
	}
	return exitOK
}

// server is one run of serve.
type server struct {
	path    string
	files   files
	cfg     *config.Config
	signals <-chan os.Signal
	log     *slog.Logger
	level   slog.LevelVar

	telemetry     *telemetry.Telemetry
	gateway       *gateway.Gateway
	adminListener net.Listener
	admin         *adminserver.Server
	adminTLS      *credentials.TLS // nil: plain text

	program   program
	inherited *inheritance
	upgrade   *upgrade // nil: none is under way
}

// telemetryGrace bounds the sending of what is left of spans and log lines.
const telemetryGrace = 3 * time.Second

func (s *server) run(accessLog io.Writer) error {
	built := buildInfo()
	clock := event.NewClock()
	var err error
	s.telemetry, err = telemetry.New(s.cfg, telemetry.Options{
		Version: built.Version, Revision: built.Commit, Logger: s.log, AccessLog: accessLog, Clock: clock,
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
	adminTLS, err := adminCredentials(s.cfg.Admin)
	if err != nil {
		return err
	}
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
	s.admin = adminserver.NewServer(s.telemetry.Admin(), s.log)
	s.setAdminTLS(adminTLS)
	s.warn()
	var adminDone sync.WaitGroup
	adminDone.Go(func() { _ = s.admin.Serve(s.adminListener) })
	defer adminDone.Wait()
	defer s.admin.Close()
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
		_ = s.admin.Shutdown(ctx)
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
