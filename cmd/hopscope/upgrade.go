package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/hopscope/hopscope/gateway"
	"github.com/hopscope/hopscope/gateway/accept"
)

// readyWithin bounds the time that a new process has to come up.
const readyWithin = 30 * time.Second

// program is how this process was started, so that it can be started again: what
// lies at the same path then is what will run.
type program struct {
	path   string   // absolute
	args   []string // the name first
	within time.Duration
}

// thisProgram returns the program as it was called. The path is not that of the
// file that runs: where a link leads may have changed, and that is how many
// install a new version.
func thisProgram() program {
	p := program{args: os.Args, within: readyWithin}
	path, err := exec.LookPath(os.Args[0])
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err != nil {
		path, _ = os.Executable() // no path at all fails when it is used
	}
	p.path = path
	return p
}

// errAbandoned is the cause of an upgrade's end when the old process is told to
// end meanwhile.
var errAbandoned = errors.New("this process was told to end")

// start starts the program, hands it the sockets, and waits until it serves. If
// that fails, or when ctx is done, nothing is left of it. The sockets' files are
// closed.
func (p program) start(ctx context.Context, sockets []gateway.Socket) (pid int, err error) {
	ready, theirs, err := os.Pipe()
	if err != nil {
		closeSockets(sockets)
		return 0, err
	}
	defer ready.Close()
	cmd := exec.Command(p.path)
	cmd.Args = p.args
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	const first = 3 // the descriptor of ExtraFiles[0]
	h := handover{Ready: first}
	cmd.ExtraFiles = []*os.File{theirs}
	for i, s := range sockets {
		h.Sockets = append(h.Sockets, handoverSocket{s.Name, s.Address, first + 1 + i})
		cmd.ExtraFiles = append(cmd.ExtraFiles, s.File)
	}
	value, err := json.Marshal(h)
	if err == nil {
		cmd.Env = append(os.Environ(), upgradeEnv+"="+string(value))
		err = cmd.Start()
	}
	_ = theirs.Close()
	closeSockets(sockets)
	if err != nil {
		return 0, err
	}

	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }() // as long as this process lasts: the new one is its child
	serves := make(chan bool, 1)
	go func() {
		n, _ := ready.Read(make([]byte, 1))
		serves <- n == 1 // if not, it has ended or soon will
	}()
	limit := time.NewTimer(p.within)
	defer limit.Stop()
	select {
	case ok := <-serves:
		if ok {
			return cmd.Process.Pid, nil
		}
		select {
		case err = <-ended:
			return 0, fmt.Errorf("%s ended before it served: %w; its own log lines say why", p.path, orExit(err))
		case <-limit.C:
			err = fmt.Errorf("%s gave its readiness away and did not end", p.path)
		case <-ctx.Done():
			err = context.Cause(ctx)
		}
	case <-limit.C:
		err = fmt.Errorf("%s did not serve within %v", p.path, p.within)
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	_ = cmd.Process.Kill()
	<-ended
	return 0, err
}

// orExit names the end of a process that left no error.
func orExit(err error) error {
	if err == nil {
		return errors.New("exit status 0")
	}
	return err
}

func closeSockets(sockets []gateway.Socket) {
	for _, s := range sockets {
		_ = s.File.Close()
	}
}

// upgrade is an upgrade that is under way.
type upgrade struct {
	cancel context.CancelCauseFunc
	result chan started // gets one value
}

// started says what became of the new process.
type started struct {
	pid int // of the new process, which serves
	err error
}

// beginUpgrade starts the new process; its result comes from upgraded.
func (s *server) beginUpgrade() {
	if s.upgrade != nil {
		s.log.Warn("upgrade refused: one is under way")
		return
	}
	if os.Getpid() == 1 {
		// The kernel ends every process of a container with its first.
		s.log.Error("upgrade refused: this process is the first of its container, which would end with it; replace the container")
		return
	}
	sockets, err := s.sockets()
	if err != nil {
		s.log.Error("upgrade failed; this process goes on serving", "error", err.Error())
		return
	}
	s.log.Info("upgrade began", "program", s.program.path)
	ctx, cancel := context.WithCancelCause(context.Background())
	u := &upgrade{cancel, make(chan started, 1)}
	s.upgrade = u
	go func() {
		pid, err := s.program.start(ctx, sockets)
		u.result <- started{pid, err}
	}()
}

// upgraded returns the channel of the upgrade's result, nil if none is under way.
func (s *server) upgraded() <-chan started {
	if s.upgrade == nil {
		return nil
	}
	return s.upgrade.result
}

// abandonUpgrade ends an upgrade that is under way. It reports whether the new
// process had come up by then, so that it stays.
func (s *server) abandonUpgrade() bool {
	if s.upgrade == nil {
		return false
	}
	s.upgrade.cancel(errAbandoned)
	return s.endUpgrade(<-s.upgrade.result)
}

// endUpgrade reports whether this process has been replaced.
func (s *server) endUpgrade(r started) bool {
	s.upgrade.cancel(nil)
	s.upgrade = nil
	if r.err != nil {
		s.log.Error("upgrade failed; this process goes on serving", "error", r.err.Error())
		return false
	}
	s.log.Info("upgrade succeeded; this process drains", "new_pid", r.pid, "grace", s.cfg.Limits.DrainGrace.String())
	s.notify(fmt.Sprintf("MAINPID=%d", r.pid))
	return true
}

// sockets returns what a new process is handed over.
func (s *server) sockets() ([]gateway.Socket, error) {
	admin, err := accept.Socket(s.adminListener)
	if err != nil {
		return nil, err
	}
	listeners, err := s.gateway.Sockets()
	if err != nil {
		return nil, errors.Join(err, admin.Close())
	}
	return append(listeners, gateway.Socket{Address: s.cfg.Admin.Address, File: admin}), nil
}
