package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/hopscope/hopscope/rules_test/lab"
)

func main() {
	dir := flag.String("dir", ".", "the lab's folder")
	flag.Parse()
	if err := run(*dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(dir string) error {
	l, err := lab.Open(dir)
	if err != nil {
		return err
	}
	files, failed := l.Generate(context.Background())
	return errors.Join(l.Write(files), failed)
}
