package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/fault"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/load"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/services"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/traces"
	"github.com/hopscope/hopscope/telemetry/catalog"
)

// gatewayBinary returns the program under test: $HOPSCOPE_BIN, or one built now.
func gatewayBinary(t *testing.T) string {
	t.Helper()
	if bin := os.Getenv("HOPSCOPE_BIN"); bin != "" {
		return bin
	}
	bin := filepath.Join(t.TempDir(), "hopscope")
	build := exec.Command("go", "build", "-o", bin, "github.com/hopscope/hopscope/cmd/hopscope")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the gateway: %v\n%s", err, out)
	}
	return bin
}

// freePorts is the default demo on ports that the system chooses, faster.
func freePorts(out io.Writer) Config {
	cfg := Default()
	for _, addr := range []*string{&cfg.Gateway, &cfg.Admin, &cfg.Prometheus, &cfg.Traces, &cfg.Control, &cfg.Console} {
		*addr = "127.0.0.1:0"
	}
	cfg.Sample = 1
	cfg.ScrapeInterval, cfg.EvalInterval = time.Second, time.Second // a scrape may take as long as its interval
	cfg.StatusInterval = 250 * time.Millisecond
	cfg.Out = out
	return cfg
}

// buffer is what the demo prints.
type buffer struct {
	mu sync.Mutex
	b  strings.Builder // guarded by mu
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// until polls until ok, for five minutes at most.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-ctx.Done():
			t.Fatalf("not within five minutes: %s", what)
		case <-tick.C:
		}
	}
}

