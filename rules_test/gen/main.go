package main

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/hopscope/hopscope/rules_test/suite"
)

func main() {
	dir := flag.String("dir", ".", "the folder rules_test")
	rules := flag.String("rules", "../alerts", "the folder of the rule files")
	flag.Parse()
	if err := run(*dir, *rules); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(dir, rules string) error {
	files, failed := suite.Generate(os.DirFS(dir), os.DirFS(rules), rules)
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, text, 0o644)); err != nil {
			return err
		}
	}
	if failed != nil {
		return failed
	}
	return removeOthers(dir, files)
}

// removeOthers deletes the test files of cases that no longer exist.
func removeOthers(dir string, files map[string][]byte) error {
	old, err := fs.Glob(os.DirFS(dir), "*/*.test.yml")
	if err != nil {
		return err
	}
	for _, name := range old {
		if files[name] == nil {
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				return err
			}
		}
	}
	return nil
}
