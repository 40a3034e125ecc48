package route

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/gorilla/mux"

	"github.com/hopscope/hopscope/gateway/config"
	"github.com/hopscope/hopscope/gateway/h2/header"
)

// literal checks that mux takes the conditions of m as they are written. Where
// it sees braces it would see a pattern.
func literal(m *config.Match) error {
	for _, c := range []struct{ key, value string }{
		{"path", m.Path}, {"path_prefix", m.PathPrefix}, {"host", m.Host},
	} {
		if strings.ContainsAny(c.value, "{}") {
			return fmt.Errorf("%s: must not contain { or }, got %q: patterns are not supported", c.key, c.value)
		}
	}
	return nil
}

// buildRouter makes the mux router of the routes.
func (t *Table) buildRouter(routes []config.Route) error {
	t.router = mux.NewRouter()
	t.routes = make(map[*mux.Route]*Route, len(routes))
	seen := map[string]bool{}
	for i := range routes {
		m, r := &routes[i].Match, t.router.NewRoute()
		if m.Host != "" {
			r.Host(m.Host)
		}
		if m.Path != "" {
			r.Path(m.Path)
		} else if m.PathPrefix != "" {
			r.PathPrefix(m.PathPrefix)
		}
		if len(m.Methods) > 0 {
			r.Methods(m.Methods...)
		}
		for name, value := range m.Headers {
			r.Headers(name, value)
			if !seen[name] {
				seen[name] = true
				t.names = append(t.names, name)
			}
		}
		if err := r.GetError(); err != nil {
			return fmt.Errorf("routes[%d].match: %w", i, err)
		}
		t.routes[r] = &t.entries[i].Route
	}
	return nil
}

// matchRouter asks mux. The request that it makes up has only the header fields
// that some route looks at.
func (t *Table) matchRouter(method, host, path []byte, fields *header.List) *Route {
	decoded, err := url.PathUnescape(string(path))
	if err != nil {
		return nil // CheckPath refuses it
	}
	name := bytes.Clone(host)
	for i, c := range name {
		name[i] = lower(c)
	}
	request := &http.Request{
		Method: string(method),
		URL:    &url.URL{Path: decoded},
		Host:   string(name),
	}
	if len(t.names) > 0 {
		request.Header = http.Header{}
		for i := range fields.Len() {
			if name := fields.Name(i); contains(t.names, name) {
				request.Header.Add(string(name), string(fields.Value(i)))
			}
		}
	}
	var match mux.RouteMatch
	if !t.router.Match(request, &match) {
		return nil
	}
	return t.routes[match.Route]
}
