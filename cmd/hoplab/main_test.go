package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/fault"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/traces"
)

// hoplab runs a command line as main would.
func hoplab(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	var out, errs bytes.Buffer
	code = dispatch(ctx, "hoplab", commands(), args, &out, &errs)
	return code, out.String(), errs.String()
}

func TestEveryCommandTeachesItsUse(t *testing.T) {
	all := [][]string{{"demo", "fault"}, {"demo", "faults"}, {"demo", "trace"}, {"rules", "record"}, {"rules", "import"}, {"rules", "check"}, {"rules", "explain"}, {"rules", "mutate"}, {"rules", "coverage"}, {"rules", "margins"}}
	for _, c := range commands() {
		all = append(all, []string{c.name})
	}
	for _, args := range all {
		code, out, errs := hoplab(t, append(args, "--help")...)
		if code != exitOK || !strings.HasPrefix(out, "Usage: hoplab "+strings.Join(args, " ")) || errs != "" {
			t.Errorf("%v: exit %d, %q, %q", args, code, out, errs)
		}
	}
	if code, out, _ := hoplab(t, "--help"); code != exitOK || !strings.HasPrefix(out, "Usage: hoplab") || !strings.Contains(out, "healthcheck") {
		t.Errorf("exit %d, %q", code, out)
	}
}

// refused runs command lines, each after a command, that end with a code and what
// standard error has to hold.
func refused(t *testing.T, code int, command string, lines map[string]string) {
	t.Helper()
	for line, want := range lines {
		line = command + " " + line
		got, _, errs := hoplab(t, strings.Fields(line)...)
		if got != code || !strings.Contains(errs, want) {
			t.Errorf("hoplab %s: exit %d, %q lacks %q", line, got, errs, want)
		}
	}
}

func TestWrongCommandLinesSayWhatIsWrong(t *testing.T) {
	refused(t, exitUsage, "", map[string]string{
		"":                          "Usage:",
		"dmeo":                      `unknown command "dmeo"; the commands are demo,`,
		"demo fault latency":        "Usage: hoplab demo fault NAME on|off",
		"demo fault latency up":     "want on or off",
		"demo fault latency on now": `unexpected argument "now"`,
		"demo extra":                `unexpected argument "extra"`,
		"service payments":          "want users, profiles or orders",
		"healthcheck users:9001":    "users:9001",
		"healthcheck ftp://a/":      "http, https, h2c or tcp",
		"console":                   "name at least one source, such as --prometheus",
		"console --admin ftp://a":   `--admin: want a URL such as http://127.0.0.1:9090, got "ftp://a"`,
		"console --traces http://":  "--traces: want a URL",
		"console --admin a --admin-cert x --admin-key y":          "are for https://",
		"console --traces a --admin-token-file x":                 "there is no --admin URL",
		"console --admin https://a --admin-cert x":                "belong together",
		"console --admin https://a --ca /nowhere.pem":             "/nowhere.pem",
		"console --prometheus a --prometheus-token-file /nowhere": "--prometheus-token-file: /nowhere",
	})
	refused(t, exitFailure, "", map[string]string{
		"demo --listen x":                      "--listen x (gateway)",
		"demo --sample 2":                      "--sample 2",
		"demo --console x":                     "--console x (console)",
		"console --admin a --listen x":         "--listen x",
		"demo --scrape-interval 1ms":           "--scrape-interval 1ms",
		"service users --faults nonsense":      `no fault "nonsense"`,
		"load --rate 0":                        "rate 0",
		"load --target nowhere":                `target "nowhere"`,
		"service users --listen nowhere":       "--listen",
		"demo trace --traces http://127.0.0.1": "--traces",
	})
}

