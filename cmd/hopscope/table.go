package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/hopscope/hopscope/gateway/event"
)

// sortOrders are the orders of --sort.
func sortOrders() map[string]func(a, b *event.StreamInfo) int {
	since := func(s *event.StreamInfo) int64 {
		if s.Stall == nil {
			return 1<<63 - 1
		}
		return s.Stall.Since.UnixNano()
	}
	return map[string]func(a, b *event.StreamInfo) int{
		"age":      func(a, b *event.StreamInfo) int { return cmp.Compare(b.AgeSeconds, a.AgeSeconds) },
		"read":     func(a, b *event.StreamInfo) int { return cmp.Compare(b.BytesRead, a.BytesRead) },
		"written":  func(a, b *event.StreamInfo) int { return cmp.Compare(b.BytesWritten, a.BytesWritten) },
		"buffered": func(a, b *event.StreamInfo) int { return cmp.Compare(b.Buffered, a.Buffered) },
		"stall":    func(a, b *event.StreamInfo) int { return cmp.Compare(since(a), since(b)) },
		"route":    func(a, b *event.StreamInfo) int { return cmp.Compare(a.Route, b.Route) },
	}
}

func sortNames() []string { return slices.Sorted(maps.Keys(sortOrders())) }

// selectStreams returns the streams of a route, ordered; equal ones by their
// numbers, so that rows do not jump. It is never nil, as JSON tells the two apart.
func selectStreams(streams []event.StreamInfo, route string, order func(a, b *event.StreamInfo) int) []event.StreamInfo {
	selected := make([]event.StreamInfo, 0, len(streams))
	for _, s := range streams {
		if route == "" || s.Route == route {
			selected = append(selected, s)
		}
	}
	slices.SortFunc(selected, func(a, b event.StreamInfo) int {
		return cmp.Or(order(&a, &b), cmp.Compare(a.Connection, b.Connection), cmp.Compare(a.ID, b.ID))
	})
	return selected
}

// table renders streams for reading.
type table struct {
	streams       []event.StreamInfo
	now           time.Time // on the gateway's clock
	width, height int       // of the screen; height 0: every stream
	title, sortBy string
}

// column is a column of the table. Those that grow take what width is left, in
// their order, as far as their content needs it.
type column struct {
	title string
	width int // least
	right bool
	grows bool
	tail  bool // the end is what matters when it is cut
	cell  func(*event.StreamInfo) string
}

func (t *table) columns() []column {
	columns := []column{
		{"STREAM", 8, false, true, true, func(s *event.StreamInfo) string {
			return fmt.Sprintf("%d/%d", s.Connection, s.ID)
		}},
		{"ROUTE", 8, false, true, false, func(s *event.StreamInfo) string { return cmp.Or(s.Route, "-") }},
		{"METHOD", 6, false, true, false, func(s *event.StreamInfo) string { return s.Method }},
		{"ENDPOINT", 14, false, true, true, func(s *event.StreamInfo) string { return cmp.Or(s.Endpoint, s.Upstream, "-") }},
		{"AGE", 5, true, false, false, func(s *event.StreamInfo) string {
			return duration(time.Duration(s.AgeSeconds * float64(time.Second)))
		}},
		{"READ", 5, true, false, false, func(s *event.StreamInfo) string { return size(int64(s.BytesRead)) }},
		{"WROTE", 5, true, false, false, func(s *event.StreamInfo) string { return size(int64(s.BytesWritten)) }},
		{"CWIN", 5, true, false, false, func(s *event.StreamInfo) string { return window(s.Downstream) }},
		{"UWIN", 5, true, false, false, func(s *event.StreamInfo) string { return window(s.Upstreamside) }},
		{"BUFF", 5, true, false, false, func(s *event.StreamInfo) string { return size(s.Buffered) }},
		{"STALL", 10, false, false, false, func(s *event.StreamInfo) string { return t.stall(s.Stall) }},
	}
	if t.width < fullWidth {
		hidden := "BUFF"
		if t.sortBy == "buffered" {
			hidden = "UWIN"
		}
		columns = slices.DeleteFunc(columns, func(c column) bool { return c.title == hidden })
	}
	return columns
}

// fullWidth is the width from which every column has room.
const fullWidth = 96

