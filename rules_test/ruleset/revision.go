package ruleset

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// gitTimeout bounds one call of git.
const gitTimeout = time.Minute

// AtRevision reads rule files as they were in a revision of the git repository that
// they are in. Files that it does not have are left out.
func AtRevision(ctx context.Context, revision string, files []string) (*Set, error) {
	ctx, cancel := context.WithTimeout(ctx, gitTimeout)
	defer cancel()
	set := &Set{}
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
		groups, err := Parse(revision+":"+f, text)
		if err != nil {
			return nil, err
		}
		set.Groups = append(set.Groups, groups...)
	}
	if len(set.Groups) == 0 {
		return nil, fmt.Errorf("revision %s has none of the rule files %s", revision, strings.Join(files, ", "))
	}
	return set, nil
}
