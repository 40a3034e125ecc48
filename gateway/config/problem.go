package config

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxProblems bounds what one Error holds; the rest is only counted.
const maxProblems = 100

// Problem is one thing that is wrong with a configuration.
type Problem struct {
	File string
	Line int    // from 1; 0: the file as a whole
	Path string // such as routes[2].upstream; empty: the file as a whole
	Text string // the rule, the value that breaks it, the remedy
}

// String returns the problem as FILE:LINE: PATH: TEXT, on one line.
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d", p.Line)
	}
	b.WriteString(": ")
	if p.Path != "" {
		b.WriteString(p.Path + ": ")
	}
	b.WriteString(p.Text)
	return b.String()
}

// Error is everything that is wrong with a configuration, in the order of the
// file.
type Error struct {
	Problems []Problem // at least one, at most 100
	More     int       // how many further problems were left out
}

// Error returns the problems, one per line.
func (e *Error) Error() string {
	var b strings.Builder
	for i, p := range e.Problems {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(p.String())
	}
	if e.More > 0 {
		fmt.Fprintf(&b, "\n%s: %d more problems", e.Problems[0].File, e.More)
	}
	return b.String()
}

// report collects problems and knows the line of every value that the file has.
type report struct {
	file   string
	lines  map[string]int  // by path
	broken map[string]bool // by path: values that could not be decoded
	list   []Problem
	more   int
}

func newReport(file string) *report {
	return &report{file: file, lines: map[string]int{}, broken: map[string]bool{}}
}

// add records a problem at the line of path, or of the nearest value around it
// if the file does not have path.
func (r *report) add(path, format string, args ...any) {
	r.addLine(r.line(path), path, format, args...)
}

func (r *report) addLine(line int, path, format string, args ...any) {
	if len(r.list) == maxProblems {
		r.more++
		return
	}
	r.list = append(r.list, Problem{File: r.file, Line: line, Path: path, Text: fmt.Sprintf(format, args...)})
}

func (r *report) line(path string) int {
	for path != "" {
		if n, ok := r.lines[path]; ok {
			return n
		}
		path = path[:max(strings.LastIndexAny(path, ".["), 0)]
	}
	return 1
}

func (r *report) has(path string) bool {
	_, ok := r.lines[path]
	return ok
}

// decoded reports whether path and everything around it could be decoded, so
// that what is wrong is not reported a second time as missing.
func (r *report) decoded(path string) bool {
	for len(r.broken) > 0 {
		if r.broken[path] {
			return false
		}
		if path == "" {
			break
		}
		path = path[:max(strings.LastIndexAny(path, ".["), 0)]
	}
	return true
}

// decodedBelow reports whether path and everything below it could be decoded.
func (r *report) decodedBelow(path string) bool {
	for p := range r.broken {
		if rest, ok := strings.CutPrefix(p, path); ok && (rest == "" || rest[0] == '.' || rest[0] == '[') {
			return false
		}
	}
	return true
}

// err returns what was collected, or nil.
func (r *report) err() error {
	if len(r.list) == 0 {
		return nil
	}
	slices.SortStableFunc(r.list, func(a, b Problem) int { return a.Line - b.Line })
	return &Error{Problems: r.list, More: r.more}
}

// quote quotes a value for a message and bounds its length.
func quote(s string) string {
	const limit = 80
	if utf8.RuneCountInString(s) > limit {
		return fmt.Sprintf("%.*q…", limit, s)
	}
	return fmt.Sprintf("%q", s)
}

// oneOf lists values as "a", "b" or "c".
func oneOf(values []string) string {
	var b strings.Builder
	for i, v := range values {
		switch {
		case i == 0:
		case i == len(values)-1:
			b.WriteString(" or ")
		default:
			b.WriteString(", ")
		}
		b.WriteString(quote(v))
	}
	return b.String()
}

// suggest returns a remedy that names the value nearest to got, or "" if none
// is near. It costs nothing for problems that are left out.
func (r *report) suggest(got string, values []string) string {
	const longest = 64 // names are no longer; bounds the work for each
	if len(got) > longest || len(r.list) == maxProblems {
		return ""
	}
	best, bestAt := "", min(2, len(got)/2)+1
	for _, v := range values {
		if len(v) > longest {
			continue
		}
		if d := distance(strings.ToLower(got), strings.ToLower(v)); d < bestAt {
			best, bestAt = v, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %s?", quote(best))
}

// distance counts the single-byte edits from a to b, a swap of neighbours being
// one (optimal string alignment).
func distance(a, b string) int {
	prev2, prev, cur := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], prev2[j-2]+1)
			}
		}
		prev2, prev, cur = prev, cur, prev2
	}
	return prev[len(b)]
}
