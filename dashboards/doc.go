// Package dashboards holds the Grafana dashboards of hopscope as JSON that
// Grafana's provisioning loads. They are written by dashboards/gen; change them
// there, then run go generate.
package dashboards

import (
	"embed"
	"io/fs"
)

//go:generate go run ./gen -out .

//go:embed *.json
var files embed.FS

// Files returns the dashboards, named as in this folder, for programs that carry
// them along.
func Files() fs.FS { return files }
