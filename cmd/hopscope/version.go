package main

import (
	"cmp"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
)

// Set by the linker: -X main.version=… -X main.commit=…
var version, commit string

// build is what this program was built from.
type build struct {
	Version, Commit, Go string
}

// buildInfo returns what the linker was told, else what the Go command recorded,
// else "unknown".
func buildInfo() build {
	b := build{Version: version, Commit: commit, Go: runtime.Version()}
	if info, ok := debug.ReadBuildInfo(); ok {
		b.Version = cmp.Or(b.Version, info.Main.Version)
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				b.Commit = cmp.Or(b.Commit, s.Value)
			}
		}
	}
	b.Version, b.Commit = cmp.Or(b.Version, "unknown"), cmp.Or(b.Commit, "unknown")
	return b
}

func runVersion(args []string, stdout, stderr io.Writer) int {
	f := newFlags("version", `
Usage: hopscope version

Prints what the program was built from: version, commit and Go version.
`)
	if code, ok := f.parse(args, stdout, stderr); !ok {
		return code
	}
	b := buildInfo()
	fmt.Fprintf(stdout, "hopscope %s\ncommit %s\n%s %s/%s\n", b.Version, b.Commit, b.Go, runtime.GOOS, runtime.GOARCH)
	return exitOK
}
