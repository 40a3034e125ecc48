package ruleset

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// gitTimeout bounds one call of git.
const gitTimeout = time.Minute

// AtRevision reads the rule files that globs match in a revision of the git
// repository that they are in, whether or not the files are still there.
func AtRevision(ctx context.Context, revision string, patterns []string) (*Set, error) {
	ctx, cancel := context.WithTimeout(ctx, gitTimeout)
	defer cancel()
	files := map[string][]byte{} // by their path
	for _, p := range patterns {
		if err := readRevision(ctx, revision, p, files); err != nil {
			return nil, fmt.Errorf("%s in revision %s: %w", p, revision, err)
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("revision %s has none of the rule files %s", revision, strings.Join(patterns, ", "))
	}
	set := &Set{}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		groups, err := Parse(revision+":"+name, files[name])
		if err != nil {
			return nil, err
		}
		set.Groups = append(set.Groups, groups...)
	}
	return set, nil
}

// readRevision adds the files that one glob matches.
func readRevision(ctx context.Context, revision, pattern string, files map[string][]byte) error {
	dir, rest := splitGlob(pattern)
	there, err := git(ctx, dir, "ls-tree", "-r", "-z", "--name-only", "--end-of-options", revision)
	if err != nil {
		return err
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(there), "\x00"), "\x00") {
		if matches, err := path.Match(rest, name); err != nil {
			return err
		} else if !matches {
			continue
		}
		text, err := git(ctx, dir, "cat-file", "blob", revision+":./"+name)
		if err != nil {
			return err
		}
		files[filepath.Join(dir, name)] = text
	}
	return nil
}

// splitGlob splits a pattern behind the deepest folder that it names plainly and
// that is still there.
func splitGlob(pattern string) (dir, rest string) {
	dir, rest = filepath.Split(filepath.Clean(pattern))
	dir = filepath.Clean(dir)
	for dir != filepath.Dir(dir) && (strings.ContainsAny(dir, `*?[\`) || !isFolder(dir)) {
		rest = path.Join(filepath.Base(dir), rest)
		dir = filepath.Dir(dir)
	}
	return dir, rest
}

func isFolder(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

// git runs git in a folder and returns what it printed.
func git(ctx context.Context, dir string, args ...string) ([]byte, error) {
	out, err := exec.CommandContext(ctx, "git", append([]string{"-C", dir}, args...)...).Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return nil, fmt.Errorf("git %s: %s", strings.Join(args, " "), strings.TrimSpace(string(exit.Stderr)))
	}
	return out, err
}
