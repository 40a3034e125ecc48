package mutate_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hopscope/hopscope/rules_test/lab"
	"github.com/hopscope/hopscope/rules_test/mutate"
	"github.com/hopscope/hopscope/rules_test/ruleset"
)

func parse(t *testing.T, rules string) *ruleset.Set {
	t.Helper()
	groups, err := ruleset.Parse("x.yml", []byte("groups:\n- name: g\n  rules:\n"+rules))
	if err != nil {
		t.Fatal(err)
	}
	return &ruleset.Set{Groups: groups}
}

// mutants returns the mutants of the last rule: kind, what is changed.
func mutants(t *testing.T, rules string) []string {
	t.Helper()
	set := parse(t, rules)
	all := set.Rules()
	var got []string
	for _, m := range mutate.Mutants(set, all[len(all)-1]) {
		got = append(got, string(m.Kind)+": "+m.What)
	}
	return got
}

func TestEveryKindOfMutantIsMadeOnce(t *testing.T) {
	for _, tc := range []struct {
		rules string
		want  []string
	}{
		{"  - {alert: A, expr: x > 4}\n", []string{
			"boundary: `> 4` becomes `>= 4`", "comparison: `> 4` becomes `< 4`", "comparison: `> 4` becomes `<= 4`",
			"comparison: `> 4` becomes `== 4`", "comparison: `> 4` becomes `!= 4`",
			"threshold: 4 becomes 8", "threshold: 4 becomes 2", "threshold: 4 becomes 4.4", "threshold: 4 becomes 3.63636",
		}},
		{"  - {record: 'r:', expr: '2 * 3 * x - y'}\n", []string{
			"arithmetic: `- y` becomes `+ y`", "arithmetic: `* x` becomes `/ x`",
			"threshold: 6 becomes 12", "threshold: 6 becomes 3", "threshold: 6 becomes 6.6", "threshold: 6 becomes 5.45455",
		}},
		{"  - {record: 'r:', expr: 'x and y'}\n", []string{
			"logic: `and y` becomes `or y`", "logic: `and y` becomes `unless y`",
			"logic: left side of `and y` dropped", "logic: right side of `and y` dropped",
		}},
		{"  - {record: 'r:', expr: 'x{a=\"1\", b=~\"2|3\"}'}\n", []string{
			`matcher: x{a="1"} dropped`, `matcher: x{a="1"} negated`, `matcher: x{b=~"2|3"} dropped`, `matcher: x{b=~"2|3"} negated`,
			`matcher: x{b=~"2|3"} without "2"`, `matcher: x{b=~"2|3"} without "3"`,
		}},
		{"  - {record: 'r:', expr: 'sum by (a, b) (rate(x[4m]))'}\n", []string{
			"aggregation: sum of rate(x[4m]) becomes max", "aggregation: sum of rate(x[4m]) becomes avg",
			"grouping: sum by (a, b) of rate(x[4m]): a dropped", "grouping: sum by (a, b) of rate(x[4m]): b dropped",
			"function: rate(x[4m]) becomes increase", "range: x[4m] becomes [16m]", "range: x[4m] becomes [2m]",
		}},
		{"  - {alert: A, expr: x, for: 1m, keep_firing_for: 2m, labels: {severity: warning, team: t}}\n", []string{
			"for: for: 1m becomes 0s", "for: for: 1m becomes 30s", "for: for: 1m becomes 2m",
			"keep_firing_for: keep_firing_for: 2m becomes 0s", "keep_firing_for: keep_firing_for: 2m becomes 4m",
			"label: label severity: warning dropped", "label: label severity: warning becomes critical", "label: label team: t dropped",
		}},
		// > and != say the same of what is never below 0, through a recording rule, too.
		{"  - {record: 'r:', expr: 'sum(rate(x[5m]))'}\n  - {alert: A, expr: 'r: > 0'}\n", []string{
			"boundary: `> 0` becomes `>= 0`", "comparison: `> 0` becomes `< 0`", "comparison: `> 0` becomes `<= 0`", "comparison: `> 0` becomes `== 0`",
		}},
	} {
		if got := mutants(t, tc.rules); !slices.Equal(got, tc.want) {
			t.Errorf("%s got\n  %s\nwant\n  %s", tc.rules, strings.Join(got, "\n  "), strings.Join(tc.want, "\n  "))
		}
	}
}

