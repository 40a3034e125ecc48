package main

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/tsdb"

	"github.com/hopscope/hopscope/rules_test/recording"
)

func TestStorageIsImported(t *testing.T) {
	dir := t.TempDir()
	storage := filepath.Join(dir, "data")
	db, err := tsdb.Open(storage, slog.New(slog.DiscardHandler), nil, tsdb.DefaultOptions(), nil)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now().Add(-time.Hour).Truncate(time.Minute)
	app := db.Appender(context.Background())
	for i := range 20 {
		up := float64(1 - i/10)
		if _, err := app.Append(0, labels.FromStrings("__name__", "up", "job", "api", "instance", "10.0.0.1:80"), start.Add(time.Duration(i)*15*time.Second).UnixMilli(), up); err != nil {
			t.Fatal(err)
		}
	}
	if err := app.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	rules := filepath.Join(dir, "x.rules.yml")
	text := "groups: [{name: g, rules: [{alert: Down, expr: up == 0}]}]"
	if err := os.WriteFile(rules, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "recordings")
	code, stdout, stderr := hoplab(t, "rules", "import", "outage", "--tsdb", storage, "--rules", rules, "--dashboards", "",
		"--out", out, "--rename", "10.0.0.1:80=a",
		"--on", start.Add(150*time.Second).UTC().Format(time.RFC3339), "--off", start.Add(240*time.Second).UTC().Format(time.RFC3339))
	if code != exitOK || stdout != "outage: 1 series, 20 scrapes in steps of 15s\n" || stderr != "" {
		t.Fatalf("exit %d, %q, %q", code, stdout, stderr)
	}
	rec, err := recording.Read(os.DirFS(out), "outage")
	if err != nil {
		t.Fatal(err)
	}
	line, err := recording.Encode(rec.Series[0])
	if err != nil {
		t.Fatal(err)
	}
	want := []recording.Fault{{Name: "outage", On: recording.Duration(150 * time.Second), Off: recording.Duration(240 * time.Second)}}
	if !slices.Equal(rec.Meta.Faults, want) || line != `up{instance="a",job="api"} 1x9 0x9` {
		t.Errorf("faults %v, %s", rec.Meta.Faults, line)
	}
}

func TestWrongImportsSayWhatIsWrong(t *testing.T) {
	for line, want := range map[string]string{
		"x":                                    "want either --tsdb or --url",
		"":                                     "too few arguments",
		"x --url http://a --from -1h --tsdb b": "want either --tsdb or --url",
		"x --url http://a":                     "--url needs --from",
		"x --tsdb a --on -2h":                  "--on and --off belong together",
		"x --tsdb a --off -2h":                 "--on and --off belong together",
		"x --tsdb a --from yesterday":          "want RFC 3339",
		"x --tsdb a --rename b":                "want OLD=NEW",
		"x --tsdb a --rules nowhere/*.yml":     "no rule files match nowhere/*.yml",
		"x --tsdb nowhere --match up":          "no such file",
		"x --tsdb a --match up{":               "--match up{",
		"x --url http://a --from -1h --match up --header secret": "--header: want NAME: VALUE",
		"x --url a:1 --from -1h --match up":                      "want a URL such as",
	} {
		code, _, errs := hoplab(t, append([]string{"rules", "import"}, strings.Fields(line)...)...)
		if code == exitOK || !strings.Contains(errs, want) || strings.Contains(errs, "secret") {
			t.Errorf("%s: exit %d, %q lacks %q", line, code, errs, want)
		}
	}
}
