package http1

import (
	"maps"
	"net/http"
	"net/textproto"
	"slices"
	"strconv"
	"strings"

	"github.com/hopscope/hopscope/gateway/h2/header"
)

// addFields appends the fields of h that are not meant for one connection only
// (RFC 9110 §7.6.1), names in lower case and in order. Framing fields stay even
// if Connection lists them.
func addFields(l *header.List, h http.Header) {
	listed := connectionOptions(h)
	for _, key := range slices.Sorted(maps.Keys(h)) {
		name := strings.ToLower(key)
		token := header.Lookup([]byte(name))
		switch {
		case token.IsConnectionSpecific() || token == header.Host:
			continue
		case token == header.TE:
			if hasOption(h[key], "trailers") {
				l.Add("te", "trailers")
			}
			continue
		case listed[name] && token != header.ContentLength:
			continue
		}
		for _, v := range h[key] {
			l.Add(name, v)
		}
	}
}

// addTrailerNames appends the field that announces trailers, which net/http
// keeps apart from the others.
func addTrailerNames(l *header.List, announced http.Header) {
	if len(announced) > 0 {
		l.Add("trailer", strings.ToLower(strings.Join(slices.Sorted(maps.Keys(announced)), ", ")))
	}
}

// trailerList returns a trailer section, or nil if there is none, and the rule
// that it breaks as the error.
func trailerList(h http.Header) (*header.List, error) {
	var l header.List
	for _, key := range slices.Sorted(maps.Keys(h)) {
		for _, v := range h[key] {
			l.Add(strings.ToLower(key), v)
		}
	}
	if l.Len() == 0 {
		return nil, nil
	}
	if v := header.ValidateTrailers(&l); v != 0 {
		return nil, v
	}
	return &l, nil
}

// connectionOptions returns what Connection lists, in lower case.
func connectionOptions(h http.Header) map[string]bool {
	values := h["Connection"]
	if len(values) == 0 {
		return nil
	}
	listed := make(map[string]bool)
	for option := range options(values) {
		listed[strings.ToLower(option)] = true
	}
	return listed
}

func hasOption(values []string, want string) bool {
	for option := range options(values) {
		option, _, _ = strings.Cut(option, ";")
		if strings.EqualFold(strings.TrimSpace(option), want) {
			return true
		}
	}
	return false
}

// options yields the members of a comma-separated list (RFC 9110 §5.6.1).
func options(values []string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for _, v := range values {
			for option := range strings.SplitSeq(v, ",") {
				if option = textproto.TrimString(option); option != "" && !yield(option) {
					return
				}
			}
		}
	}
}

// setField appends field i of l to h, in a form that HTTP/1.1 allows: RFC 9113
// §8.2.1 bans fewer characters than RFC 9110 §5.5, which has them replaced.
func setField(h http.Header, l *header.List, i int) {
	h.Add(string(l.Name(i)), clean(l.Value(i)))
}

func clean(value []byte) string {
	for i, c := range value {
		if control(c) {
			out := []byte(string(value))
			for j := i; j < len(out); j++ {
				if control(out[j]) {
					out[j] = ' '
				}
			}
			return string(out)
		}
	}
	return string(value)
}

func control(c byte) bool { return c < ' ' && c != '\t' || c == 0x7f }

// status returns the status of a response header block, which begins with it.
func status(l *header.List) int {
	n, _ := strconv.Atoi(string(l.Value(0)))
	return n
}
