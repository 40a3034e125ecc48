package routing

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/alertmanager/config/common"
	"github.com/prometheus/common/model"
	"go.yaml.in/yaml/v3"
)

// Config is what an Alertmanager's configuration says about routing and
// inhibition.
type Config struct {
	receivers []string
	root      *route
	inhibits  []common.InhibitRule
}

// Alertmanager's defaults.
const (
	defaultGroupWait     = 30 * time.Second
	defaultGroupInterval = 5 * time.Minute
)

// allLabels is what group_by names to make a group of each set of labels.
const allLabels = "..."

// route is a node of the routing tree, with what it inherits.
type route struct {
	receiver      string
	matchers      common.Matchers
	onward        bool     // continue
	groupBy       []string // names of labels, or allLabels alone; none: one group
	groupWait     time.Duration
	groupInterval time.Duration
	routes        []*route
}

type routeYAML struct {
	line          int
	Receiver      string          `yaml:"receiver"`
	Matchers      yaml.Node       `yaml:"matchers"`
	Match         map[string]any  `yaml:"match"`
	MatchRE       map[string]any  `yaml:"match_re"`
	Continue      bool            `yaml:"continue"`
	GroupBy       []string        `yaml:"group_by"`
	GroupWait     *model.Duration `yaml:"group_wait"`
	GroupInterval *model.Duration `yaml:"group_interval"`
	Routes        []routeYAML     `yaml:"routes"`
}

// UnmarshalYAML implements yaml.Unmarshaler.
func (r *routeYAML) UnmarshalYAML(n *yaml.Node) error {
	type plain routeYAML
	err := n.Decode((*plain)(r))
	r.line = n.Line
	return err
}

// Load reads an Alertmanager's configuration file. What is about neither routing
// nor inhibition is left to amtool check-config. The error names every problem with
// its file, its line and what to do.
func Load(path string) (*Config, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var file struct {
		Route     *routeYAML `yaml:"route"`
		Receivers []struct {
			Name string `yaml:"name"`
		} `yaml:"receivers"`
		Inhibit []yaml.Node `yaml:"inhibit_rules"`
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if file.Route == nil {
		return nil, fmt.Errorf("%s:1: route: there is none: add one that names a receiver", path)
	}
	l := loader{path: path}
	for _, r := range file.Receivers {
		l.config.receivers = append(l.config.receivers, r.Name)
	}
	for i := range file.Inhibit {
		l.inhibit(&file.Inhibit[i], fmt.Sprintf("inhibit_rules[%d]", i))
	}
	l.config.root = l.route(*file.Route, route{groupWait: defaultGroupWait, groupInterval: defaultGroupInterval}, "route")
	if err := errors.Join(l.errs...); err != nil {
		return nil, err
	}
	return &l.config, nil
}

// loader makes a configuration of what its file says.
type loader struct {
	path   string
	config Config
	errs   []error
}

func (l *loader) wrong(line int, format string, args ...any) {
	l.errs = append(l.errs, fmt.Errorf("%s:%d: %w", l.path, line, fmt.Errorf(format, args...)))
}

func (l *loader) inhibit(n *yaml.Node, where string) {
	var rule common.InhibitRule
	if err := n.Decode(&rule); err != nil {
		l.wrong(n.Line, "%s: %w: amtool check-config says more", where, err)
	}
	if len(rule.SourceMatch)+len(rule.SourceMatchRE)+len(rule.TargetMatch)+len(rule.TargetMatchRE) > 0 {
		l.wrong(n.Line, "%s: *_match and *_match_re are deprecated: write source_matchers and target_matchers", where)
	}
	l.config.inhibits = append(l.config.inhibits, rule)
}

func (l *loader) route(from routeYAML, parent route, where string) *route {
	r := parent
	r.matchers, r.onward, r.routes = nil, from.Continue, nil
	if from.Receiver != "" {
		r.receiver = from.Receiver
	}
	if from.GroupBy != nil {
		r.groupBy = from.GroupBy
	}
	if from.GroupWait != nil {
		r.groupWait = time.Duration(*from.GroupWait)
	}
	if from.GroupInterval != nil {
		r.groupInterval = time.Duration(*from.GroupInterval)
	}
	if !from.Matchers.IsZero() {
		if err := from.Matchers.Decode(&r.matchers); err != nil {
			l.wrong(from.Matchers.Line, "%s: matchers: %w: amtool check-config says more", where, err)
		}
	}
	if len(from.Match)+len(from.MatchRE) > 0 {
		l.wrong(from.line, "%s: match and match_re are deprecated: write matchers", where)
	}
	if (from.Receiver != "" || parent.receiver == "") && !slices.Contains(l.config.receivers, r.receiver) {
		l.wrong(from.line, "%s: there is no receiver %q: name one of those in receivers: %s", where, r.receiver, strings.Join(l.config.receivers, ", "))
	}
	if slices.Contains(from.GroupBy, allLabels) && len(from.GroupBy) > 1 {
		l.wrong(from.line, "%s: group_by has %q, which means all labels, and others: leave it alone, or out", where, allLabels)
	}
	if from.GroupInterval != nil && *from.GroupInterval <= 0 {
		l.wrong(from.line, "%s: group_interval %s: want more than 0, for example 5m", where, *from.GroupInterval)
	}
	for i, child := range from.Routes {
		r.routes = append(r.routes, l.route(child, r, fmt.Sprintf("%s.routes[%d]", where, i)))
	}
	return &r
}

// Receivers returns the names of the receivers.
func (c *Config) Receivers() []string { return c.receivers }