// An operator in the place of another must not change what belongs together.
func TestMutantsKeepTheirShape(t *testing.T) {
	set := parse(t, "  - {alert: A, expr: 'a and b and c'}\n")
	var got []string
	for _, m := range mutate.Mutants(set, set.Rules()[0]) {
		if strings.Contains(m.What, "becomes `or") {
			got = append(got, m.Changed.Expr.String())
		}
	}
	if want := []string{"((a and b) or c)", "(a or b) and c"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Matchers are sorted when an expression is printed.
func TestTheMatcherThatIsNamedIsTheOneThatIsDropped(t *testing.T) {
	set := parse(t, "  - {alert: A, expr: 'x{b=\"1\", a=\"2\"}'}\n")
	for _, m := range mutate.Mutants(set, set.Rules()[0]) {
		want := map[string]string{
			`x{b="1"} dropped`: `x{a="2"}`, `x{a="2"} dropped`: `x{b="1"}`, `x{b="1"} negated`: `x{a="2",b!="1"}`, `x{a="2"} negated`: `x{a!="2",b="1"}`,
		}[m.What]
		if got := m.Changed.Expr.String(); got != want {
			t.Errorf("%s: %s, want %s", m.What, got, want)
		}
	}
}

func TestMutantsNameTheirLine(t *testing.T) {
	set := parse(t, "  - alert: A\n    expr: |\n      sum(x)\n        > 1\n        and y < 2\n    for: 1m\n")
	lines := map[string]int{}
	for _, m := range mutate.Mutants(set, set.Rules()[0]) {
		lines[m.What] = m.Line
	}
	for what, want := range map[string]int{
		"sum of x becomes max": 6, "`> 1` becomes `>= 1`": 7, "`< 2` becomes `<= 2`": 8, "1 becomes 2": 7, "for: 1m becomes 0s": 4,
	} {
		if lines[what] != want {
			t.Errorf("%s: line %d, want %d", what, lines[what], want)
		}
	}
}

const synthetic = `
- name: above
  about: three, then nothing
  step: 5s
  series: ['x{a="1"} 1.5 3x3 0x5', 'x{a="2"} 9x9', 'other 1x9']
  fires: [{alert: High, at: 20s}]
  silent: [{alert: High, at: 5s}, {alert: High, at: 10s}, {alert: High, at: 25s}]
- name: elsewhere
  about: nothing that High reads
  step: 5s
  series: ['other 1x9']
  silent: [{alert: High, at: 20s}]
`

const long = `
- name: exact
  about: exactly 2, for hours
  step: 1h
  series: ['x{a="1"} 2x5']
  silent: [{alert: High, at: 4h}]
`

const high = `
      - alert: High
        expr: x{a="1"} > 2
        for: 10s
        labels: {severity: warning}
`

func open(t *testing.T, rules, series string) *lab.Lab {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"x.rules.yml": "groups:\n  - name: g\n    rules:" + rules, "matrix.yml": "rules: ['*.rules.yml']", "synthetic.yml": series,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	l, err := lab.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func run(t *testing.T, l *lab.Lab, opts mutate.Options) *mutate.Report {
	t.Helper()
	r, err := mutate.Run(t.Context(), l, opts)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func survivors(r *mutate.Report, state mutate.State) []string {
	var all []string
	for _, o := range r.Outcomes {
		if o.State == state {
			all = append(all, o.What)
		}
	}
	return all
}

func TestScoreAndSurvivorsAreKnown(t *testing.T) {
	r := run(t, open(t, high, synthetic), mutate.Options{})
	want := []string{"`> 2` becomes `>= 2`", "2 becomes 2.2", "2 becomes 1.81818"}
	if got := survivors(r, mutate.Survived); !slices.Equal(got, want) {
		t.Errorf("survivors %q, want %q", got, want)
	}
	// 5 operators, 4 thresholds, 2 matchers, 3 of for, 2 of severity.
	if n := len(r.Outcomes); n != 16 {
		t.Errorf("%d mutants, want 16", n)
	}
	if got := r.Score(); got != 100*13.0/16 {
		t.Errorf("score %v, want 13 of 16", got)
	}
	for _, o := range r.Outcomes {
		if o.By == "synthetic: elsewhere" || o.Runs != 1 {
			t.Errorf("%s: killed by %q after %d scenarios: only one has series that High reads", o, o.By, o.Runs)
		}
		if o.Kind == mutate.For && o.What == "for: 10s becomes 0s" && o.How != "High after 5s" && o.How != "High after 10s" {
			t.Errorf("%s: killed by %q", o, o.How)
		}
	}
	var text strings.Builder
	if err := r.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text.String(), "x.rules.yml:5: High: threshold: 2 becomes 2.2: survives 1 scenarios") || !strings.Contains(text.String(), "81.2 % killed") {
		t.Error(text.String())
	}
}

func TestCommentsExcuseSurvivorsAndNothingElse(t *testing.T) {
	with := func(comments string) string { return strings.Replace(high, "        for:", comments+"        for:", 1) }
	r := run(t, open(t, with("        # equivalent: boundary it counts whole things\n        # equivalent: threshold[1.81818] as above\n"), synthetic), mutate.Options{})
	if got := survivors(r, mutate.Survived); !slices.Equal(got, []string{"2 becomes 2.2"}) || r.Count(mutate.Equivalent, "") != 2 || len(r.Stale) > 0 {
		t.Errorf("survivors %q, %d equivalent, stale %q", got, r.Count(mutate.Equivalent, ""), r.Stale)
	}
	if got := r.Score(); got != 100*13.0/14 {
		t.Errorf("score %v, want 13 of 14", got)
	}
	r = run(t, open(t, with("        # equivalent: label[severity] nobody reads it\n"), synthetic), mutate.Options{})
	if len(r.Stale) != 1 || !strings.Contains(r.Stale[0], "x.rules.yml:4: High: # equivalent: label[severity]: no such mutant survives") {
		t.Errorf("stale: %q", r.Stale)
	}
	for comment, want := range map[string]string{
		"equivalent: boundary":              "x.rules.yml:4: High: # equivalent: boundary: say why",
		"equivalent: boundary[> 2] ":        "want a reason behind ]",
		"equivalent: operators never equal": `there is no kind "operators"`,
	} {
		if _, err := mutate.Run(t.Context(), open(t, with("        # "+comment+"\n"), synthetic), mutate.Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", comment, err, want)
		}
	}
}

// What long scenarios may kill counts neither way while they are left out.
func TestLongScenariosAreATargetOfTheirOwn(t *testing.T) {
	l := open(t, high, synthetic+long)
	short := run(t, l, mutate.Options{})
	if got := survivors(short, mutate.Undecided); len(got) != 3 || short.Score() != 100 {
		t.Errorf("undecided %q, score %v", got, short.Score())
	}
	all := run(t, l, mutate.Options{Long: true})
	if got := survivors(all, mutate.Survived); !slices.Equal(got, []string{"2 becomes 2.2"}) {
		t.Errorf("survivors %q", got)
	}
}

func TestOnlyWhatAChangeTouchesIsMutated(t *testing.T) {
	l := open(t, "\n      - {record: 'r:', expr: x}\n      - {alert: Reads, expr: 'r: > 1'}"+high, synthetic)
	repo := filepath.Dir(l.RuleFiles[0])
	git := func(args ...string) {
		t.Helper()
		out, err := exec.Command("git", append([]string{"-C", repo, "-c", "user.name=t", "-c", "user.email=t@example.org"}, args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	git("init", "-q")
	git("add", ".")
	git("commit", "-qm", "before")
	text, err := os.ReadFile(l.RuleFiles[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(l.RuleFiles[0], []byte(strings.Replace(string(text), "expr: x}", "expr: 2 * x}", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	if l, err = lab.Open(repo); err != nil {
		t.Fatal(err)
	}
	old, err := ruleset.AtRevision(t.Context(), "HEAD", l.RuleFiles)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, r := range mutate.Changed(old, l.Set) {
		names = append(names, r.Name())
	}
	if !slices.Equal(names, []string{"r:", "Reads"}) {
		t.Errorf("changed: %v", names)
	}
	if _, err := ruleset.AtRevision(t.Context(), "nowhere", l.RuleFiles); err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("error %v does not name the revision", err)
	}
}
