// Package alerts holds the alert and recording rules of hopscope and their
// runbook: *.rules.yml for Prometheus, RUNBOOK.md for whoever is woken up.
//
// The rules are proven in rules_test, on series recorded from real faults.
package alerts

import (
	"embed"
	"io/fs"
)

//go:embed *.rules.yml
var files embed.FS

//go:embed RUNBOOK.md
var runbook []byte

// Rules returns the rule files, named as in this folder, for programs that carry
// them along.
func Rules() fs.FS { return files }

// Runbook returns RUNBOOK.md, a section for each alert. It is not to be changed.
func Runbook() []byte { return runbook }
