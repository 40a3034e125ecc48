// Package place tells where something was measured: the machine, and what the
// programs say of themselves.
package place

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/proc"
)

// Machine is where a run was made.
type Machine struct {
	Kernel string `json:"kernel"`
	CPU    string `json:"cpu"`
	Cores  int    `json:"cores"` // that the run could use
}

// Here returns this machine.
func Here() (Machine, error) {
	cpus, err := proc.CPUs()
	if err != nil {
		return Machine{}, err
	}
	kernel, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return Machine{}, err
	}
	model, err := cpuModel("/proc/cpuinfo")
	return Machine{Kernel: "Linux " + strings.TrimSpace(string(kernel)), CPU: model, Cores: len(cpus)}, err
}

// Hopscope is the name of the program of which Versions tells more than a line.
const Hopscope = "hopscope"

// Versions returns what programs say of themselves: the first line, of Hopscope
// all. Each is a command line, by the name that the result gives it.
func Versions(ctx context.Context, programs map[string][]string) (map[string]string, error) {
	found := map[string]string{}
	for name, command := range programs {
		out, err := proc.Output(ctx, proc.Command{Path: command[0], Args: command[1:]})
		if err != nil {
			return nil, err
		}
		lines := strings.Split(strings.TrimSpace(out), "\n")
		if name == Hopscope {
			found[name] = strings.Join(lines, ", ")
		} else {
			found[name] = lines[0]
		}
	}
	return found, nil
}

// cpuModel returns the first "model name" of a cpuinfo file.
func cpuModel(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if key, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value), nil
		}
	}
	return "unknown: " + runtime.GOARCH + fmt.Sprintf(", %d CPUs", runtime.NumCPU()), nil
}
