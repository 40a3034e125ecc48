package route

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/gorilla/mux"

	"github.com/hopscope/hopscope/gateway/config"
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

// newRouter makes the mux router of the routes, which defines what they match. It
// fails if mux refuses one of them. The mux routes are named after their index.
func newRouter(routes []config.Route) (*mux.Router, error) {
	router := mux.NewRouter()
	for i := range routes {
		m, r := &routes[i].Match, router.NewRoute().Name(strconv.Itoa(i))
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
		}
		if err := r.GetError(); err != nil {
			return nil, fmt.Errorf("routes[%d].match: %w", i, err)
		}
	}
	return router, nil
}
