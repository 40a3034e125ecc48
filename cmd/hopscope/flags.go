package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
)

// flags is a subcommand's flag set with a help text in front.
type flags struct {
	*flag.FlagSet
	help string
}

func newFlags(name, help string) *flags {
	f := &flags{flag.NewFlagSet(name, flag.ContinueOnError), help}
	f.SetOutput(io.Discard) // parse prints in its own way
	return f
}

// parse reads args, which must all be flags. If it returns false the command is
// over and code is its exit code.
func (f *flags) parse(args []string, stdout, stderr io.Writer) (code int, ok bool) {
	switch err := f.FlagSet.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintf(stdout, "%s\n\nFlags:\n", strings.TrimSpace(f.help))
		f.VisitAll(func(d *flag.Flag) {
			value, usage := flag.UnquoteUsage(d)
			fmt.Fprintf(stdout, "  --%-16s %s", strings.TrimSpace(d.Name+" "+value), usage)
			if d.DefValue != "" && d.DefValue != "false" {
				fmt.Fprintf(stdout, " (default %s)", d.DefValue)
			}
			fmt.Fprintln(stdout)
		})
		return exitOK, false
	case err != nil:
		return f.wrong(stderr, "%v", err), false
	}
	if f.NArg() > 0 {
		return f.wrong(stderr, "unexpected argument %q; every value belongs to a flag", f.Arg(0)), false
	}
	return exitOK, true
}

// wrong says how the command was used wrongly.
func (f *flags) wrong(stderr io.Writer, format string, args ...any) int {
	fmt.Fprintf(stderr, "hopscope %s: %s\nTry hopscope %s --help.\n", f.Name(), fmt.Sprintf(format, args...), f.Name())
	return exitUsage
}
