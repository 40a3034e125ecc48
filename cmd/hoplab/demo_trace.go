package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
	"strconv"
	"time"

	"golang.org/x/term"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/demo"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/traces"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/waterfall"
)

const traceHelp = `
Usage: hoplab demo trace [ID] [flags]

Draws a trace as a waterfall: a line for each span, indented under its parent,
with a bar for when it ran. Without an id it lists the latest traces of a
service. It reads Jaeger's query API, so --traces may name a real Jaeger too.
`

// defaultWidth is how many columns are drawn where there is no terminal.
const defaultWidth = 120

func runTrace(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	f := newFlags("demo trace", traceHelp)
	base := f.String("traces", "http://"+demo.Default().Traces, "`URL` of the trace store or of Jaeger")
	service := f.String("service", "hopscope", "`name` of the service whose traces are listed")
	limit := f.Int("limit", 15, "`number` of traces to list")
	width := f.Int("width", 0, "`columns` to draw; those of the terminal if 0")
	words, code, ok := f.parse(args, 0, 1, stdout, stderr)
	if !ok {
		return code
	}
	client := traces.NewClient(*base)
	if len(words) == 0 {
		found, err := client.Find(ctx, url.Values{"service": {*service}, "limit": {strconv.Itoa(*limit)}})
		if err != nil {
			return f.failed(stderr, err)
		}
		listTraces(stdout, found)
		return exitOK
	}
	t, err := client.Trace(ctx, words[0])
	if err != nil {
		return f.failed(stderr, err)
	}
	if *width == 0 {
		*width = terminalWidth(stdout)
	}
	if err := waterfall.Render(stdout, t, *width); err != nil {
		return f.failed(stderr, err)
	}
	return exitOK
}

// listTraces prints one line per trace, newest first.
func listTraces(w io.Writer, found []traces.Trace) {
	if len(found) == 0 {
		fmt.Fprintln(w, "no traces yet")
		return
	}
	slices.SortFunc(found, func(a, b traces.Trace) int {
		return cmp.Compare(b.Spans[0].StartTime, a.Spans[0].StartTime)
	})
	for _, t := range found {
		root := t.Spans[0]
		failed := ""
		for _, s := range t.Spans {
			if v, _ := s.Tag("error"); v == true {
				failed = "  ERROR"
			}
		}
		fmt.Fprintf(w, "%-32s  %s  %10s  %2d spans  %s: %q%s\n", t.TraceID,
			time.UnixMicro(root.StartTime).Format(time.TimeOnly), time.Duration(root.Duration)*time.Microsecond,
			len(t.Spans), t.Processes[root.ProcessID].ServiceName, root.OperationName, failed)
	}
}

func terminalWidth(w io.Writer) int {
	if file, ok := w.(*os.File); ok {
		if columns, _, err := term.GetSize(int(file.Fd())); err == nil {
			return columns
		}
	}
	return defaultWidth
}
