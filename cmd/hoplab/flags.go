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

// newFlags returns the flags of the command with this name, such as "demo fault".
func newFlags(name, help string) *flags {
	f := &flags{flag.NewFlagSet(name, flag.ContinueOnError), help}
	f.SetOutput(io.Discard) // parse prints in its own way
	return f
}

// parse reads args: flags, and between min and max other words anywhere among
// them. If ok is false the command is over and code is its exit code.
func (f *flags) parse(args []string, minWords, maxWords int, stdout, stderr io.Writer) (words []string, code int, ok bool) {
	for {
		switch err := f.FlagSet.Parse(args); {
		case errors.Is(err, flag.ErrHelp):
			f.printHelp(stdout)
			return nil, exitOK, false
		case err != nil:
			return nil, f.wrong(stderr, "%v", err), false
		}
		if f.NArg() == 0 {
			break
		}
		words, args = append(words, f.Arg(0)), f.Args()[1:]
	}
	if len(words) < minWords {
		return nil, f.wrong(stderr, "too few arguments"), false
	}
	if len(words) > maxWords {
		return nil, f.wrong(stderr, "unexpected argument %q", words[maxWords]), false
	}
	return words, exitOK, true
}

func (f *flags) printHelp(w io.Writer) {
	fmt.Fprintf(w, "%s\n", strings.TrimSpace(f.help))
	head := "\nFlags:\n"
	f.VisitAll(func(g *flag.Flag) {
		kind, text := flag.UnquoteUsage(g)
		fmt.Fprintf(w, "%s  --%s %s\n        %s", head, g.Name, kind, text)
		if g.DefValue != "" {
			fmt.Fprintf(w, " (default %s)", g.DefValue)
		}
		fmt.Fprintln(w)
		head = ""
	})
}

// wrong says what is wrong with the command line and returns the exit code.
func (f *flags) wrong(stderr io.Writer, format string, args ...any) int {
	use, _, _ := strings.Cut(strings.TrimSpace(f.help), "\n")
	fmt.Fprintf(stderr, "hoplab %s: %s\n%s\n", f.Name(), fmt.Sprintf(format, args...), use)
	return exitUsage
}

// failed tells an error and returns the exit code.
func (f *flags) failed(stderr io.Writer, err error) int {
	fmt.Fprintf(stderr, "hoplab %s: %s\n", f.Name(), strings.ReplaceAll(err.Error(), "\n", "\n  "))
	return exitFailure
}

// words is a flag that may be given again.
type words []string

// String implements flag.Value.
func (w *words) String() string { return strings.Join(*w, ", ") }

// Set implements flag.Value.
func (w *words) Set(s string) error {
	*w = append(*w, s)
	return nil
}

// globs returns the patterns of rule files, ours if none were given.
func (w *words) globs() []string {
	if len(*w) == 0 {
		return []string{defaultRules}
	}
	return strings.Split(strings.Join(*w, ","), ",")
}
