package main

import (
	"bytes"
	"os"

	"golang.org/x/sys/unix"
)

// terminal redraws one screen in place.
type terminal struct {
	fd      int
	started bool
}

// newTerminal returns nil if file is no terminal.
func newTerminal(file *os.File) *terminal {
	t := &terminal{fd: int(file.Fd())}
	if _, err := unix.IoctlGetWinsize(t.fd, unix.TIOCGWINSZ); err != nil {
		return nil
	}
	return t
}

// size returns the columns and rows of the window.
func (t *terminal) size() (width, height int) {
	w, err := unix.IoctlGetWinsize(t.fd, unix.TIOCGWINSZ)
	if err != nil || w.Col == 0 || w.Row == 0 {
		return 80, 24
	}
	return int(w.Col), int(w.Row)
}

// frame returns what draws text over the frame before it.
func (t *terminal) frame(text []byte) []byte {
	const (
		home      = "\x1b[H"
		wipe      = "\x1b[2J"
		clearLine = "\x1b[K\n"
		clearDown = "\x1b[J"
	)
	var b bytes.Buffer
	b.WriteString(home)
	if !t.started {
		b.WriteString(wipe)
		t.started = true
	}
	b.Write(bytes.ReplaceAll(text, []byte("\n"), []byte(clearLine)))
	b.WriteString(clearDown)
	return b.Bytes()
}
