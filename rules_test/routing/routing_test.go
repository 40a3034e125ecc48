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

// replayed runs rules over twelve scrapes, 5 s apart.
func replayed(t *testing.T, rules string, series ...string) *replay.Result {
	t.Helper()
	rec := recording.Recording{Meta: recording.Meta{
		Scenario: "s", Start: time.Unix(1_800_000_000, 0), Step: recording.Duration(5 * time.Second), Scrapes: 12,
	}}
	for _, line := range series {
		s, err := recording.Parse(line)
		if err != nil {
			t.Fatal(err)
		}
		rec.Series = append(rec.Series, s)
	}
	groups, err := ruleset.Parse("x.yml", []byte("groups:\n  - name: g\n    rules:\n"+rules))
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
	return r
}

// notified is when who was told of which alert, and of which job.
func notified(r *Result) []string {
	var got []string
	for _, n := range r.Notifications {
		got = append(got, n.At.String()+" "+n.Receiver+" "+n.Alert+" "+n.Labels.Get("job"))
	}
	return got
}

func TestReplayTellsWhatFiresLongEnoughAndIsNotInhibited(t *testing.T) {
	r := replayed(t, `
      - {alert: Down, expr: down == 1, labels: {severity: critical}}
      - {alert: Slow, expr: slow == 1, labels: {severity: warning}}
      - {alert: Short, expr: short == 1, labels: {severity: critical}}
`, `down{job="x"} 0 0 1x9`, `slow{job="x"} 0x3 1x8`, `slow{job="y"} 0 1x10`, `short{job="x",team="a"} 0 1 0x9`)
	c, err := load(t, config)
	if err != nil {
		t.Fatal(err)
	}
	out := c.Replay(r)
	// Short fires for 5 s: page has no group_wait, audit inherits 10 s. Down joins
	// the group that Short began.
	want := []string{"5s page Short x", "15s audit Down x", "15s rest Slow y"}
	if got := notified(out); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if len(out.Inhibited) != 1 || out.Inhibited[0].Labels.Get("job") != "x" {
		t.Errorf("inhibited: %v", out.Inhibited)
	}
	if got := out.Told("rest"); !slices.Equal(got, []string{"Slow"}) {
		t.Errorf("rest is told of %v", got)
	}
}

func TestAlertsWaitForTheirGroupsNextFlush(t *testing.T) {
	r := replayed(t, `
      - {alert: A, expr: a == 1}
`, `a{job="x"} 0 1x10`, `a{job="y"} 0x2 1x8`, `a{job="z"} 0x5 1 0x4`, `a{job="v"} 1 0x6 1x3`)
	for _, tc := range []struct {
		name, group string
		want        []string
	}{
		// v begins the group at 0 s and ends before the flush at 5 s, y begins after
		// it, z fires for 5 s between two flushes.
		{"one group", "group_wait: 7s, group_interval: 20s", []string{"7s r A x", "27s r A y", "47s r A v"}},
		{"two alerts in the first flush", "group_wait: 16s, group_interval: 20s", []string{"16s r A x", "16s r A y"}},
		{"a group of each", "group_wait: 7s, group_interval: 20s, group_by: [job]", []string{"12s r A x", "22s r A y", "47s r A v"}},
		{"all labels", "group_wait: 7s, group_interval: 20s, group_by: ['...']", []string{"12s r A x", "22s r A y", "47s r A v"}},
		{"a label that none has", "group_wait: 7s, group_interval: 20s, group_by: [zone]", []string{"7s r A x", "27s r A y", "47s r A v"}},
		{"the defaults", "continue: false", []string{"30s r A x", "30s r A y", "30s r A z"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, err := load(t, "route: {receiver: r, "+tc.group+"}\nreceivers: [{name: r}]")
			if err != nil {
				t.Fatal(err)
			}
			if got := notified(c.Replay(r)); !slices.Equal(got, tc.want) {
				t.Errorf("got %q, want %q", got, tc.want)
			}
			// A child inherits all of it.
			c, err = load(t, "route: {receiver: q, "+tc.group+", routes: [{receiver: r}]}\nreceivers: [{name: q}, {name: r}]")
			if err != nil {
				t.Fatal(err)
			}
			if got := notified(c.Replay(r)); !slices.Equal(got, tc.want) {
				t.Errorf("a child: got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestAGroupOfWhichNothingFiresIsGone(t *testing.T) {
	r := replayed(t, `
      - {alert: A, expr: a == 1}
`, `a{job="x"} 1x1 0x9`, `a{job="y"} 0x5 1x5`)
	c, err := load(t, "route: {receiver: r, group_wait: 3s, group_interval: 20s}\nreceivers: [{name: r}]")
	if err != nil {
		t.Fatal(err)
	}
	// The group of x is gone at 23 s; that of y begins at 30 s.
	if got, want := notified(c.Replay(r)), []string{"3s r A x", "33s r A y"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestBrokenConfigurationsAreNamedWithTheirLine(t *testing.T) {
	for text, want := range map[string]string{
		"receivers: []": "alertmanager.yml:1: route: there is none",
		"receivers: [{name: y}]\nroute: {receiver: x}":                                         `alertmanager.yml:2: route: there is no receiver "x": name one of those in receivers: y`,
		"route:\n  receiver: x\n  routes:\n  - match: {a: b}\nreceivers: [{name: x}]":          "alertmanager.yml:4: route.routes[0]: match and match_re are deprecated",
		"route: {receiver: x}\nreceivers: [{name: x}]\ninhibit_rules:\n- source_match: {a: b}": "alertmanager.yml:4: inhibit_rules[0]: *_match",
		"route: {receiver: x}\nreceivers: [{name: x}]\ninhibit_rules:\n- equal: ['']":          "alertmanager.yml:4: inhibit_rules[0]: ",
		"route:\n  receiver: x\n  matchers: ['a=~\"(\"']\nreceivers: [{name: x}]":              "alertmanager.yml:3: route: matchers: ",
		"route: {receiver: x, group_interval: 0s}\nreceivers: [{name: x}]":                     "alertmanager.yml:1: route: group_interval 0s: want more than 0",
		"route: {receiver: x, group_by: [a, ...]}\nreceivers: [{name: x}]":                     `alertmanager.yml:1: route: group_by has "..."`,
		"receivers: [{name: x}]\nroute: {receiver: x, match: {a: b}, routes: [{receiver: y}]}": "alertmanager.yml:2: route.routes[0]: there is no receiver",
	} {
		if _, err := load(t, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
}
