package route

import (
	"bytes"
	"fmt"

	"github.com/hopscope/hopscope/gateway/config"
	"github.com/hopscope/hopscope/gateway/h2/header"
)

// Route identifies a route of the configuration that a Table was built from.
type Route struct {
	Index int    // in config.Config.Routes
	Name  string // unique in the configuration
}

// Table finds routes. It is immutable, so every goroutine may use it.
type Table struct {
	entries []entry // in file order
	// Each entry stands in one of these, in file order: under the first segment of
	// its path if every path that it takes has that one, else in open.
	bySegment map[string][]*entry
	open      []*entry
}

// entry is a route's conditions, all literal.
type entry struct {
	Route
	path    string // empty: any
	exact   bool   // path is the whole path, not a prefix
	host    string // in lower case; empty: any
	methods []string
	headers []fieldCond
}

// fieldCond holds if a field has the name and the value, or with an empty value
// if a field has the name.
type fieldCond struct {
	token header.Token
	name  string // in lower case
	value string
}

// Build makes a table of routes that the config package has validated. It fails
// if a path or a host is not literal.
func Build(routes []config.Route) (*Table, error) {
	t := &Table{entries: make([]entry, len(routes)), bySegment: map[string][]*entry{}}
	for i := range routes {
		m, e := &routes[i].Match, &t.entries[i]
		if err := literal(m); err != nil {
			return nil, fmt.Errorf("routes[%d].match.%w", i, err)
		}
		e.Route = Route{Index: i, Name: routes[i].Name}
		e.path, e.exact = m.PathPrefix, false
		if m.Path != "" {
			e.path, e.exact = m.Path, true
		}
		e.host, e.methods = m.Host, m.Methods
		for name, value := range m.Headers {
			e.headers = append(e.headers, fieldCond{header.Lookup([]byte(name)), name, value})
		}
		if segment, whole := firstSegment(e.path); whole || e.exact {
			t.bySegment[segment] = append(t.bySegment[segment], e)
		} else {
			t.open = append(t.open, e)
		}
	}
	if _, err := newRouter(routes); err != nil {
		return nil, err
	}
	return t, nil
}

// Match returns the route of a request, or nil if it has none. The pointer is
// the same for the life of the table.
//
// authority is :authority, or host where that is missing; path is :path, with
// its query, and has passed [CheckPath]; fields are looked at for header
// conditions. Nothing is kept, and nothing is allocated but for a long path with a
// percent sign.
func (t *Table) Match(method, authority, path []byte, fields *header.List) *Route {
	if i := bytes.IndexByte(path, '?'); i >= 0 {
		path = path[:i]
	}
	if bytes.IndexByte(path, '%') >= 0 {
		var short [256]byte
		decoded, ok := unescape(short[:0], path)
		if !ok {
			return nil // CheckPath refuses it
		}
		path = decoded
	}
	host := hostOf(authority)
	segment, _ := firstSegment(path)
	segmented, open := t.bySegment[string(segment)], t.open
	for len(segmented)+len(open) > 0 { // in file order
		from := &segmented
		if len(segmented) == 0 || len(open) > 0 && open[0].Index < segmented[0].Index {
			from = &open
		}
		if e := (*from)[0]; e.match(method, host, path, fields) {
			return &e.Route
		}
		*from = (*from)[1:]
	}
	return nil
}

// firstSegment returns path up to its second slash, and whether it has one.
func firstSegment[T string | []byte](path T) (segment T, whole bool) {
	for i := 1; i < len(path); i++ {
		if path[i] == '/' {
			return path[:i], true
		}
	}
	return path, false
}

func (e *entry) match(method, host, path []byte, fields *header.List) bool {
	if len(path) < len(e.path) || string(path[:len(e.path)]) != e.path || e.exact && len(path) != len(e.path) {
		return false
	}
	if e.host != "" && !equalLower(host, e.host) {
		return false
	}
	if len(e.methods) > 0 && !contains(e.methods, method) {
		return false
	}
	for i := range e.headers {
		if !e.headers[i].match(fields) {
			return false
		}
	}
	return true
}

func (c *fieldCond) match(fields *header.List) bool {
	for i := range fields.Len() {
		if fields.Token(i) != c.token || c.token == header.Unknown && string(fields.Name(i)) != c.name {
			continue
		}
		if c.value == "" || string(fields.Value(i)) == c.value {
			return true
		}
	}
	return false
}

func contains(list []string, p []byte) bool {
	for _, s := range list {
		if string(p) == s {
			return true
		}
	}
	return false
}

// hostOf returns an authority without its port; an IPv6 address keeps its
// brackets.
func hostOf(authority []byte) []byte {
	if len(authority) > 0 && authority[0] == '[' {
		return authority[:bytes.IndexByte(authority, ']')+1]
	}
	if i := bytes.IndexByte(authority, ':'); i >= 0 {
		return authority[:i]
	}
	return authority
}

// equalLower reports whether p is s, which is in lower case, in whatever case of
// ASCII letters.
func equalLower(p []byte, s string) bool {
	if len(p) != len(s) {
		return false
	}
	for i, c := range p {
		if lower(c) != s[i] {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
