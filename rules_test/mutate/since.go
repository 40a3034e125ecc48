package mutate

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hopscope/hopscope/rules_test/replay"
	"github.com/hopscope/hopscope/rules_test/ruleset"
)

// Changed returns the rules of a set that another set does not have, or that read
// such rules, in their order. A rule is the same if its text and its group's
// interval, offset and limit are.
func Changed(old, now *ruleset.Set) []*ruleset.Rule {
	had := map[string]bool{}
	each(old, func(_ *ruleset.Rule, identity string) { had[identity] = true })
	graph := replay.NewGraph(now)
	var touched []*ruleset.Rule
	each(now, func(r *ruleset.Rule, identity string) {
		if !had[identity] {
			touched = append(touched, graph.Readers(r)...)
		}
	})
	var changed []*ruleset.Rule
	for _, r := range now.Rules() {
		if slices.Contains(touched, r) {
			changed = append(changed, r)
		}
	}
	return changed
}

func each(set *ruleset.Set, do func(r *ruleset.Rule, identity string)) {
	for _, g := range set.Groups {
		for _, r := range g.Rules {
			do(r, fmt.Sprintf("%s\x00%s\x00%s\x00%d", r.Text(), g.Interval, g.QueryOffset, g.Limit))
		}
	}
}

// gitTimeout bounds one call of git.
const gitTimeout = time.Minute

// AtRevision reads rule files as they were in a revision of the git repository that
// they are in. Files that it does not have are left out.
func AtRevision(ctx context.Context, revision string, files []string) (*ruleset.Set, error) {
	ctx, cancel := context.WithTimeout(ctx, gitTimeout)
	defer cancel()
	set := &ruleset.Set{}
	for _, f := range files {
		dir, name := filepath.Split(f)
		git := func(args ...string) ([]byte, error) {
			out, err := exec.CommandContext(ctx, "git", append([]string{"-C", filepath.Clean(dir)}, args...)...).Output()
			if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
				return nil, fmt.Errorf("git %s: %s", strings.Join(args, " "), strings.TrimSpace(string(exit.Stderr)))
			}
			return out, err
		}
		there, err := git("ls-tree", "--name-only", "--end-of-options", revision, "--", name)
		if err != nil {
			return nil, fmt.Errorf("%s in revision %s: %w", f, revision, err)
		}
		if len(there) == 0 {
			continue
		}
		text, err := git("cat-file", "blob", revision+":./"+name)
		if err != nil {
			return nil, fmt.Errorf("%s in revision %s: %w", f, revision, err)
		}
		groups, err := ruleset.Parse(revision+":"+f, text)
		if err != nil {
			return nil, err
		}
		set.Groups = append(set.Groups, groups...)
	}
	return set, nil
}
