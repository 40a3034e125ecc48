package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	out := flag.String("out", ".", "folder to write the dashboards to")
	flag.Parse()
	for _, b := range boards() {
		if err := write(*out, b); err != nil {
			fmt.Fprintln(os.Stderr, "dashboards/gen:", err)
			os.Exit(1)
		}
	}
}

func write(dir string, b board) error {
	text, err := render(b)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, b.uid+".json"), text, 0o644)
}