// TestDemoShowsWhatItPromises brings the demo up once with the real gateway and
// looks at every part of it.
func TestDemoShowsWhatItPromises(t *testing.T) {
	var out buffer
	cfg := freePorts(&out)
	cfg.Binary = gatewayBinary(t)
	d, err := Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	state, pid := d.state, d.hop.pid()
	report, stop := context.WithCancel(t.Context())
	reported := make(chan struct{})
	go func() {
		defer close(reported)
		d.Report(report)
	}()
	stopped := false
	t.Cleanup(func() {
		stop()
		<-reported
		if !stopped {
			d.Stop()
		}
	})

	t.Run("every route has traffic", func(t *testing.T) {
		expr := fmt.Sprintf(`count(sum by (route) (rate(%s[5s])) > 0)`, catalog.RequestsTotal)
		until(t, expr, func() bool { return query(t, d, expr) == 3 })
	})
	t.Run("a trace crosses the gateway three times", func(t *testing.T) { threeHops(t, d) })
	t.Run("an exemplar leads to its trace", func(t *testing.T) { exemplar(t, d) })
	t.Run("every panel has data", func(t *testing.T) { everyPanel(t, d) })
	t.Run("it prints where to look and how it goes", func(t *testing.T) {
		until(t, "status lines", func() bool { return strings.Contains(out.String(), "users ") })
		for _, want := range []string{d.Gateway, d.Admin, d.Prometheus, d.Traces, d.Control, "console      http://" + d.Console, load.SlowConsumer, "hoplab demo trace"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("printed no %s in:\n%s", want, out.String())
			}
		}
	})
	t.Run("a taken port is named with its flag", func(t *testing.T) {
		second := freePorts(io.Discard)
		second.Binary, second.Control, second.Gateway = cfg.Binary, d.Control, d.Gateway
		_, err := Start(t.Context(), second)
		_, control, _ := net.SplitHostPort(d.Control)
		if err == nil || !strings.Contains(err.Error(), "port "+control) || !strings.Contains(err.Error(), "--control") || !strings.Contains(err.Error(), "--listen") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("the console shows all of it", func(t *testing.T) { wholeConsole(t, d) })
	t.Run("faults show in the metrics", func(t *testing.T) { everyFault(t, d) })

	stop()
	<-reported
	stopped = true
	if err := d.Stop(); err != nil {
		t.Error(err)
	}
	if err := syscall.Kill(pid, 0); err == nil {
		t.Error("the gateway is still there")
	}
	if _, err := os.Stat(state); !os.IsNotExist(err) {
		t.Errorf("the state directory is still there: %v", err)
	}
}

// query returns the value of an expression, -1 where it has none.
func query(t *testing.T, d *Demo, expr string) float64 {
	t.Helper()
	v, err := d.prom.Query(t.Context(), expr)
	if err != nil {
		t.Fatal(err)
	}
	if len(v) == 0 {
		return -1
	}
	return v[0].F
}

// threeHops waits for the trace of a placed order and checks its shape: load →
// gateway → orders → gateway → profiles → gateway → users.
func threeHops(t *testing.T, d *Demo) {
	client := traces.NewClient("http://" + d.Traces)
	var found traces.Trace
	until(t, "a complete trace of an order", func() bool {
		list, err := client.Find(t.Context(), url.Values{"service": {"users"}, "limit": {"50"}})
		if err != nil {
			t.Fatal(err)
		}
		for _, tr := range list {
			if len(tr.Spans) == 11 {
				found = tr
				return true
			}
		}
		return false
	})
	spans := map[string]traces.Span{}
	for _, s := range found.Spans {
		spans[s.SpanID] = s
	}
	name := func(s traces.Span) string {
		kind, _ := s.Tag("span.kind")
		return fmt.Sprint(found.Processes[s.ProcessID].ServiceName, " ", kind)
	}
	var path []string
	for _, s := range found.Spans {
		if name(s) != "users server" {
			continue
		}
		for {
			path = append(path, name(s))
			parent, ok := spans[s.Parent()]
			if !ok {
				break
			}
			s = parent
		}
	}
	want := "users server, hopscope client, hopscope server, profiles client, profiles server, hopscope client, hopscope server, " +
		"orders client, orders server, hopscope client, hopscope server"
	if got := strings.Join(path, ", "); got != want {
		t.Errorf("from users up to the root:\n got %s\nwant %s", got, want)
	}
}

func exemplar(t *testing.T, d *Demo) {
	client := traces.NewClient("http://" + d.Traces)
	until(t, "an exemplar whose trace is held", func() bool {
		now := time.Now()
		resp, err := http.Get("http://" + d.Prometheus + "/api/v1/query_exemplars?" + url.Values{
			"query": {catalog.RequestDurationSeconds.String() + "_bucket"},
			"start": {fmt.Sprint(now.Add(-time.Minute).Unix())}, "end": {fmt.Sprint(now.Add(time.Minute).Unix())},
		}.Encode())
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var answer struct {
			Data []struct {
				Exemplars []struct{ Labels map[string]string }
			}
		}
		if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
			t.Fatal(err)
		}
		for _, series := range answer.Data {
			for _, e := range series.Exemplars {
				if _, err := client.Trace(t.Context(), e.Labels["trace_id"]); err == nil {
					return true
				}
			}
		}
		return false
	})
}

