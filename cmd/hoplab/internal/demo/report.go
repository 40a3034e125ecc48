package demo

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/load"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/prom"
	"github.com/hopscope/hopscope/telemetry/catalog"
)

// Report tells where to look, then how it goes and what the alerts do, until
// the context ends.
func (d *Demo) Report(ctx context.Context) {
	out := &lines{w: d.cfg.Out}
	out.printf("%s", d.welcome())
	var wg sync.WaitGroup
	wg.Go(func() {
		d.prom.WatchAlerts(ctx, func(t prom.Transition) { out.printf("%s\n", transitionLine(t)) })
	})
	if d.cfg.StatusInterval > 0 {
		wg.Go(func() { d.status(ctx, out) })
	}
	wg.Wait()
}

func (d *Demo) welcome() string {
	query := fmt.Sprintf("sum by (route) (rate(%s[30s]))", catalog.RequestsTotal)
	var b strings.Builder
	fmt.Fprintf(&b, `hopscope's demo is up; Ctrl-C ends it.

%[14]s  gateway      http://%[1]s   HTTP/2 with prior knowledge, and HTTP/1.1 (process %[6]d)
  HTTPS        https://%[13]s   with a certificate of the demo's own
  admin        http://%[2]s/metrics   also /streams, /connections, /config
  Prometheus   http://%[3]s/api/v1/alerts   also /api/v1/query?query=…
  traces       http://%[4]s/api/services   Jaeger's query API
  faults       http://%[5]s/faults
  services     %[12]s
  files        %[7]s   configuration and logs
  rules        %[8]d files

Try:
  curl -s http://%[3]s/api/v1/query --data-urlencode '%[9]s'
  hoplab demo trace%[10]s              the latest traces; with an id, its waterfall
  hoplab demo fault latency on%[11]s   break something: the alerts show here
`, d.Gateway, d.Admin, d.Prometheus, d.Traces, d.Control, d.hop.pid(), d.state, len(d.RuleFiles),
		"query="+query,
		flagUnless(d.Traces == Default().Traces, " --traces http://"+d.Traces),
		flagUnless(d.Control == Default().Control, " --control http://"+d.Control),
		d.endpoints(), d.Secure, d.consoleLine())
	b.WriteString("\nFaults:\n")
	for _, f := range d.faults {
		fmt.Fprintf(&b, "  %-18s %s\n", f.Name, f.About)
	}
	b.WriteString("\n")
	return b.String()
}

// endpoints tells which service is behind which address: metrics name endpoints
// by these.
func (d *Demo) endpoints() string {
	var b strings.Builder
	for n, u := range d.users {
		fmt.Fprintf(&b, "users-%d %s, ", n+1, u.Addr())
	}
	fmt.Fprintf(&b, "profiles %s, orders %s", d.profiles.Addr(), d.orders.Addr())
	return b.String()
}

// flagUnless is a flag to show where an address is not the default.
func flagUnless(usual bool, flag string) string {
	if usual {
		return ""
	}
	return flag
}

// status prints a line at every interval.
func (d *Demo) status(ctx context.Context, out *lines) {
	tick := time.NewTicker(d.cfg.StatusInterval)
	defer tick.Stop()
	last := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			out.printf("%s\n", load.Line(now, now.Sub(last), d.load.Take()))
			last = now
		}
	}
}

func transitionLine(t prom.Transition) string {
	state := t.State
	if state == prom.Firing {
		state = "FIRING"
	}
	line := fmt.Sprintf("%s  alert %-8s %s", t.At.Format(time.TimeOnly), state, t.Alert)
	if t.Labels != "{}" {
		line += " " + t.Labels
	}
	if t.State == prom.Firing {
		line += "\n          " + t.Severity + ": " + t.Summary
	}
	return line
}

// lines keeps what several goroutines print apart.
type lines struct {
	mu sync.Mutex
	w  io.Writer // guarded by mu
}

func (l *lines) printf(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	// A terminal that went away must not end the demo.
	_, _ = fmt.Fprintf(l.w, format, args...)
}
