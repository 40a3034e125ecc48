package report

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hopscope/hopscope/rules_test/explain"
	"github.com/hopscope/hopscope/rules_test/replay"
)

// Terminal says how timelines are written.
type Terminal struct {
	Width int // of a line, in characters; below 40 it counts as 40
	Color bool
}

// leastWidth is that of a terminal on which a timeline still says something.
const leastWidth = 40

// Escape sequences of a terminal's colours.
const (
	plain  = "\x1b[0m"
	bold   = "\x1b[1m"
	dim    = "\x1b[2m"
	red    = "\x1b[31m"
	yellow = "\x1b[33m"
	blue   = "\x1b[34m"
)

// blocks are columns of eight heights.
var blocks = []rune("▁▂▃▄▅▆▇█")

// WriteTimelines writes the scenarios' timelines: for each alert that fired, had to
// or was pending its value in blocks, where that crosses the threshold, and its
// state.
func (r *Report) WriteTimelines(w io.Writer, t Terminal) error {
	p := &pen{w: w, Terminal: t}
	p.width = max(t.Width, leastWidth) - margin - 1
	for i, s := range r.Scenarios {
		if i > 0 {
			p.line("")
		}
		p.scenario(s)
	}
	return p.err
}

// margin is the width of what stands left of the time axis.
const margin = 9

type pen struct {
	w io.Writer
	Terminal
	width int // of the time axis
	err   error
}

func (p *pen) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintln(p.w, strings.TrimRight(fmt.Sprintf(format, args...), " "))
	}
}

func (p *pen) color(code, text string) string {
	if !p.Color || text == "" {
		return text
	}
	return code + text + plain
}

func (p *pen) scenario(s *Scenario) {
	p.line("%s", p.color(bold, explain.Cut(s.Title(), p.width+margin)))
	p.line("%s", p.color(dim, explain.Cut(s.About, p.width+margin)))
	if on, off, ok := s.Fault(); ok {
		fault := p.fill(' ', s.End, band{on, off, '╌'})
		p.line("%*s %s", margin-1, "fault", p.color(dim, string(fault)))
	}
	if len(s.Charts) == 0 {
		p.line("%*s no alert was pending or fired", margin-1, "")
	}
	for _, c := range s.Charts {
		p.chart(s, c)
	}
	p.axis(s.End)
}

func (p *pen) chart(s *Scenario, c *Chart) {
	v := verdict(c.Cell)
	text := v.Title
	if c.Cell.Expect == 0 || v.Title == "" {
		text = "nothing is expected"
	}
	code := blue
	if v.Class == "bad" {
		code = red
	}
	head := fmt.Sprintf("%s %s", v.Symbol, c.Cell.Alert)
	room := p.width + margin - utf8.RuneCountInString(head) - 1
	if room < 12 {
		room = 0
	}
	p.line("")
	p.line("%s %s", p.color(code, head), explain.Cut(text, room))
	p.value(s, c)
	for _, l := range c.Lanes {
		p.lane(l, s.End)
		if len(c.Lanes) > 1 {
			p.line("%*s %s", margin-1, "", p.color(dim, explain.Cut(l.Name, p.width)))
		}
	}
	if c.LanesLeft > 0 {
		p.line("%*s … and %d more", margin-1, "", c.LanesLeft)
	}
}