// everyFault turns each fault on, waits for what it does to the gateway's
// metrics, and turns it off again.
func everyFault(t *testing.T, d *Demo) {
	const unset = -1
	control := fault.NewClient("http://" + d.Control)
	shows := map[string]string{
		load.SlowConsumer:       fmt.Sprintf(`sum(%s{side="downstream", upstream="orders"}) >= 3`, catalog.StalledStreams),
		load.RapidReset:         fmt.Sprintf(`sum(rate(%s{side="downstream", kind="too_many_resets"}[6s])) > 0`, catalog.MalformedTotal),
		services.StalledStream:  fmt.Sprintf(`sum(%s{side="upstream", upstream="orders"}) >= 3`, catalog.StalledStreams),
		services.FailingReplica: fmt.Sprintf(`sum(rate(%s{upstream="users", result="server_error"}[6s])) > 0`, catalog.AttemptsTotal),
		services.DeadReplica:    fmt.Sprintf(`sum(increase(%s{upstream="users", result="unreachable"}[6s])) > 0`, catalog.AttemptsTotal),
		services.GoAwayStorm:    fmt.Sprintf(`sum(rate(%s{side="upstream", dir="read"}[6s])) > 0`, catalog.GoAwayTotal),
		services.Latency:        fmt.Sprintf(`histogram_quantile(0.5, sum(rate(%s{route="users"}[6s]))) > 1`, catalog.RequestDurationSeconds),
		SlowReplica:             fmt.Sprintf(`histogram_quantile(0.99, sum(rate(%s{route="users"}[6s]))) > 1`, catalog.RequestDurationSeconds),
		AllDead:                 fmt.Sprintf(`sum(rate(%s{upstream="users", reason="upstream_unreachable"}[6s])) > 0`, catalog.StreamEndTotal),
		services.ErrorBurst:     fmt.Sprintf(`sum(rate(%s{route="users"}[6s])) > 0`, catalog.RequestFailuresTotal),
		services.ResetStorm:     fmt.Sprintf(`sum(rate(%s{side="upstream", dir="read", code="INTERNAL_ERROR"}[6s])) > 0`, catalog.RSTStreamTotal),
		services.SlotExhaustion: fmt.Sprintf(`sum(%s{upstream="orders"}) / (sum(%s{upstream="orders"}) > 0) > 0.9`, catalog.StreamSlotsUsed, catalog.StreamSlots),
		load.IdlePileup:         fmt.Sprintf(`sum(increase(%s{route="profiles"}[10s])) > 0`, catalog.IdleStreamsKilledTotal),
		load.StuckWindow:        fmt.Sprintf(`sum(%s{side="downstream", scope="connection"}) >= 3`, catalog.StalledStreams),
		load.TrafficDrop:        fmt.Sprintf(`sum(rate(%s[6s])) == 0`, catalog.RequestsTotal),
		CertificateExpiry:       fmt.Sprintf(`min(%s) - time() < 86400`, catalog.TLSCertificateNotAfterSeconds),
		BadReload:               fmt.Sprintf(`%s == 0`, catalog.ConfigLastReloadSuccessful),
		CollectorDown:           fmt.Sprintf(`sum(rate(%s{result="err"}[6s])) > 0`, catalog.TraceSpansTotal),
		ScrapeDown:              `up == 0`,
		GatewayRestart:          fmt.Sprintf(`sum(resets(%s[10s])) > 0`, catalog.RequestsTotal),
	}
	list, err := control.List(t.Context())
	if err != nil || len(list) != len(shows) {
		t.Fatalf("%d faults listed, %d known here (%v)", len(list), len(shows), err)
	}
	for _, f := range list {
		t.Run(f.Name, func(t *testing.T) {
			if _, err := control.Set(t.Context(), f.Name, true); err != nil {
				t.Fatal(err)
			}
			until(t, shows[f.Name], func() bool { return query(t, d, shows[f.Name]) != unset })
			if _, err := control.Set(t.Context(), f.Name, false); err != nil {
				t.Fatal(err)
			}
			until(t, "no longer "+shows[f.Name], func() bool { return query(t, d, shows[f.Name]) == unset })
		})
	}
}

func TestStartThatFailsLeavesNothing(t *testing.T) {
	cfg := freePorts(io.Discard)
	cfg.Binary = filepath.Join(t.TempDir(), "hopscope")
	cfg.State = t.TempDir()
	if _, err := Start(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "make build") {
		t.Errorf("got %v", err)
	}
	cfg.Rate = -1
	if _, err := Start(t.Context(), cfg); err == nil {
		t.Error("started")
	}
}

func TestRulesGlobWithoutFilesSaysSo(t *testing.T) {
	d := &Demo{cfg: Config{Rules: filepath.Join(t.TempDir(), "*.rules.yml")}}
	if _, err := d.ruleFiles(); err == nil || !strings.Contains(err.Error(), "matches no file") {
		t.Errorf("got %v", err)
	}
}
