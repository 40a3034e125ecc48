package waterfall

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/traces"
)

const (
	// minBar keeps bars readable on narrow terminals.
	minBar = 20
	// maxName is how wide the column of names may grow.
	maxName = 56
)

// Render draws t, width columns wide (at least 60). A span whose parent is not
// in the trace is drawn as a root and marked with "?".
func Render(w io.Writer, t traces.Trace, width int) error {
	if len(t.Spans) == 0 {
		_, err := fmt.Fprintf(w, "trace %s has no spans\n", t.TraceID)
		return err
	}
	rows := flatten(t)
	begin, end := bounds(t.Spans)
	var b strings.Builder
	services := map[string]struct{}{}
	for _, s := range t.Spans {
		services[t.Processes[s.ProcessID].ServiceName] = struct{}{}
	}
	fmt.Fprintf(&b, "trace %s  %s  %d spans, %d services, %s\n", t.TraceID,
		time.UnixMicro(begin).UTC().Format("2006-01-02 15:04:05.000 UTC"),
		len(t.Spans), len(services), duration(end-begin))
	name := 0
	for _, r := range rows {
		name = max(name, utf8.RuneCountInString(r.label))
	}
	name = min(name, maxName)
	const durationWidth = 9
	bar := max(max(width, 60)-name-durationWidth-4, minBar)
	for _, r := range rows {
		fmt.Fprintf(&b, "%s %*s |%s|%s\n", fit(r.label, name), durationWidth, duration(r.span.Duration),
			drawBar(r.span, begin, end, bar), notes(r.span))
		for _, l := range r.span.Logs {
			fmt.Fprintf(&b, "%s %*s  %s\n", strings.Repeat(" ", name), durationWidth,
				"+"+duration(l.Timestamp-r.span.StartTime), logLine(l))
		}
	}
	for _, warning := range t.Warnings {
		fmt.Fprintf(&b, "warning: %s\n", warning)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// row is one span on its line.
type row struct {
	span  *traces.Span
	label string
}

// flatten orders spans depth first, siblings by start.
func flatten(t traces.Trace) []row {
	byID := map[string]*traces.Span{}
	for i := range t.Spans {
		byID[t.Spans[i].SpanID] = &t.Spans[i]
	}
	children := map[string][]*traces.Span{}
	for i := range t.Spans {
		s := &t.Spans[i]
		parent := s.Parent()
		if byID[parent] == nil || parent == s.SpanID {
			parent = ""
		}
		children[parent] = append(children[parent], s)
	}
	for _, c := range children {
		slices.SortStableFunc(c, func(a, b *traces.Span) int { return cmp.Compare(a.StartTime, b.StartTime) })
	}
	var rows []row
	seen := map[*traces.Span]bool{}
	var walk func(s *traces.Span, depth int)
	walk = func(s *traces.Span, depth int) {
		if seen[s] {
			return
		}
		seen[s] = true
		rows = append(rows, row{s, label(t, s, depth, byID)})
		for _, c := range children[s.SpanID] {
			walk(c, depth+1)
		}
	}
	for _, root := range children[""] {
		walk(root, 0)
	}
	// Spans that name one another as parents have no root: show them all the same.
	for i := range t.Spans {
		walk(&t.Spans[i], 0)
	}
	return rows
}

func label(t traces.Trace, s *traces.Span, depth int, byID map[string]*traces.Span) string {
	mark := ""
	if p := s.Parent(); p != "" && byID[p] == nil {
		mark = "?"
	}
	kind := ""
	switch v, _ := s.Tag("span.kind"); v {
	case "server":
		kind = "← "
	case "client":
		kind = "→ "
	}
	// Names come from other processes: keep them to their line.
	return strings.Repeat("  ", depth) + mark + kind + clean(t.Processes[s.ProcessID].ServiceName+": "+shortName(s.OperationName))
}

// shortName leaves the package out of a gRPC method's name.
func shortName(operation string) string {
	service, method, ok := strings.Cut(operation, "/")
	if !ok || strings.ContainsAny(service, " ") {
		return operation
	}
	return service[strings.LastIndexByte(service, '.')+1:] + "/" + method
}

// notes is what stands behind the bar: errors and the answer.
func notes(s *traces.Span) string {
	var n []string
	if v, _ := s.Tag("error"); v == true || v == "true" {
		n = append(n, "ERROR")
	}
	for _, key := range []string{"http.status_code", "rpc.grpc.status_code", "grpc.status", "peer.address", "error.message", "end_reason"} {
		if v, ok := s.Tag(key); ok {
			n = append(n, key+"="+clean(fmt.Sprint(v)))
		}
	}
	if len(n) == 0 {
		return ""
	}
	return " " + strings.Join(n, " ")
}

func logLine(l traces.Log) string {
	parts := make([]string, len(l.Fields))
	for i, f := range l.Fields {
		parts[i] = clean(f.Key + "=" + fmt.Sprint(f.Value))
	}
	return strings.Join(parts, " ")
}

func drawBar(s *traces.Span, begin, end int64, width int) string {
	total := max(end-begin, 1)
	from := int(int64(width) * (s.StartTime - begin) / total)
	to := int(int64(width) * (s.StartTime + s.Duration - begin) / total)
	from = min(from, width-1)
	to = min(max(to, from+1), width)
	return strings.Repeat(" ", from) + strings.Repeat("█", to-from) + strings.Repeat(" ", width-to)
}

func bounds(spans []traces.Span) (begin, end int64) {
	begin, end = spans[0].StartTime, spans[0].StartTime
	for _, s := range spans {
		begin = min(begin, s.StartTime)
		end = max(end, s.StartTime+s.Duration)
	}
	return begin, end
}

// duration writes microseconds with three significant digits or so.
func duration(us int64) string {
	d := time.Duration(us) * time.Microsecond
	switch {
	case d >= time.Minute:
		return d.Round(time.Second).String()
	case d >= time.Second:
		return d.Round(10 * time.Millisecond).String()
	case d >= 100*time.Millisecond:
		return d.Round(time.Millisecond).String()
	case d >= time.Millisecond:
		return d.Round(10 * time.Microsecond).String()
	}
	return d.String()
}

// fit pads or cuts s to width columns.
func fit(s string, width int) string {
	n := utf8.RuneCountInString(s)
	if n <= width {
		return s + strings.Repeat(" ", width-n)
	}
	return string([]rune(s)[:width-1]) + "…"
}

// clean replaces what would break the line or drive the terminal.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r == utf8.RuneError {
			return '·'
		}
		return r
	}, s)
}
