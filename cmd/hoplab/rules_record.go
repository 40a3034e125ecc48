package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/record"
	"github.com/hopscope/hopscope/rules_test/recording"
)

const recordHelp = `
Usage: hoplab rules record [SCENARIO ...] [flags]
       hoplab rules record NAME --target INSTANCE=HOST:PORT --on COMMAND --off COMMAND [flags]

Records what Prometheus scrapes while a real fault happens: the series that rules
are tested on.

Of the demo: for each SCENARIO it starts a demo of its own on free ports, lets it
run in peace, turns the fault on, then off. Without a SCENARIO all are recorded;
each takes about four minutes. Run it in the project's folder, then go generate
./rules_test.

Of anything else that serves metrics: --target names each endpoint, --on and --off
are shell commands that break it and mend it; without --on the recording is one of
health. For example:

  hoplab rules record full-disk --target db-1=127.0.0.1:9100 --job node \
    --rules 'rules/*.yml' --dashboards 'grafana/*.json' --out series \
    --on 'fallocate -l 20G /var/lib/db/ballast' --off 'rm /var/lib/db/ballast'

Written are SCENARIO.series, in the notation of promtool's tests: what the rules
select, with up and scrape_*; SCENARIO.panels.gz: what only dashboards select;
SCENARIO.exemplars; and SCENARIO.meta.yml, which says what happened when.
`

// recordFlags is what rules record can be told.
type recordFlags struct {
	*flags
	out, rules, dashboards string
	gateway                record.Gateway
	exporter               record.Exporter
	step                   time.Duration
	times                  record.Times
	parallel               int
	targets, renames       words
}

func newRecordFlags() *recordFlags {
	f := &recordFlags{flags: newFlags("rules record", recordHelp)}
	f.StringVar(&f.out, "out", "rules_test/series", "`DIR` to write the recordings to")
	f.StringVar(&f.rules, "rules", "alerts/*.rules.yml", "`GLOBS` of the rule files whose series are kept, with commas between; '' for none")
	f.StringVar(&f.dashboards, "dashboards", "dashboards/*.json", "`GLOBS` of the dashboards whose series are kept; '' for none; without both everything is kept")
	f.DurationVar(&f.step, "step", record.DefaultStep, "`time` between scrapes, whole seconds")
	f.DurationVar(&f.times.Before, "before", 0, "`time` in peace before the fault; 0s: the scenario's own, here and below")
	f.DurationVar(&f.times.During, "during", 0, "`time` that the fault lasts")
	f.DurationVar(&f.times.After, "after", 0, "`time` to recover")
	f.IntVar(&f.parallel, "parallel", 2*runtime.NumCPU(), "`number` of scenarios at once; each takes about a tenth of a processor")
	f.StringVar(&f.gateway.Binary, "gateway", "", "`PATH` of the hopscope program; the one beside hoplab if empty")
	f.Uint64Var(&f.gateway.Seed, "seed", 1, "`number` that begins the random sequences of the demo's load")
	f.Var(&f.targets, "target", "`INSTANCE=ADDRESS` of metrics that are not the demo's, HOST:PORT or a URL; may be repeated")
	f.StringVar(&f.exporter.Job, "job", record.Job, "`NAME` that the job label of --target gets")
	f.StringVar(&f.exporter.On, "on", "", "`COMMAND` that breaks what --target measures")
	f.StringVar(&f.exporter.Off, "off", "", "`COMMAND` that mends it")
	f.StringVar(&f.exporter.About, "about", "", "`SENTENCE` on what is wrong")
	f.Var(&f.renames, "rename", "`VALUE=NAME` for a label's value that changes from run to run; may be repeated")
	return f
}

// runRulesRecord records scenarios, several at once.
func runRulesRecord(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	f := newRecordFlags()
	words, code, ok := f.parse(args, 0, len(record.ScenarioNames()), stdout, stderr)
	if !ok {
		return code
	}
	if f.parallel < 1 {
		return f.wrong(stderr, "--parallel %d: want at least 1", f.parallel)
	}
	jobs, err := f.jobs(words)
	if err != nil {
		return f.wrong(stderr, "%v", err)
	}
	plan, err := f.plan()
	if err == nil {
		err = os.MkdirAll(f.out, 0o755)
	}
	if err == nil && len(f.targets) == 0 {
		f.gateway, err = demoGateway(ctx, f.gateway)
	}
	if err != nil {
		return f.failed(stderr, err)
	}
	if err := f.recordAll(ctx, plan, jobs, newRecordProgress(stdout, jobs)); err != nil {
		return f.failed(stderr, err)
	}
	return exitOK
}

