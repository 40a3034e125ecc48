package main

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/record"
	"github.com/hopscope/hopscope/rules_test/recording"
)

// Anyone's exporter, with rules of their own, from the command line.
func TestRecordServesAnyExporter(t *testing.T) {
	exporter := httptest.NewServer(promhttp.Handler())
	t.Cleanup(exporter.Close)
	dir := t.TempDir()
	rules := filepath.Join(dir, "go.yml")
	text := "groups: [{name: g, rules: [{alert: A, expr: 'go_goroutines{job=\"go\"} > 1000'}]}]"
	if err := os.WriteFile(rules, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{
		"rules", "record", "calm", "--target", "a=" + exporter.URL, "--job", "go", "--rules", rules, "--dashboards=",
		"--out", filepath.Join(dir, "series"), "--step=2s", "--before=2s", "--during=3s", "--after=1s",
		"--on", "touch " + dir + "/on", "--off", "mv " + dir + "/on " + dir + "/off", "--about", "all is calm",
	}
	code, out, errs := hoplab(t, args...)
	for tries := 0; strings.Contains(errs, record.ErrBusy.Error()) && tries < 10; tries++ {
		code, out, errs = hoplab(t, args...)
	}
	if code != exitOK || !strings.Contains(out, "calm: fault on\n") || !strings.Contains(out, "for rules") {
		t.Fatalf("exit %d, %q, %q", code, out, errs)
	}
	rec, err := recording.Read(os.DirFS(filepath.Join(dir, "series")), "calm")
	if err != nil || rec.Meta.Description != "all is calm" || len(rec.Meta.Faults) != 1 {
		t.Fatalf("%+v, %v", rec.Meta, err)
	}
	var names []string
	for _, s := range rec.Series {
		if name := s.Labels.Get("__name__"); !strings.HasPrefix(name, "scrape_") {
			names = append(names, recording.Name(s.Labels))
		}
	}
	if got := strings.Join(names, " "); got != `go_goroutines{instance="a",job="go"} up{instance="a",job="go"}` {
		t.Errorf("recorded %s", got)
	}
	if _, err := os.Stat(dir + "/off"); err != nil {
		t.Error(err)
	}
}

func TestProgressIsOneLineOnATerminal(t *testing.T) {
	var out strings.Builder
	jobs := []recordJob{{name: "a", times: record.Times{Before: 10 * time.Second}}, {name: "b", times: record.Times{Before: 30 * time.Second}}}
	p := newRecordProgress(&out, jobs)
	p.width = 80
	p.tell(0, record.Progress{Phase: record.InPeace, Done: 10 * time.Second, Total: 10 * time.Second})
	if want := "\r[#######-----------------------] 0 of 2  a in peace 10s/10s\x1b[K"; out.String() != want {
		t.Errorf("got  %q\nwant %q", out.String(), want)
	}
	out.Reset()
	p.end(0, "done")
	if want := "\r\x1b[Ka: done\n[#######-----------------------] 1 of 2  \x1b[K"; out.String() != want {
		t.Errorf("got  %q\nwant %q", out.String(), want)
	}
}

func TestWrongRecordingsSayWhatIsWrong(t *testing.T) {
	refused(t, exitUsage, "rules record", map[string]string{
		"earthquake":                          `unknown scenario "earthquake"`,
		"--parallel 0":                        "--parallel 0",
		"--on true":                           "belong to --target",
		"--target a=127.0.0.1:1":              "wants one NAME",
		"x --target 127.0.0.1:1":              "want INSTANCE=HOST:PORT",
		"x --target a=127.0.0.1:1 --off x":    "--on and --off belong together",
		"x --target a=127.0.0.1:1 --on x":     "--on and --off belong together",
		"x --target a=127.0.0.1:1 --rename b": "want VALUE=NAME",
	})
	refused(t, exitFailure, "rules", map[string]string{
		"resort --rules= --dashboards=": "are both empty",
		"record healthy --rules no/*":   "matches no file",
		"record x --target a=127.0.0.1:1 --rules= --dashboards= --out " + t.TempDir(): "start it first",
	})
}
