package lint

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/prometheus/prometheus/model/rulefmt"

	"github.com/hopscope/hopscope/rules_test/ruleset"
)

// File is a rule file.
type File struct {
	Name   string
	Groups []string // in the file's order
	Rules  []rulefmt.Rule
	text   []byte
}

// Load reads the rule files of fsys as strictly as promtool check rules. The error
// names every problem with its file and line.
func Load(fsys fs.FS) ([]File, error) {
	names, err := fs.Glob(fsys, "*.rules.yml")
	if err != nil {
		return nil, err
	}
	return read(names, func(name string) ([]byte, error) { return fs.ReadFile(fsys, name) })
}

// Open reads the rule files that any of the patterns matches, as strictly; each
// pattern has to match one.
func Open(patterns ...string) ([]File, error) {
	var names []string
	for _, p := range patterns {
		found, err := filepath.Glob(p)
		if err == nil && len(found) == 0 {
			err = fmt.Errorf("no rule files match %s: run it in the project's folder, or name them with --rules", p)
		}
		if err != nil {
			return nil, err
		}
		names = append(names, found...)
	}
	slices.Sort(names)
	return read(slices.Compact(names), os.ReadFile)
}

func read(names []string, content func(name string) ([]byte, error)) ([]File, error) {
	var files []File
	var errs []error
	for _, name := range names {
		text, err := content(name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		groups, err := ruleset.Groups(name, text)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		f := File{Name: name, text: text}
		for _, g := range groups.Groups {
			f.Groups = append(f.Groups, g.Name)
			f.Rules = append(f.Rules, g.Rules...)
		}
		files = append(files, f)
	}
	return files, errors.Join(errs...)
}

// Alerts returns the alerting rules of the files.
func Alerts(files []File) []rulefmt.Rule {
	var alerts []rulefmt.Rule
	for _, f := range files {
		for _, r := range f.Rules {
			if r.Alert != "" {
				alerts = append(alerts, r)
			}
		}
	}
	return alerts
}

// bound formats a bucket's bound as Prometheus stores it.
func bound(f float64) string {
	s := strconv.FormatFloat(f, 'g', -1, 64)
	for _, c := range s {
		if c < '0' || c > '9' {
			return s
		}
	}
	return s + ".0"
}
