// Gen renders the document and the picture of the benchmarks from their results.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/place"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/report"
)

func main() {
	results := flag.String("results", "", "`FILE` with the raw results")
	picture := flag.String("picture", "", "`FILE` that takes the picture")
	document := flag.String("document", "", "`FILE` that takes the document")
	flag.Parse()
	if err := render(*results, *picture, *document); err != nil {
		fmt.Fprintln(os.Stderr, "benchmarks:", err)
		os.Exit(1)
	}
}

func render(results, picture, document string) error {
	r, err := place.Read[report.Results](results)
	if err != nil {
		return err
	}
	link, err := relative(document, picture)
	if err != nil {
		return err
	}
	text, err := report.Markdown(r, link)
	if err != nil {
		return err
	}
	if err := os.WriteFile(picture, []byte(report.SVG(r)), 0o644); err != nil {
		return err
	}
	return os.WriteFile(document, []byte(text), 0o644)
}

// relative returns the path of a file as the document links to it.
func relative(document, file string) (string, error) {
	from, err := filepath.Abs(filepath.Dir(document))
	if err != nil {
		return "", err
	}
	to, err := filepath.Abs(file)
	if err != nil {
		return "", err
	}
	link, err := filepath.Rel(from, to)
	return filepath.ToSlash(link), err
}
