package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/hopscope/hopscope/rules_test/lab"
)

// progress draws how far a long work is: one line that is drawn over on a terminal,
// otherwise a line every few seconds. Its methods must not be called concurrently.
type progress struct {
	w        io.Writer
	what     string
	terminal bool
	drawn    time.Time
}

// barWidth is the width of a full bar, in characters.
const barWidth = 30

func newProgress(w io.Writer, what string) *progress {
	return &progress{w: w, what: what, terminal: isTerminal(w), drawn: time.Now()}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// step says that done of all are done; the last one was called now.
func (p *progress) step(done, all int, now string) {
	every := 5 * time.Second
	if p.terminal {
		every = 50 * time.Millisecond
	}
	if time.Since(p.drawn) < every && (done < all || !p.terminal) {
		return
	}
	p.drawn = time.Now()
	full := barWidth * done / max(all, 1)
	line := fmt.Sprintf("[%s%s] %d/%d %s %s", strings.Repeat("#", full), strings.Repeat(" ", barWidth-full), done, all, p.what, now)
	switch {
	case !p.terminal:
		fmt.Fprintln(p.w, line)
	case done == all:
		fmt.Fprint(p.w, "\r\x1b[K")
	default:
		fmt.Fprintf(p.w, "\r\x1b[K%s", line)
	}
}

func (p *progress) scenario(done, all int, s *lab.Scenario) { p.step(done, all, s.Title()) }
