package proxies

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/plan"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/proc"
)

// startHopscope starts the gateway with its defaults. Telemetry is fully on
// unless the name says otherwise: metrics with exemplars, trace ids and an
// injected header in every request, one request in a hundred sampled and its
// span sent to the collector.
func startHopscope(ctx context.Context, name string, s Setup) (*Proxy, error) {
	file, err := s.write("hopscope.yaml", hopscopeConfig(name, s))
	if err != nil {
		return nil, err
	}
	threads := "GOMAXPROCS=1"
	if name == plan.TwoCores {
		threads = "GOMAXPROCS=2"
	}
	c := proc.Command{Path: s.Hopscope, Args: []string{"serve", "--config", file}, Env: []string{threads}, CPU: s.CPU}
	return startAnnounced(ctx, c, func(line string) (addr, admin string) {
		var ready struct {
			Message   string            `json:"msg"`
			Listeners map[string]string `json:"listeners"`
			Admin     string            `json:"admin"`
		}
		if json.Unmarshal([]byte(line), &ready) != nil || ready.Message != "ready" {
			return "", ""
		}
		return ready.Listeners["edge"], ready.Admin
	})
}

func hopscopeConfig(name string, s Setup) string {
	var b strings.Builder
	tls := ""
	if s.Certificate != nil {
		tls = fmt.Sprintf(", tls: {cert_file: %q, key_file: %q}", s.Certificate.CertFile, s.Certificate.KeyFile)
	}
	fmt.Fprintf(&b, "listeners:\n  - {name: edge, address: \"127.0.0.1:0\"%s}\nupstreams:\n", tls)
	for i, origin := range s.Origins {
		fmt.Fprintf(&b, "  - {name: up%d, protocol: h2c, endpoints: [%q]}\n", i, origin)
	}
	b.WriteString("routes:\n")
	for i := range s.Origins {
		for r := range s.Routes {
			fmt.Fprintf(&b, "  - {name: %s, match: {path_prefix: %s}, upstream: up%d}\n", RouteName(i, r), RoutePath(i, r), i)
		}
	}
	if s.Routes == 0 {
		b.WriteString("  - {name: all, upstream: up0}\n")
	}
	fmt.Fprintf(&b, "admin: {address: \"127.0.0.1:0\", pprof: %v}\n", s.Pprof)
	if name == plan.Quiet {
		b.WriteString("metrics: {enabled: false}\ntracing: {reporter: none}\n")
	} else {
		fmt.Fprintf(&b, "metrics: {enabled: true}\ntracing:\n  reporter: jaeger\n  endpoint: %q\n  sampler: {type: probabilistic, param: 0.01}\n", s.Collector)
	}
	return b.String()
}
