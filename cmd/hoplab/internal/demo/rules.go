package demo

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/hopscope/hopscope/alerts"
)

// ruleFiles returns the rule files to load: what --rules matches, or the
// program's own, written to the state directory because the rule manager reads
// files.
func (d *Demo) ruleFiles() ([]string, error) {
	if d.cfg.Rules != "" {
		files, err := filepath.Glob(d.cfg.Rules)
		if err != nil {
			return nil, fmt.Errorf("--rules %q: %w", d.cfg.Rules, err)
		}
		if len(files) == 0 {
			return nil, fmt.Errorf("--rules %q matches no file", d.cfg.Rules)
		}
		return files, nil
	}
	dir := filepath.Join(d.state, "rules")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("rule files: %w", err)
	}
	names, err := fs.Glob(alerts.Rules(), "*.rules.yml")
	if err != nil {
		return nil, fmt.Errorf("rule files: %w", err)
	}
	var files []string
	for _, name := range names {
		text, err := fs.ReadFile(alerts.Rules(), name)
		if err != nil {
			return nil, fmt.Errorf("rule files: %w", err)
		}
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, text, 0o644); err != nil {
			return nil, fmt.Errorf("rule files: %w", err)
		}
		files = append(files, file)
	}
	return files, nil
}