// render writes a title, a heading and a row for each stream, no line wider than
// the screen.
func (t *table) render(w io.Writer) {
	stalled := 0
	for i := range t.streams {
		if t.streams[i].Stall != nil {
			stalled++
		}
	}
	fmt.Fprintln(w, fit(fmt.Sprintf("%s  %s, %d stalled, by %s", t.title, count(len(t.streams), "stream"), stalled, t.sortBy), t.width, false))

	rows := t.streams
	const around = 4 // title, heading, "more", the cursor's line
	if most := max(t.height-around, 1); t.height > 0 && len(rows) > most {
		rows = rows[:most]
	}
	columns := t.columns()
	cells := make([][]string, len(rows)+1)
	for c := range columns {
		cells[0] = append(cells[0], columns[c].title)
	}
	for i := range rows {
		for c := range columns {
			cells[i+1] = append(cells[i+1], printable(columns[c].cell(&rows[i])))
		}
	}
	grow(columns, cells, t.width)
	for _, row := range cells {
		var line strings.Builder
		for c, text := range row {
			if c > 0 {
				line.WriteByte(' ')
			}
			text = fit(text, columns[c].width, columns[c].tail)
			pad := strings.Repeat(" ", columns[c].width-utf8.RuneCountInString(text))
			if columns[c].right {
				text = pad + text
			} else {
				text += pad
			}
			line.WriteString(text)
		}
		fmt.Fprintln(w, strings.TrimRight(fit(line.String(), t.width, false), " "))
	}
	if more := len(t.streams) - len(rows); more > 0 {
		fmt.Fprintln(w, fit(fmt.Sprintf("… and %d more", more), t.width, false))
	}
}

// grow widens the columns that may, within width.
func grow(columns []column, cells [][]string, width int) {
	left := width - (len(columns) - 1)
	for i := range columns {
		left -= columns[i].width
	}
	for i := range columns {
		if !columns[i].grows {
			continue
		}
		need := 0
		for _, row := range cells {
			need = max(need, utf8.RuneCountInString(row[i])-columns[i].width)
		}
		take := max(min(need, left), 0)
		columns[i].width += take
		left -= take
	}
}

// fit cuts text to width, at its end or, if the tail matters, at its beginning.
func fit(text string, width int, tail bool) string {
	r := []rune(text)
	switch {
	case len(r) <= width:
		return text
	case width < 2:
		return string(r[:max(width, 0)])
	case tail:
		return "…" + string(r[len(r)-width+1:])
	}
	return string(r[:width-1]) + "…"
}

// printable keeps what a peer made the gateway report from steering a terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
}

// stall names who does not take bytes and for how long.
func (t *table) stall(s *event.StallInfo) string {
	if s == nil {
		return ""
	}
	who := s.Side
	switch s.Side {
	case event.Downstream.String():
		who = "down"
	case event.Upstream.String():
		who = "up"
	}
	if s.Scope == event.ScopeConnection.String() {
		who = strings.ToUpper(who)
	}
	return who + " " + duration(max(t.now.Sub(s.Since), 0))
}

// window is how many bytes may be sent now.
func window(w *event.Windows) string {
	if w == nil {
		return "-"
	}
	return size(min(w.Send, w.ConnectionSend))
}

// size writes bytes in at most five characters, in powers of 1024.
func size(n int64) string {
	sign, f := "", float64(n)
	if n < 0 {
		sign, f = "-", -f
	}
	unit := 0
	for f >= 999.5 && unit < 6 {
		f /= 1024
		unit++
	}
	switch {
	case unit == 0:
		return fmt.Sprintf("%s%.0f", sign, f)
	case f < 9.95 && sign == "":
		return fmt.Sprintf("%.1f%c", f, " KMGTPE"[unit])
	}
	return fmt.Sprintf("%s%.0f%c", sign, f, " KMGTPE"[unit])
}

// duration writes a duration in at most five characters, rounded down.
func duration(d time.Duration) string {
	switch s := int64(d / time.Second); {
	case d < time.Second:
		return fmt.Sprintf("%dms", d.Milliseconds())
	case s < 60:
		return fmt.Sprintf("%ds", s)
	case s < 10*60:
		return fmt.Sprintf("%dm%02d", s/60, s%60)
	case s < 100*60:
		return fmt.Sprintf("%dm", s/60)
	case s < 100*3600:
		return fmt.Sprintf("%dh", s/3600)
	default:
		return fmt.Sprintf("%dd", s/86400)
	}
}
