package main

import (
	"cmp"
	"runtime/debug"
)

// Set by the linker: -X main.version=…
var version string

// buildVersion returns what the linker was told, else what the Go command recorded.
func buildVersion() string {
	recorded := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		recorded = info.Main.Version
	}
	return cmp.Or(version, recorded, "unknown")
}
