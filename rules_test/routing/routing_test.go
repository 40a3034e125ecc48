package routing

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/hopscope/hopscope/rules_test/recording"
	"github.com/hopscope/hopscope/rules_test/replay"
	"github.com/hopscope/hopscope/rules_test/ruleset"
)

const config = `
route:
  receiver: rest
  group_wait: 10s
  routes:
    - matchers: ['severity="critical"']
      receiver: audit
      continue: true
    - matchers: ['severity="critical"', 'team=~"a|b"']
      receiver: page
      group_wait: 0s
      routes:
        - matchers: ['team="b"']
          receiver: page-b
receivers: [{name: rest}, {name: audit}, {name: page}, {name: page-b}]
inhibit_rules:
  - source_matchers: ['alertname="Down"']
    target_matchers: ['severity!="critical"']
    equal: [job]
  - source_matchers: ['slo=~".+"']
    target_matchers: ['slo=~".+"']
`

func load(t *testing.T, text string) (*Config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "alertmanager.yml")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return Load(path)
}

func TestRoutesAreMatchedDepthFirst(t *testing.T) {
	c, err := load(t, config)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		labels []string
		want   string
	}{
		{[]string{"severity", "warning"}, "rest"},
		{[]string{"severity", "critical"}, "audit"},
		{[]string{"severity", "critical", "team", "a"}, "audit page"},
		{[]string{"severity", "critical", "team", "b"}, "audit page-b"},
	} {
		var got []string
		for _, r := range c.root.match(labelSet(labels.FromStrings(tc.labels...))) {
			got = append(got, r.receiver)
		}
		if strings.Join(got, " ") != tc.want {
			t.Errorf("%v reaches %v, want %s", tc.labels, got, tc.want)
		}
	}
}

func TestInhibitionNeedsEqualLabelsAndTwoSides(t *testing.T) {
	c, err := load(t, config)
	if err != nil {
		t.Fatal(err)
	}
	down := labels.FromStrings("alertname", "Down", "severity", "critical", "job", "x")
	for _, tc := range []struct {
		source, target labels.Labels
		want           bool
	}{
		{down, labels.FromStrings("alertname", "Slow", "severity", "warning", "job", "x"), true},
		{down, labels.FromStrings("alertname", "Slow", "severity", "warning", "job", "y"), false},
		{down, labels.FromStrings("alertname", "Slow", "severity", "critical", "job", "x"), false},
		{labels.FromStrings("slo", "a"), labels.FromStrings("slo", "b"), false}, // both match both sides
	} {
		if got := c.Inhibits(tc.source, tc.target); got != tc.want {
			t.Errorf("%s inhibits %s: %v, want %v", tc.source, tc.target, got, tc.want)
		}
	}
}

func TestReplayTellsWhatFiresLongEnoughAndIsNotInhibited(t *testing.T) {
	rec := recording.Recording{Meta: recording.Meta{
		Scenario: "s", Start: time.Unix(1_800_000_000, 0), Step: recording.Duration(5 * time.Second), Scrapes: 12,
	}}
	for _, line := range []string{`down{job="x"} 0 0 1x9`, `slow{job="x"} 0x3 1x8`, `slow{job="y"} 0 1x10`, `short{job="x",team="a"} 0 1 0x9`} {
		s, err := recording.Parse(line)
		if err != nil {
			t.Fatal(err)
		}
		rec.Series = append(rec.Series, s)
	}
	groups, err := ruleset.Parse("x.yml", []byte(`
groups:
  - name: g
    rules:
      - {alert: Down, expr: down == 1, labels: {severity: critical}}
      - {alert: Slow, expr: slow == 1, labels: {severity: warning}}
      - {alert: Short, expr: short == 1, labels: {severity: critical}}
`))
	if err != nil {
		t.Fatal(err)
	}
	data, err := replay.NewData(rec)
	if err != nil {
		t.Fatal(err)
	}
	r, err := replay.Run(t.Context(), data, &ruleset.Set{Groups: groups}, replay.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := load(t, config)
	if err != nil {
		t.Fatal(err)
	}
	out := c.Replay(r)
	var got []string
	for _, n := range out.Notifications {
		got = append(got, n.At.String()+" "+n.Receiver+" "+n.Alert+" "+n.Labels.Get("job"))
	}
	// Short fires for 5 s: page has no group_wait, audit inherits 10 s.
	want := []string{"5s page Short x", "15s rest Slow y", "20s audit Down x"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if len(out.Inhibited) != 1 || out.Inhibited[0].Labels.Get("job") != "x" {
		t.Errorf("inhibited: %v", out.Inhibited)
	}
	if got := out.Told("rest"); !slices.Equal(got, []string{"Slow"}) {
		t.Errorf("rest is told of %v", got)
	}
}

func TestBrokenConfigurationsAreNamed(t *testing.T) {
	for text, want := range map[string]string{
		"receivers: []": "route: there is none",
		"route: {receiver: x}\nreceivers: [{name: y}]":                                          `route: there is no receiver "x"`,
		"route: {receiver: x, routes: [{match: {a: b}}]}\nreceivers: [{name: x}]":               "route.routes[0]: match and match_re are deprecated",
		"route: {receiver: x}\nreceivers: [{name: x}]\ninhibit_rules: [{source_match: {a: b}}]": "inhibit_rules[0]: *_match",
		"route: {receiver: x, matchers: ['a=~\"(\"']}\nreceivers: [{name: x}]":                  "alertmanager.yml: ",
	} {
		if _, err := load(t, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
}
