// Command gen writes METRICS.md. It runs in the folder of package catalog.
package main

import (
	"fmt"
	"os"

	"github.com/hopscope/hopscope/telemetry/catalog"
)

func main() {
	if err := os.WriteFile("../METRICS.md", []byte(catalog.Page()), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, "catalog/gen:", err)
		os.Exit(1)
	}
}
