// Gen renders the document about security from what attacks did.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/damage"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/place"
)

func main() {
	results := flag.String("results", "", "`FILE` with the raw results")
	document := flag.String("document", "", "`FILE` that takes the document")
	flag.Parse()
	if err := render(*results, *document); err != nil {
		fmt.Fprintln(os.Stderr, "security:", err)
		os.Exit(1)
	}
}

func render(results, document string) error {
	r, err := place.Read[damage.Results](results)
	if err != nil {
		return err
	}
	text, err := damage.Markdown(r)
	if err != nil {
		return err
	}
	return os.WriteFile(document, []byte(text), 0o644)
}
