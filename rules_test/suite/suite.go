package suite

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

	"github.com/hopscope/hopscope/rules_test/lint"
)

// Generate returns the promtool test files of every case, by their path below
// rules_test: recorded/NAME.test.yml and synthetic/NAME.test.yml. fsys is the
// folder rules_test, rules the folder of the rule files, rulesDir its path. The
// error holds every expectation that was not met; the files of cases without one
// are returned all the same.
func Generate(fsys, rules fs.FS, rulesDir string) (map[string][]byte, error) {
	files, err := lint.Load(rules)
	if err != nil {
		return nil, err
	}
	var paths, groups []string
	for _, f := range files {
		paths = append(paths, filepath.Join(rulesDir, f.Name))
		slices.Sort(f.Groups)
		groups = append(groups, f.Groups...)
	}
	var known []string
	for _, a := range lint.Alerts(files) {
		known = append(known, a.Alert)
	}
	cases, err := Load(fsys)
	if err != nil {
		return nil, err
	}
	type result struct {
		checks []Check
		err    error
	}
	results := make([]result, len(cases))
	var running sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i, c := range cases {
		running.Go(func() {
			slots <- struct{}{}
			results[i].checks, results[i].err = Build(c, known, paths...)
			<-slots
		})
	}
	running.Wait()
	out := map[string][]byte{}
	var errs []error
	for i, c := range cases {
		if results[i].err != nil {
			errs = append(errs, results[i].err)
			continue
		}
		text, err := Render(c, results[i].checks, groups, "../../alerts/*.rules.yml")
		if err != nil {
			return nil, err
		}
		folder := "recorded"
		if c.Synthetic {
			folder = "synthetic"
		}
		name := path.Join(folder, c.Name+".test.yml")
		if out[name] != nil {
			errs = append(errs, fmt.Errorf("there are two cases %s", name))
		}
		out[name] = text
	}
	return out, errors.Join(errs...)
}
