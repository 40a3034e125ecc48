package bench

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/google/pprof/profile"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/plan"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/proxies"
)

// profileSeconds is how long a profile is taken, while the load goes on.
const profileSeconds = 10

// profile takes a CPU profile of the gateway under a workload and writes it to the
// directory of the options, with a table of where the time of one request goes.
func (l *lab) profile(ctx context.Context, w plan.Workload, p *proxies.Proxy, perRequest float64) error {
	url := fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", p.Admin, profileSeconds)
	type answer struct {
		raw []byte
		err error
	}
	got := make(chan answer, 1)
	go func() {
		raw, err := fetch(ctx, url)
		got <- answer{raw, err}
	}()
	for {
		select {
		case a := <-got:
			if a.err != nil {
				return a.err
			}
			file := filepath.Join(l.options.Profile, w.ID+".pprof")
			if err := os.WriteFile(file, a.raw, 0o644); err != nil {
				return err
			}
			table, err := breakdown(a.raw, perRequest)
			if err == nil {
				fmt.Fprintf(l.options.Progress, "\n%s: where %.2f µs go (%s)\n%s\n", w.ID, perRequest, file, table)
			}
			return err
		default:
			if err := l.send(ctx, w, p.Addr, w.Requests, ""); err != nil {
				return err
			}
		}
	}
}

func fetch(ctx context.Context, url string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", url, response.Status)
	}
	return raw, err
}

// part is a share of a request's time: samples whose stack has one of the
// functions. Stacks are searched from the innermost call outwards, and the first
// function that any part names decides.
type part struct {
	name  string
	calls []string
}

func parts() []part {
	return []part{
		{"sockets: read, write, poll", []string{"loop.readFD", "loop.writeFD", "loop.pollFD"}},
		{"HPACK: decode", []string{"hpack.(*Decoder)"}},
		{"HPACK: encode", []string{"hpack.(*Encoder)"}},
		{"header validation", []string{"h2/header.Validate"}},
		{"frames, windows, streams", []string{"h2/conn.", "h2/frame.", "h2/stream."}},
		{"header block: edited, held", []string{"(*Exchange).prepare", "(*Exchange).hold", "(*Exchange).dropRequest"}},
		{"route and endpoint", []string{"gateway/route.", "gateway/upstream."}},
		{"exchange: begin, timer, end", []string{"gateway/relay.", "loop.(*Wheel)"}},
		{"metrics", []string{"telemetry/metrics.", "telemetry/outcome.", "telemetry.(*sink)"}},
		{"trace ids and header", []string{"tracing.(*Worker)", "tracing.formats"}},
		{"sampled spans", []string{"telemetry/tracing.", "jaeger-client-go", "net/http."}},
		{"loop, scheduler, collector", nil}, // the rest
	}
}

// breakdown adds up a CPU profile by part, in microseconds of a request.
func breakdown(raw []byte, perRequest float64) (string, error) {
	p, err := profile.ParseData(raw)
	if err != nil {
		return "", err
	}
	all, total := parts(), int64(0)
	sums := make([]int64, len(all))
	for _, s := range p.Sample {
		value := s.Value[len(s.Value)-1]
		total += value
		sums[partOf(all, s)] += value
	}
	if total == 0 {
		return "", fmt.Errorf("the profile has no samples")
	}
	var b bytes.Buffer
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	for i, sum := range sums {
		share := float64(sum) / float64(total)
		fmt.Fprintf(table, "%s\t%.2f µs\t%.0f %%\t\n", all[i].name, share*perRequest, share*100)
	}
	err = table.Flush()
	return b.String(), err
}

func partOf(all []part, s *profile.Sample) int {
	for _, location := range s.Location {
		for _, line := range location.Line {
			for i, part := range all[:len(all)-1] {
				if part.has(line.Function.Name) {
					return i
				}
			}
		}
	}
	return len(all) - 1
}

func (p part) has(function string) bool {
	for _, call := range p.calls {
		if strings.Contains(function, call) {
			return true
		}
	}
	return false
}