func TestFaultsAreSwitchedAndListed(t *testing.T) {
	board := fault.NewBoard(fault.Fault{Name: "latency", About: "slow", Apply: func(context.Context, bool) error { return nil }})
	srv := httptest.NewServer(board.Handler())
	defer srv.Close()
	if code, out, errs := hoplab(t, "demo", "fault", "latency", "on", "--control", srv.URL); code != exitOK || out != "latency is on: slow\n" {
		t.Errorf("exit %d, %q, %q", code, out, errs)
	}
	if _, out, _ := hoplab(t, "demo", "faults", "--control", srv.URL); strings.Join(strings.Fields(out), " ") != "latency on slow" {
		t.Errorf("listed %q", out)
	}
	if code, _, errs := hoplab(t, "demo", "fault", "lateness", "on", "--control", srv.URL); code != exitFailure || !strings.Contains(errs, "known are latency") {
		t.Errorf("exit %d, %q", code, errs)
	}
}

func TestTracesOfAnEmptyStore(t *testing.T) {
	srv := httptest.NewServer(traces.NewStore(1 << 20).Handler())
	defer srv.Close()
	if code, out, _ := hoplab(t, "demo", "trace", "--traces", srv.URL); code != exitOK || out != "no traces yet\n" {
		t.Errorf("exit %d, %q", code, out)
	}
	if code, _, errs := hoplab(t, "demo", "trace", "abc", "--traces", srv.URL); code != exitFailure || !strings.Contains(errs, "not found") {
		t.Errorf("exit %d, %q", code, errs)
	}
}

func TestHealthcheckTellsWellFromIll(t *testing.T) {
	p := new(http.Protocols)
	p.SetHTTP1(true)
	p.SetUnencryptedHTTP2(true)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/readyz" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	srv.Config.Protocols = p
	srv.Start()
	addr := strings.TrimPrefix(srv.URL, "http://")
	for _, url := range []string{"http://" + addr + "/readyz", "h2c://" + addr + "/readyz", "tcp://" + addr} {
		if code, _, errs := hoplab(t, "healthcheck", url); code != exitOK {
			t.Errorf("%s: exit %d, %q", url, code, errs)
		}
	}
	if code, _, errs := hoplab(t, "healthcheck", "http://"+addr+"/other"); code != exitFailure || !strings.Contains(errs, "503") {
		t.Errorf("exit %d, %q", code, errs)
	}
	srv.Close()
	for _, url := range []string{"http://" + addr + "/readyz", "tcp://" + addr} {
		if code, _, errs := hoplab(t, "healthcheck", url); code != exitFailure || !strings.Contains(errs, "refused") {
			t.Errorf("%s: exit %d, %q", url, code, errs)
		}
	}
}

func TestServiceServesTakesFaultsAndEndsWhenTold(t *testing.T) {
	for _, service := range []string{"users", "profiles", "orders"} {
		t.Run(service, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			r, w := io.Pipe()
			done := make(chan int, 1)
			go func() {
				done <- dispatch(ctx, "hoplab", commands(), []string{"service", service, "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0"}, io.Discard, w)
				w.Close()
			}()
			buf := make([]byte, 512)
			n, err := r.Read(buf) // the line that says it serves
			if err != nil {
				t.Fatal(err)
			}
			go func() { _, _ = io.Copy(io.Discard, r) }()
			_, addresses, _ := strings.Cut(strings.TrimSpace(string(buf[:n])), "serving on ")
			addr, control, ok := strings.Cut(addresses, ", faults on ")
			if !ok {
				t.Fatalf("said %q", buf[:n])
			}
			for _, url := range []string{"tcp://" + addr, "http://" + control + "/healthz"} {
				if code, _, errs := hoplab(t, "healthcheck", url); code != exitOK {
					t.Errorf("%s: %q", url, errs)
				}
			}
			want := map[string]string{"users": "dead-replica", "orders": "stalled-stream"}[service]
			if _, out, _ := hoplab(t, "demo", "faults", "--control", "http://"+control); !strings.Contains(out, want) {
				t.Errorf("faults %q", out)
			}
			cancel()
			if code := <-done; code != exitOK {
				t.Errorf("exit %d", code)
			}
		})
	}
}
