package bench

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/proc"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/report"
)

// describe returns results without samples: where they come from.
func describe(ctx context.Context, o Options) (*report.Results, error) {
	cpus, err := proc.CPUs()
	if err != nil {
		return nil, err
	}
	kernel, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return nil, err
	}
	model, err := cpuModel("/proc/cpuinfo")
	if err != nil {
		return nil, err
	}
	versions, err := versions(ctx, o)
	if err != nil {
		return nil, err
	}
	return &report.Results{
		Date: time.Now().UTC().Format(time.RFC3339), Command: o.Command, Rounds: o.Rounds,
		Machine: report.Machine{Kernel: "Linux " + strings.TrimSpace(string(kernel)), CPU: model, Cores: len(cpus)},
		Version: versions,
	}, nil
}

// versions returns the first line of what each program says of itself.
func versions(ctx context.Context, o Options) (map[string]string, error) {
	programs := map[string][]string{
		"hopscope": {o.Hopscope, "version"},
		"h2load":   {"h2load", "--version"},
		"nghttpx":  {"nghttpx", "--version"},
		"haproxy":  {"haproxy", "-v"},
		"nghttpd":  {"nghttpd", "--version"},
	}
	found := map[string]string{"ReverseProxy": runtime.Version()}
	for name, command := range programs {
		if o.ownOrigin && name != "hopscope" && name != "h2load" {
			continue
		}
		out, err := proc.Output(ctx, proc.Command{Path: command[0], Args: command[1:]})
		if err != nil {
			return nil, err
		}
		lines := strings.Split(strings.TrimSpace(out), "\n")
		if name == "hopscope" {
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
