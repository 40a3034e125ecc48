package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hopscope/hopscope/rules_test/lint"
)

const checkHelp = `
Usage: hoplab rules check [flags]

Checks alert and recording rules, and dashboards, without a server: selectors
against the metrics that there are, rates, ranges, thresholds, templates, links.
Each finding is told as FILE:LINE: RULE: what is wrong (CHECK): remedy. The exit
code is 1 if there is any.

The metrics are hopscope's, or those of a page in text format or OpenMetrics:

  hoplab rules check --rules 'rules/*.yml' --dashboards grafana --runbook RUNBOOK.md \
    --catalogue http://localhost:9100/metrics

A comment in a rule, or above it, silences a check:

  # lint:ignore unused-record the billing team's Prometheus reads it
`

// maxPage bounds a page of metrics, in bytes.
const maxPage = 64 << 20

// runRulesCheck checks rules and dashboards.
func runRulesCheck(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	f := newFlags("rules check", checkHelp)
	var rules, catalogue words
	f.Var(&rules, "rules", "`GLOBS` of the rule files, with commas between (default "+defaultRules+")")
	boards := f.String("dashboards", "dashboards", "`DIR` of dashboards that are checked and linked to; none if empty")
	runbook := f.String("runbook", "alerts/RUNBOOK.md", "`FILE` that runbook_url links to; not checked if empty")
	f.Var(&catalogue, "catalogue", "`URL|FILE` of a page of metrics, may be given again; hopscope's own if not given")
	target := f.String("target-labels", "", "`LABELS` beside job and instance that Prometheus adds to all series of the pages, with commas between")
	scrape := f.Duration("scrape-interval", 15*time.Second, "`time` between scrapes")
	severities := f.String("severities", "critical,warning,info", "`VALUES` of the label severity, with commas between")
	_, code, ok := f.parse(args, 0, 0, stdout, stderr)
	if !ok {
		return code
	}
	if *scrape <= 0 {
		return f.wrong(stderr, "--scrape-interval %s: want more than 0", *scrape)
	}
	in := lint.Input{Scrape: *scrape, Severities: strings.Split(*severities, ","), DashboardDir: *boards}
	findings, err := func() (_ []lint.Finding, err error) {
		if in.Files, err = lint.Open(rules.globs()...); err != nil {
			return nil, err
		}
		if *boards != "" {
			if in.Dashboards, err = dashboards(*boards); err != nil {
				return nil, err
			}
		}
		if *runbook != "" {
			text, err := os.ReadFile(*runbook)
			if err != nil {
				return nil, fmt.Errorf("--runbook: %w: name the file that runbook_url links to, or '' for none", err)
			}
			in.Runbook = lint.Runbook{Name: *runbook, Text: string(text)}
		}
		if in.Registry, err = registry(ctx, catalogue, *target); err != nil {
			return nil, err
		}
		return lint.Check(in)
	}()
	if err != nil {
		return f.failed(stderr, err)
	}
	for _, found := range findings {
		fmt.Fprintln(stdout, found)
	}
	if len(findings) > 0 {
		return f.failed(stderr, fmt.Errorf("findings: %d", len(findings)))
	}
	return exitOK
}

func dashboards(dir string) ([]lint.Dashboard, error) {
	all, err := lint.Dashboards(os.DirFS(dir))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no dashboards match %s: name their folder with --dashboards, '' for none", filepath.Join(dir, "*.json"))
	}
	return all, nil
}

// registry reads pages of metrics; without any it is our own catalogue.
func registry(ctx context.Context, pages []string, target string) (*lint.Registry, error) {
	if len(pages) == 0 {
		return lint.Catalogue(), nil
	}
	var added []string
	if target != "" {
		added = strings.Split(target, ",")
	}
	var all []*lint.Registry
	for _, page := range pages {
		text, err := fetch(ctx, page)
		if err != nil {
			return nil, fmt.Errorf("--catalogue %s: %w", page, err)
		}
		r, err := lint.Page(bytes.NewReader(text), added...)
		if err != nil {
			return nil, fmt.Errorf("--catalogue %s: %w", page, err)
		}
		all = append(all, r)
	}
	return lint.Join(all...), nil
}

// fetch reads a file or a URL.
func fetch(ctx context.Context, where string) ([]byte, error) {
	if !strings.HasPrefix(where, "http://") && !strings.HasPrefix(where, "https://") {
		return os.ReadFile(where)
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, where, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/openmetrics-text; version=1.0.0, text/plain; version=0.0.4; q=0.5")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: want a page of metrics", resp.Status)
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxPage+1))
	if err == nil && len(text) > maxPage {
		err = errors.New("the page is larger than 64 MiB")
	}
	return text, err
}
