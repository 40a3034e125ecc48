package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
)

// Folders of the generated files, and their extension.
const (
	recordedDir  = "recorded"
	syntheticDir = "synthetic"
	testExt      = ".test.yml"
)

// Generate returns the promtool test files of every scenario, by their path in the
// lab's folder: recorded/NAME.test.yml and synthetic/NAME.test.yml. The error holds
// every expectation that was not met; the files are returned all the same.
func (l *Lab) Generate(ctx context.Context) (map[string][]byte, error) {
	texts := make([][]byte, len(l.Scenarios))
	failed := Each(ctx, l.Scenarios, func(ctx context.Context, i int, s *Scenario) error {
		r, err := l.Run(ctx, s)
		if err != nil {
			return fmt.Errorf("%s: %w", s.Name, err)
		}
		var errs []error
		for _, v := range s.Judge(ctx, r) {
			if v.Problem != "" {
				errs = append(errs, fmt.Errorf("%s: %s %s", s.Name, v.Alert, v.Problem))
			}
		}
		rules, err := l.rulesFrom(filepath.Join(l.Dir, filepath.Dir(s.testFile())))
		if err != nil {
			return err
		}
		texts[i], err = l.render(s, s.Checks(ctx, r), rules)
		return errors.Join(append(errs, err)...)
	})
	out := map[string][]byte{}
	for i, s := range l.Scenarios {
		if texts[i] != nil {
			out[s.testFile()] = texts[i]
		}
	}
	return out, failed
}

// Write brings the generated files up to date and removes those of scenarios that
// no longer exist.
func (l *Lab) Write(files map[string][]byte) error {
	var errs []error
	for name, text := range files {
		path := filepath.Join(l.Dir, name)
		errs = append(errs, os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, text, 0o644))
	}
	old, err := l.TestFiles()
	for _, name := range old {
		if !slices.ContainsFunc(l.Scenarios, func(s *Scenario) bool { return s.testFile() == name }) {
			errs = append(errs, os.Remove(filepath.Join(l.Dir, name)))
		}
	}
	return errors.Join(append(errs, err)...)
}

// testFile returns the path of the scenario's generated file.
func (s *Scenario) testFile() string {
	if s.Synthetic {
		return path.Join(syntheticDir, s.Name+testExt)
	}
	return path.Join(recordedDir, s.Name+testExt)
}

// TestFiles returns the generated files that are there, by their path in the lab's
// folder.
func (l *Lab) TestFiles() ([]string, error) {
	var names []string
	for _, dir := range []string{recordedDir, syntheticDir} {
		found, err := filepath.Glob(filepath.Join(l.Dir, dir, "*"+testExt))
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			names = append(names, path.Join(dir, filepath.Base(f)))
		}
	}
	return names, nil
}
