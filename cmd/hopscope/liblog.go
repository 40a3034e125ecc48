package main

import (
	"log/slog"
	"strings"
)

// libraryLines takes what libraries write to Go's standard logger. net/http
// quotes there what an origin sent without being asked, so a line is logged up to
// its first quotation mark.
type libraryLines struct{ log *slog.Logger }

// Write implements [io.Writer].
func (l libraryLines) Write(line []byte) (int, error) {
	text, _, cut := strings.Cut(string(line), `"`)
	l.log.Debug("a library says", "text", strings.TrimSpace(text), "cut", cut)
	return len(line), nil
}