// recordJob is one recording to make.
type recordJob struct {
	name  string
	times record.Times
	run   func(ctx context.Context, p record.Plan) (recording.Recording, error)
}

// jobs returns what the command line asks for.
func (f *recordFlags) jobs(words []string) ([]recordJob, error) {
	if len(f.targets) > 0 {
		return f.exporterJob(words)
	}
	if f.exporter.On != "" || f.exporter.Off != "" || len(f.renames) > 0 {
		return nil, errors.New("--on, --off and --rename belong to --target; a SCENARIO of the demo breaks things by itself")
	}
	if len(words) == 0 {
		words = record.ScenarioNames()
	}
	var jobs []recordJob
	for _, w := range words {
		s, ok := record.FindScenario(w)
		if !ok {
			return nil, fmt.Errorf("unknown scenario %q; there are %s; --target records something else", w, strings.Join(record.ScenarioNames(), ", "))
		}
		s.Times = f.override(s.Times)
		jobs = append(jobs, recordJob{w, s.Times, func(ctx context.Context, p record.Plan) (recording.Recording, error) {
			return p.Demo(ctx, f.gateway, s)
		}})
	}
	return jobs, nil
}

func (f *recordFlags) exporterJob(words []string) ([]recordJob, error) {
	if len(words) != 1 || words[0] != filepath.Base(words[0]) {
		return nil, errors.New("--target wants one NAME for the recording, which becomes the name of its files")
	}
	e := f.exporter
	e.Name, e.Times = words[0], f.override(record.DefaultTimes())
	if e.About == "" {
		e.About = e.Name
	}
	if (e.On == "") != (e.Off == "") {
		return nil, errors.New("--on and --off belong together: what --on breaks --off has to mend; --off true if it mends itself")
	}
	for _, text := range f.targets {
		t, err := record.ParseTarget(text)
		if err != nil {
			return nil, fmt.Errorf("--%w", err)
		}
		e.Targets = append(e.Targets, t)
	}
	e.Rename = map[string]string{}
	for _, text := range f.renames {
		value, name, ok := strings.Cut(text, "=")
		if !ok || value == "" {
			return nil, fmt.Errorf("--rename %q: want VALUE=NAME", text)
		}
		e.Rename[value] = name
	}
	return []recordJob{{e.Name, e.Times, func(ctx context.Context, p record.Plan) (recording.Recording, error) {
		return p.Exporter(ctx, e)
	}}}, nil
}

// override returns a scenario's times with those that the command line names.
func (f *recordFlags) override(t record.Times) record.Times {
	for _, o := range []struct{ from, to *time.Duration }{
		{&f.times.Before, &t.Before}, {&f.times.During, &t.During}, {&f.times.After, &t.After},
	} {
		if *o.from > 0 {
			*o.to = *o.from
		}
	}
	return t
}

func (f *recordFlags) plan() (p record.Plan, err error) {
	p.Step = f.step
	p.Readers, err = readers(f.rules, f.dashboards)
	return p, err
}

// readers reads the rule files and the dashboards of two globs; ” for none.
func readers(rules, dashboards string) (r record.Readers, err error) {
	if rules != "" {
		r.Rules, err = record.RuleSelection(rules)
	}
	if dashboards != "" {
		var err2 error
		r.Panels, err2 = record.PanelSelection(dashboards)
		err = errors.Join(err, err2)
	}
	return r, err
}

// demoGateway finds the gateway's program and asks for its version.
func demoGateway(ctx context.Context, g record.Gateway) (record.Gateway, error) {
	if g.Binary == "" {
		g.Binary = besideHoplab("hopscope")
	}
	version, err := exec.CommandContext(ctx, g.Binary, "version").Output()
	if err != nil {
		return g, fmt.Errorf("%s version: %w: make build builds the gateway", g.Binary, err)
	}
	first, _, _ := strings.Cut(string(version), "\n")
	g.Version = strings.TrimPrefix(strings.TrimSpace(first), "hopscope ")
	return g, nil
}
