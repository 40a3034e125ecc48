package e2e

import (
	"context"
	"fmt"
	"strings"
	"syscall"
	"testing"
)

// fleet is what the lossless tests run: replicas of a web and a gRPC service.
type fleet struct {
	ca       *authority
	web, rpc []*replica
	cert     [2][2]string // files of two certificates with their keys
}

func startFleet(t testing.TB) *fleet {
	t.Helper()
	f := &fleet{ca: newAuthority(t), web: startReplicas(t, 3, newWebServer), rpc: startReplicas(t, 3, newRPCServer)}
	for i := range f.cert {
		f.cert[i][0], f.cert[i][1] = f.ca.issue(t, fmt.Sprintf("gateway-%d", i))
	}
	return f
}

// config returns the nth of many configurations under which the same requests
// are answered: routes in another order, other endpoints, limits and
// certificates, a listener more or less, a listener of another kind.
func (f *fleet) config(n int) string {
	pick := func(all []*replica) string {
		var list []string
		for i, r := range all {
			if i != n%(len(all)+1) { // all of them now and then
				list = append(list, r.address)
			}
		}
		return `["` + strings.Join(list, `", "`) + `"]`
	}
	routes := []string{
		"  - {name: rpc, match: {path_prefix: /grpc.testing.TestService/}, upstream: rpc}",
		fmt.Sprintf("  - {name: extra-%d, match: {path_prefix: /extra}, upstream: web}", n%5),
		"  - {name: large, match: {path: /large}, upstream: web}",
		"  - {name: stuck, match: {path: /stuck}, upstream: web}",
		"  - {name: old, match: {path: /old}, upstream: old}",
		"  - {name: web, match: {path: /}, upstream: web}",
	}
	turn := n % len(routes)
	routes = append(routes[turn:], routes[:turn]...)
	extra := ""
	if n%3 == 0 {
		extra = "  - {name: extra, address: \"127.0.0.1:0\"}\n"
	}
	trust := "resample"
	if n%20 >= 10 {
		trust = "new"
	}
	cert := f.cert[n%2]
	return fmt.Sprintf(`
listeners:
  - {name: edge, address: "127.0.0.1:0"}
  - name: tls
    address: 127.0.0.1:0
    trace_trust: %s
    tls: {cert_file: %q, key_file: %q}
%supstreams:
  - {name: web, endpoints: %s, protocol: h2c}
  - {name: rpc, endpoints: %s, protocol: h2c}
  - {name: old, endpoints: %s, protocol: http1}
routes:
%s
limits: {stream_window: %d, max_header_fields: %d, max_concurrent_streams: %d}
admin: {address: "127.0.0.1:0", pprof: true}
`, trust, cert[0], cert[1], extra, pick(f.web), pick(f.rpc), pick(f.web), strings.Join(routes, "\n"),
		32768<<(n%3), 100+n, 200+n)
}

// reload puts a configuration in force by SIGHUP.
func (g *gateway) reload(config string) {
	g.t.Helper()
	from := g.logLines()
	g.writeConfig(config)
	g.signal(syscall.SIGHUP)
	eventually(g.t, "a reload", func() (bool, string) {
		if line, _ := g.logged(reloadRefused, from); line != "" {
			g.t.Fatal(line)
		}
		line, _ := g.logged("reloaded", from)
		return line != "", "no log line"
	})
}

// Through 200 reloads, each of which changes something, and 20 restarts of
// upstreams, one after the other, no request fails.
func TestReloadsAndRollingRestartsLoseNothing(t *testing.T) {
	f := startFleet(t)
	g := startGateway(t, f.config(0))
	tr := newTraffic(t)
	defer tr.stop()
	tr.everything(g, f.ca)
	program := tool(t, "h2load")
	tr.loop("h2load of 5000", func(ctx context.Context) error {
		return h2load(ctx, program, 5000, "http://"+g.address["edge"]+"/")
	})
	tr.flowing(1)
	const reloads, restarts = 200, 20
	restarted := 0
	for n := 1; n <= reloads && !t.Failed(); n++ {
		g.reload(f.config(n))
		if restarted*reloads < n*restarts {
			all := f.web
			if restarted%2 == 1 {
				all = f.rpc
			}
			all[restarted/2%len(all)].restart()
			restarted++
		}
	}
	tr.flowing(1)
	tr.stop()
	t.Logf("%d restarts; %v", restarted, tr)
}

// Through five replacements of the program itself no request fails, be it on a
// connection that is older than the process or on a fresh one.
func TestUpgradesUnderLoadLoseNothing(t *testing.T) {
	f := startFleet(t)
	g := startGateway(t, f.config(0))
	tr := newTraffic(t)
	defer tr.stop()
	tr.everything(g, f.ca)
	tr.flowing(3)
	for n := range 5 {
		g.writeConfig(f.config(n + 1))
		old := g
		g = g.upgrade()
		tr.via = g
		if n < 3 { // after that, two or three at once are draining
			if status := old.waitExit(); status != 0 {
				t.Errorf("the old process ended with %d", status)
			}
		}
		tr.flowing(3)
	}
	tr.stop()
	t.Log(tr)
}
