package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/hopscope/hopscope/rules_test/ruleset"
)

const diffHelp = `
Usage: hoplab rules diff OLD [NEW] [flags]

Says which verdicts change between two revisions of the rules: alerts that fire
where they did not, or no longer, sooner or later, or tell something else. OLD and
NEW are folders, files or globs of rule files, or revisions of git, such as main or
HEAD~3, which are looked up for the rule files that the lab's globs match in them. Without
NEW the rule files as they are.

Exit code 1 if a change breaks what matrix.yml or synthetic.yml expect.

  hoplab rules diff main
  hoplab rules diff /tmp/old-alerts 'alerts/*.rules.yml'
`

// runRulesDiff compares two revisions of rules on every scenario.
func runRulesDiff(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	f := newLabFlags("rules diff", diffHelp)
	words, code, ok := f.parse(args, 1, 2, stdout, stderr)
	if !ok {
		return code
	}
	l, chosen, err := f.open(nil)
	if err != nil {
		return f.failed(stderr, err)
	}
	sets := []*ruleset.Set{nil, l.Set}
	for i, w := range words {
		if sets[i], err = revision(ctx, w, l.Patterns()); err != nil {
			return f.failed(stderr, err)
		}
	}
	changes, err := l.Diff(ctx, sets[0], sets[1], chosen)
	if err != nil {
		return f.failed(stderr, err)
	}
	broken, last := 0, ""
	for _, c := range changes {
		if title := c.Scenario.Title(); title != last {
			fmt.Fprintln(stdout, title)
			last = title
		}
		fmt.Fprintf(stdout, "  %s: %s\n", c.Alert, c.What)
		if c.Breaks != "" {
			broken++
			fmt.Fprintf(stdout, "    breaks: %s %s\n", c.Alert, c.Breaks)
		}
	}
	fmt.Fprintf(stdout, "%d verdicts change in %d scenarios, %d break an expectation\n", len(changes), len(chosen), broken)
	if broken > 0 {
		return exitFailure
	}
	return exitOK
}

// revision loads the rules that a word of the command line names; a revision of git
// is looked up for the files that patterns match in it.
func revision(ctx context.Context, word string, patterns []string) (*ruleset.Set, error) {
	pattern := word
	if info, err := os.Stat(word); err == nil && info.IsDir() {
		pattern = filepath.Join(word, "*.rules.yml")
	}
	found, err := ruleset.Glob(pattern)
	if err == nil {
		return ruleset.Load(found...)
	}
	if !strings.ContainsAny(word, "*?[") {
		set, gitErr := ruleset.AtRevision(ctx, word, patterns)
		if gitErr == nil {
			return set, nil
		}
		err = errors.Join(err, gitErr)
	}
	return nil, fmt.Errorf("%s is neither a file, a folder with *.rules.yml or a glob, nor a revision of git here: %w", word, err)
}
