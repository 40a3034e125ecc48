package main

import (
	"context"
	"fmt"
	"io"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/demo"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/fault"
)

const faultHelp = `
Usage: hoplab demo fault NAME on|off [flags]

Breaks something in a running demo, or mends it. Faults can be combined.
hoplab demo faults lists their names.
`

const faultsHelp = `
Usage: hoplab demo faults [flags]

Lists the faults that a running demo can take, and which of them are on.
`

func controlFlag(f *flags) *string {
	return f.String("control", "http://"+demo.Default().Control, "`URL` of the demo's fault control")
}

func runFault(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	f := newFlags("demo fault", faultHelp)
	control := controlFlag(f)
	words, code, ok := f.parse(args, 2, 2, stdout, stderr)
	if !ok {
		return code
	}
	name, want := words[0], words[1]
	if want != "on" && want != "off" {
		return f.wrong(stderr, "fault %s %s: want on or off", name, want)
	}
	state, err := fault.NewClient(*control).Set(ctx, name, want == "on")
	if err != nil {
		return f.failed(stderr, err)
	}
	fmt.Fprintf(stdout, "%s is %s: %s\n", state.Name, onOff(state.On), state.About)
	return exitOK
}

func runFaults(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	f := newFlags("demo faults", faultsHelp)
	control := controlFlag(f)
	if _, code, ok := f.parse(args, 0, 0, stdout, stderr); !ok {
		return code
	}
	list, err := fault.NewClient(*control).List(ctx)
	if err != nil {
		return f.failed(stderr, err)
	}
	for _, s := range list {
		fmt.Fprintf(stdout, "%-18s %-3s  %s\n", s.Name, onOff(s.On), s.About)
	}
	return exitOK
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}
