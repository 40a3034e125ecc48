package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/importer"
	"github.com/hopscope/hopscope/rules_test/lint"
)

const importHelp = `
Usage: hoplab rules import NAME --tsdb DIR | --url URL [flags]

Makes a recording of what a Prometheus has stored, for rules_test or for rules of
your own: NAME.series and NAME.meta.yml.

  --tsdb DIR  reads its storage, blocks and log, without writing to it: every
              value, staleness marker, counter reset and native histogram
  --url URL   asks its HTTP API: true times, values and native histograms, but no
              staleness markers; where series ended is found to the step

Times are RFC 3339 (2026-11-26T10:00:00Z) or relative to now (-2h). Samples are
moved onto a grid of --step. Whatever is lost or moved is said on stderr and noted
in NAME.meta.yml. Without --match, the series that rules and dashboards select are
taken, with up and scrape_* of their targets. --on and --off say when something was
wrong: what matrix.yml lists in must has to fire between them.

Example:
  hoplab rules import outage --url http://prometheus:9090 --from -3h --to -2h \
    --on 2026-11-26T10:12:00Z --off 2026-11-26T10:31:00Z \
    --rules 'rules/*.yml' --dashboards '' --out recordings
`

// runRulesImport makes a recording of what a Prometheus has stored.
func runRulesImport(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	f := newFlags("rules import", importHelp)
	o := importer.Options{Rename: map[string]string{}}
	var match, rules, headers words
	dir := f.String("tsdb", "", "`DIR` of a Prometheus' storage")
	url := f.String("url", "", "`URL` of a Prometheus")
	f.Var(&headers, "header", "`NAME: VALUE` to send to the URL; may be given again")
	token := f.String("token-file", "", "`FILE` with a bearer token for the URL")
	from := f.String("from", "", "`time` of the first sample; with --tsdb all if empty")
	to := f.String("to", "now", "`time` of the last sample")
	f.DurationVar(&o.Step, "step", 0, "`time` between scrapes, whole seconds; 0: as found")
	f.Var(&match, "match", "`SELECTOR` of series to take, such as '{job=\"api\"}'; may be given again")
	f.Var(&rules, "rules", "`GLOBS` of rule files that select what is taken, with commas between (default "+defaultRules+")")
	boards := f.String("dashboards", "dashboards", "`DIR` of dashboards that select what is taken; none if empty")
	out := f.String("out", "rules_test/series", "`DIR` to write the recording to")
	f.Func("rename", "`OLD=NEW` label value, such as an address; may be given again", func(s string) error {
		before, after, ok := strings.Cut(s, "=")
		if !ok || before == "" {
			return errors.New("want OLD=NEW")
		}
		o.Rename[before] = after
		return nil
	})
	on := f.String("on", "", "`time` when the fault began; goes with --off")
	off := f.String("off", "", "`time` when the fault ended; goes with --on")
	f.IntVar(&o.MaxSeries, "max-series", 5000, "`number` of series that is too many")
	f.IntVar(&o.MaxSamples, "max-samples", 2_000_000, "`number` of samples that is too many")
	name, code, ok := f.parse(args, 1, 1, stdout, stderr)
	if !ok {
		return code
	}
	o.Name = name[0]
	if (*dir == "") == (*url == "") {
		return f.wrong(stderr, "want either --tsdb or --url")
	}
	if *url != "" && *from == "" {
		return f.wrong(stderr, "--url needs --from")
	}
	if (*on == "") != (*off == "") {
		return f.wrong(stderr, "--on and --off belong together: alerts have to fire between them, and to end after")
	}
	now := time.Now()
	for _, t := range []struct {
		flag, value string
		to          *time.Time
	}{{"from", *from, &o.From}, {"to", *to, &o.To}, {"on", *on, &o.On}, {"off", *off, &o.Off}} {
		var err error
		if *t.to, err = moment(t.value, now); err != nil {
			return f.wrong(stderr, "--%s: %v", t.flag, err)
		}
	}
	if *from == "" {
		o.From = time.UnixMilli(0)
	}
	if err := runImport(ctx, o, importFrom{*dir, *url, headers, *token}, selection{match, rules.globs(), *boards}, *out, stdout, stderr); err != nil {
		return f.failed(stderr, err)
	}
	return exitOK
}

// importFrom says where to import from: a directory or a URL.
type importFrom struct {
	dir, url string
	headers  []string
	token    string
}

// selection says what to import.
type selection struct {
	match, rules []string
	dashboards   string
}

func runImport(ctx context.Context, o importer.Options, from importFrom, what selection, out string, stdout, stderr io.Writer) (err error) {
	if o.Match, err = what.selectors(); err != nil {
		return err
	}
	o.Targets = len(what.match) == 0
	var src importer.Source
	if from.dir != "" {
		storage, err := importer.FromTSDB(from.dir)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, storage.Close()) }()
		src = storage
	} else {
		header, err := from.header()
		if err != nil {
			return err
		}
		if src, err = importer.FromAPI(from.url, header); err != nil {
			return err
		}
	}
	rec, err := importer.Import(ctx, src, o)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	if err := rec.Write(out); err != nil {
		return err
	}
	for _, l := range rec.Meta.Losses {
		fmt.Fprintf(stderr, "hoplab rules import: loss: %s\n", l)
	}
	fmt.Fprintf(stdout, "%s: %d series, %d scrapes in steps of %s\n", o.Name, len(rec.Series), rec.Meta.Scrapes, time.Duration(rec.Meta.Step))
	return nil
}

func (s selection) selectors() ([][]*labels.Matcher, error) {
	if len(s.match) > 0 {
		return importer.Selectors(s.match)
	}
	files, err := lint.Open(s.rules...)
	if err != nil {
		return nil, err
	}
	var boards []lint.Dashboard
	if s.dashboards != "" {
		if boards, err = lint.Dashboards(os.DirFS(s.dashboards)); err != nil {
			return nil, err
		}
	}
	return importer.Referenced(files, boards)
}

func (i importFrom) header() (http.Header, error) {
	h := http.Header{}
	for _, line := range i.headers {
		name, value, ok := strings.Cut(line, ":")
		if !ok || name == "" {
			// The value may be a secret, so it is not told.
			return nil, errors.New("--header: want NAME: VALUE")
		}
		h.Add(name, strings.TrimSpace(value))
	}
	if i.token != "" {
		text, err := os.ReadFile(i.token)
		if err != nil {
			return nil, fmt.Errorf("--token-file: %w", err)
		}
		h.Set("Authorization", "Bearer "+strings.TrimSpace(string(text)))
	}
	return h, nil
}

// moment reads a time; "" is the zero time.
func moment(s string, now time.Time) (time.Time, error) {
	switch {
	case s == "":
		return time.Time{}, nil
	case s == "now":
		return now, nil
	case strings.HasPrefix(s, "-"):
		if d, err := model.ParseDuration(s[1:]); err == nil {
			return now.Add(-time.Duration(d)), nil
		}
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, nil
	}
	return time.Time{}, fmt.Errorf("time %q: want RFC 3339, such as 2026-11-26T10:00:00Z, now, or relative, such as -2h", s)
}
