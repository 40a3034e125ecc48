package replay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/rules"

	"github.com/hopscope/hopscope/rules_test/recording"
)

// Replay is a recording on which every rule has been evaluated. Close it.
type Replay struct {
	Timeline Timeline
	rec      recording.Recording
	loader   *promqltest.LazyLoader
}

// Timeline is what alerts did, in order of time.
type Timeline []Moment

// Moment is the state of all active alerts after the evaluation at At.
type Moment struct {
	At     time.Duration // after the recording's start
	Alerts []Alert
}

// Alert is an active alert.
type Alert struct {
	Name        string
	Firing      bool              // else pending
	Labels      map[string]string // without alertname
	Annotations map[string]string
}

// Run evaluates the rule files at every step of the recording.
func Run(rec recording.Recording, ruleFiles ...string) (*Replay, error) {
	text, err := load(rec)
	if err != nil {
		return nil, err
	}
	loader, err := promqltest.NewLazyLoader(text, promqltest.LazyLoaderOpts{
		EnableAtModifier: true, EnableNegativeOffset: true, StartTime: rec.Meta.Start,
	})
	if err != nil {
		return nil, err
	}
	loader.SubqueryInterval = time.Duration(rec.Meta.Step)
	r := &Replay{rec: rec, loader: loader}
	if err := r.evaluate(ruleFiles); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// Close deletes the samples.
func (r *Replay) Close() error { return r.loader.Close() }

func load(rec recording.Recording) (string, error) {
	var text strings.Builder
	fmt.Fprintf(&text, "load %s\n", time.Duration(rec.Meta.Step))
	for _, s := range rec.Series {
		line, err := recording.Encode(s)
		if err != nil {
			return "", err
		}
		text.WriteString("  " + line + "\n")
	}
	return text.String(), nil
}

func (r *Replay) evaluate(ruleFiles []string) error {
	step := time.Duration(r.rec.Meta.Step)
	manager := rules.NewManager(&rules.ManagerOptions{
		QueryFunc:  rules.EngineQueryFunc(r.loader.QueryEngine(), r.loader.Storage()),
		Appendable: r.loader.Storage(),
		Context:    context.Background(),
		NotifyFunc: func(context.Context, string, ...*rules.Alert) {},
		Logger:     slog.New(slog.DiscardHandler),
		Parser:     parser.NewParser(parser.Options{}),
	})
	byName, errs := manager.LoadGroups(step, labels.EmptyLabels(), "", nil, false, ruleFiles...)
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	groups := inOrder(byName, ruleFiles)
	for _, g := range groups {
		for _, rule := range g.AlertingRules() {
			// Without it no ALERTS series are written.
			rule.SetRestored(true)
		}
	}
	for at := time.Duration(0); at <= r.rec.Meta.End(); at += step {
		now := r.rec.Meta.Start.Add(at)
		var failed error
		r.loader.WithSamplesTill(now, func(err error) { failed = err })
		for _, g := range groups {
			g.Eval(r.loader.Context(), now)
			for _, rule := range g.Rules() {
				if err := rule.LastError(); err != nil {
					failed = errors.Join(failed, fmt.Errorf("rule %s at %s: %w", rule.Name(), at, err))
				}
			}
		}
		if failed != nil {
			return failed
		}
		r.Timeline = append(r.Timeline, Moment{At: at, Alerts: active(groups)})
	}
	return nil
}

// inOrder returns the groups in the order of their files and names, so that
// what one group records the next can read.
func inOrder(byName map[string]*rules.Group, files []string) []*rules.Group {
	groups := make([]*rules.Group, 0, len(byName))
	for _, g := range byName {
		groups = append(groups, g)
	}
	slices.SortFunc(groups, func(a, b *rules.Group) int {
		if c := slices.Index(files, a.File()) - slices.Index(files, b.File()); c != 0 {
			return c
		}
		return strings.Compare(a.Name(), b.Name())
	})
	return groups
}

func active(groups []*rules.Group) []Alert {
	var alerts []Alert
	for _, g := range groups {
		for _, rule := range g.AlertingRules() {
			rule.ForEachActiveAlert(func(a *rules.Alert) {
				if a.State != rules.StateFiring && a.State != rules.StatePending {
					return
				}
				l := a.Labels.Map()
				delete(l, labels.AlertName)
				alerts = append(alerts, Alert{
					Name: rule.Name(), Firing: a.State == rules.StateFiring,
					Labels: l, Annotations: a.Annotations.Map(),
				})
			})
		}
	}
	slices.SortFunc(alerts, func(a, b Alert) int {
		if c := strings.Compare(a.Name, b.Name); c != 0 {
			return c
		}
		return strings.Compare(labels.FromMap(a.Labels).String(), labels.FromMap(b.Labels).String())
	})
	return alerts
}

// Firing returns the alerts of that name that fire at the last evaluation not
// after at.
func (t Timeline) Firing(name string, at time.Duration) []Alert {
	var alerts []Alert
	for _, m := range t {
		if m.At > at {
			break
		}
		alerts = slices.DeleteFunc(slices.Clone(m.Alerts), func(a Alert) bool { return !a.Firing || a.Name != name })
	}
	return alerts
}

// FirstFiring returns when the alert first fired at or after from, and false if
// it never did.
func (t Timeline) FirstFiring(name string, from time.Duration) (time.Duration, bool) {
	for _, m := range t {
		if m.At >= from && slices.ContainsFunc(m.Alerts, func(a Alert) bool { return a.Firing && a.Name == name }) {
			return m.At, true
		}
	}
	return 0, false
}

// EverFired returns the names of all alerts that fired, in order of names.
func (t Timeline) EverFired() []string {
	var names []string
	for _, m := range t {
		for _, a := range m.Alerts {
			if a.Firing {
				names = append(names, a.Name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Query evaluates an expression over the whole recording, a value for each step,
// and returns the series that have any.
func (r *Replay) Query(ctx context.Context, expr string) (promql.Matrix, error) {
	q, err := r.loader.QueryEngine().NewRangeQuery(ctx, r.loader.Queryable(), nil, expr,
		r.rec.Meta.Start, r.rec.Meta.Start.Add(r.rec.Meta.End()), time.Duration(r.rec.Meta.Step))
	if err != nil {
		return nil, err
	}
	defer q.Close()
	result := q.Exec(ctx)
	if result.Err != nil {
		return nil, result.Err
	}
	m, err := result.Matrix()
	if err != nil {
		return nil, err
	}
	// The matrix' memory goes back to the engine on Close.
	out := make(promql.Matrix, len(m))
	for i, s := range m {
		out[i] = promql.Series{Metric: s.Metric, Floats: slices.Clone(s.Floats), Histograms: slices.Clone(s.Histograms)}
	}
	return out, nil
}
