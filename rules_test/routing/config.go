package routing

import (
	"errors"
	"fmt"
	"os"
	"slices"
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

// groupWait is Alertmanager's default.
const groupWait = 30 * time.Second

// route is a node of the routing tree, with what it inherits.
type route struct {
	receiver  string
	matchers  common.Matchers
	onward    bool // continue
	groupWait time.Duration
	routes    []*route
}

type routeYAML struct {
	Receiver  string          `yaml:"receiver"`
	Matchers  common.Matchers `yaml:"matchers"`
	Match     map[string]any  `yaml:"match"`
	MatchRE   map[string]any  `yaml:"match_re"`
	Continue  bool            `yaml:"continue"`
	GroupWait *model.Duration `yaml:"group_wait"`
	Routes    []routeYAML     `yaml:"routes"`
}

// Load reads an Alertmanager's configuration file. What is about neither routing
// nor inhibition is left to amtool check-config.
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
		Inhibit []common.InhibitRule `yaml:"inhibit_rules"`
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if file.Route == nil {
		return nil, fmt.Errorf("%s: route: there is none", path)
	}
	c := &Config{inhibits: file.Inhibit}
	for _, r := range file.Receivers {
		c.receivers = append(c.receivers, r.Name)
	}
	var errs []error
	for i, r := range c.inhibits {
		if len(r.SourceMatch)+len(r.SourceMatchRE)+len(r.TargetMatch)+len(r.TargetMatchRE) > 0 {
			errs = append(errs, fmt.Errorf("inhibit_rules[%d]: *_match and *_match_re are deprecated: write source_matchers and target_matchers", i))
		}
	}
	var err2 error
	c.root, err2 = c.route(*file.Route, route{groupWait: groupWait}, "route")
	if err := errors.Join(append(errs, err2)...); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

func (c *Config) route(from routeYAML, parent route, where string) (*route, error) {
	r := &route{receiver: parent.receiver, groupWait: parent.groupWait, matchers: from.Matchers, onward: from.Continue}
	if from.Receiver != "" {
		r.receiver = from.Receiver
	}
	if from.GroupWait != nil {
		r.groupWait = time.Duration(*from.GroupWait)
	}
	var errs []error
	if len(from.Match)+len(from.MatchRE) > 0 {
		errs = append(errs, fmt.Errorf("%s: match and match_re are deprecated: write matchers", where))
	}
	if !slices.Contains(c.receivers, r.receiver) {
		errs = append(errs, fmt.Errorf("%s: there is no receiver %q", where, r.receiver))
	}
	for i, child := range from.Routes {
		node, err := c.route(child, *r, fmt.Sprintf("%s.routes[%d]", where, i))
		r.routes, errs = append(r.routes, node), append(errs, err)
	}
	return r, errors.Join(errs...)
}

// Receivers returns the names of the receivers.
func (c *Config) Receivers() []string { return c.receivers }