// value draws the most important line, and below it where the comparison holds.
func (p *pen) value(s *Scenario, c *Chart) {
	if len(c.Lines) == 0 {
		p.line("%*s no value at any time", margin-1, "")
		return
	}
	l := c.Lines[0]
	sc := newScale([]Line{l}, c.Limits)
	columns := p.columns(l.Points, s.End, c.Below)
	limits := make([]float64, p.width)
	for i := range limits {
		limits[i] = math.NaN()
	}
	if len(c.Limits) > 0 {
		limits = p.columns(c.Limits[0].Points, s.End, false)
	}
	line, holds := slices.Repeat([]rune{' '}, p.width), slices.Repeat([]rune{' '}, p.width)
	for i, f := range columns {
		if !math.IsNaN(f) {
			line[i] = block(sc, f)
			if crossed(c, f, limits[i]) {
				holds[i] = '▔'
			}
		}
	}
	p.line("%*s %s", margin-1, explain.Cut(explain.Number(round(sc.high)), margin-1), p.color(blue, string(line)))
	if c.Op != "" {
		p.line("%*s %s", margin-1, "holds", p.color(red, string(holds)))
	}
	about := explain.Cut(strings.Join(strings.Fields(c.Left), " "), p.width*2/3)
	if c.Op != "" {
		right := explain.Cut(strings.Join(strings.Fields(c.Right), " "), p.width/4)
		about = fmt.Sprintf("%s %s %s", about, c.Op, right)
		if c.More > 0 {
			about += fmt.Sprintf(" (of %d conditions)", c.More+1)
		}
	}
	p.line("%*s %s", margin-1, "", p.color(dim, explain.Cut(about, p.width)))
}

func crossed(c *Chart, value, limit float64) bool {
	switch {
	case c.Above:
		return value > limit || value == limit && c.Op == ">="
	case c.Below:
		return value < limit || value == limit && c.Op == "<="
	case c.Op == "==":
		return value == limit
	default:
		return c.Op == "!=" && value != limit
	}
}

func block(sc scale, f float64) rune {
	n := int(math.Round((1 - sc.at(f)) * float64(len(blocks)-1)))
	return blocks[n]
}

// columns returns the value of each character of the axis: the last one known, of
// several the greatest, or the least where low ones matter; NaN where there is none.
func (p *pen) columns(points []Point, end time.Duration, least bool) []float64 {
	all := make([]float64, p.width)
	for i := range all {
		all[i] = math.NaN()
	}
	last := -1
	for k, pt := range points {
		i := p.column(pt.At, end)
		if !pt.Gap && last >= 0 {
			for j := last + 1; j < i; j++ {
				all[j] = points[k-1].Value
			}
		}
		if math.IsNaN(all[i]) || least == (pt.Value < all[i]) {
			all[i] = pt.Value
		}
		last = i
	}
	return all
}

func (p *pen) column(at, end time.Duration) int {
	return min(int(fraction(at, end)*float64(p.width-1)+0.5), p.width-1)
}

type band struct {
	from, to time.Duration
	with     rune
}

// fill draws bands, each at least a character wide.
func (p *pen) fill(empty rune, end time.Duration, bands ...band) []rune {
	line := slices.Repeat([]rune{empty}, p.width)
	for _, b := range bands {
		from, to := p.column(b.from, end), p.column(b.to, end)
		if b.to >= end {
			to = p.width
		}
		for i := from; i < max(to, from+1); i++ {
			line[i] = b.with
		}
	}
	return line
}

// lane draws the states of one alert: ░ pending, █ firing, ─ resolved.
func (p *pen) lane(l Lane, end time.Duration) {
	var bands []band
	state := "pending"
	for _, s := range l.Spans {
		to, with := s.To, '░'
		if s.Open {
			to = end
		}
		if s.State == replay.Firing {
			with, state = '█', "firing"
			if !s.Open {
				bands = append(bands, band{to, end, '─'})
			}
		}
		bands = append(bands, band{s.From, to, with})
	}
	var b strings.Builder
	line := p.fill('·', end, bands...)
	for len(line) > 0 {
		n := 1
		for n < len(line) && line[n] == line[0] {
			n++
		}
		code := map[rune]string{'░': yellow, '█': red, '─': blue, '·': dim}[line[0]]
		b.WriteString(p.color(code, string(line[:n])))
		line = line[n:]
	}
	p.line("%*s %s", margin-1, state, b.String())
}

func (p *pen) axis(end time.Duration) {
	line := slices.Repeat([]rune{' '}, p.width)
	free := 0
	for _, t := range ticks(end, max(2, min(8, p.width/9))) {
		text := []rune(brief(t))
		at := min(p.column(t, end), p.width-len(text))
		if at >= free {
			copy(line[at:], text)
			free = at + len(text) + 1
		}
	}
	p.line("")
	p.line("%*s %s", margin-1, "", p.color(dim, strings.TrimRight(string(line), " ")))
}
