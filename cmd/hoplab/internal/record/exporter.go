package record

import (
	"context"
	"fmt"
	"os/exec"
	"time"

	"github.com/hopscope/hopscope/rules_test/recording"
)

// Exporter is anything that serves metrics, with commands that break and mend it.
type Exporter struct {
	Name, About string
	Times       Times
	Job         string
	Targets     []Target
	Rename      map[string]string
	// On and Off are run by the shell and must end once they have taken effect.
	// Both "": nothing is broken.
	On, Off string
}

// Exporter records what someone else runs.
func (p Plan) Exporter(ctx context.Context, e Exporter) (recording.Recording, error) {
	s := subject{name: e.Name, times: e.Times, options: Options{Job: e.Job, Targets: e.Targets, Rename: e.Rename}}
	if e.On != "" {
		s.set = func(ctx context.Context, on bool) error {
			if on {
				return shell(ctx, "--on", e.On)
			}
			return shell(ctx, "--off", e.Off)
		}
	}
	return p.record(ctx, s, recording.Meta{Scenario: e.Name, Description: e.About})
}

const (
	// shellTimeout bounds a command.
	shellTimeout = time.Minute
	// shellGrace bounds how long what it started in the background may hold its output.
	shellGrace = time.Second
	// maxOutput is how much of a command's output an error shows, in bytes.
	maxOutput = 2000
)

// shell runs a flag's command.
func shell(ctx context.Context, flag, command string) error {
	ctx, cancel := context.WithTimeout(ctx, shellTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", command)
	cmd.WaitDelay = shellGrace
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState != nil && cmd.ProcessState.Success() {
		err = nil // it ended well and left something running that still holds its output
	}
	if err != nil {
		return fmt.Errorf("%s %q: %w; it said:\n%s", flag, command, err, out[max(0, len(out)-maxOutput):])
	}
	return nil
}
