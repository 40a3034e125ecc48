package console

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
)

// The names of sources, as the page and messages have them.
const (
	Prometheus = "prometheus"
	Admin      = "admin"
	Traces     = "traces"
	Faults     = "faults"
)

// errPath is a path of which a segment is empty or made of dots.
var errPath = errors.New("the path names nothing")

// route is a path below /api that is passed on to a source. {NAME} stands for one
// segment, in both.
type route struct {
	source  string
	path    string // below /api/
	target  string // below the source's URL
	methods []string
	// edit changes the source's answer; nil: it is passed through.
	edit func(*http.Response) error
}

// routes returns all that is passed on: nothing of a source can be reached but
// these.
func routes(expect map[string]Expectation) []route {
	read, form := []string{http.MethodGet}, []string{http.MethodGet, http.MethodPost}
	all := []route{
		{source: Faults, path: "faults", target: "faults", methods: read, edit: func(r *http.Response) error { return addExpectations(r, expect) }},
		{source: Faults, path: "faults/{name}", target: "faults/{name}", methods: []string{http.MethodPut}},
		{source: Traces, path: "traces/services", target: "api/services", methods: read},
		{source: Traces, path: "traces/services/{name}/operations", target: "api/services/{name}/operations", methods: read},
		{source: Traces, path: "traces/search", target: "api/traces", methods: read},
		{source: Traces, path: "traces/{id}", target: "api/traces/{id}", methods: read},
	}
	for _, page := range []string{"streams", "connections", "config", "readyz"} {
		all = append(all, route{source: Admin, path: "admin/" + page, target: page, methods: read})
	}
	for _, p := range []string{"query", "query_range", "query_exemplars"} {
		all = append(all, route{source: Prometheus, path: "prometheus/" + p, target: "api/v1/" + p, methods: form})
	}
	for _, p := range []string{"labels", "label/{name}/values", "series", "rules", "alerts", "metadata", "status/buildinfo", "targets"} {
		all = append(all, route{source: Prometheus, path: "prometheus/" + p, target: "api/v1/" + p, methods: read})
	}
	return all
}

// at returns where a request of the route goes, below base. An error says that a
// segment would lead elsewhere.
func (rt route) at(base *url.URL, r *http.Request) (string, error) {
	segments := strings.Split(rt.target, "/")
	for i, s := range segments {
		if name, ok := strings.CutPrefix(s, "{"); ok {
			value := r.PathValue(strings.TrimSuffix(name, "}"))
			if value == "" || value == "." || value == ".." {
				return "", errPath
			}
			segments[i] = url.PathEscape(value)
		}
	}
	u := base.JoinPath(segments...)
	u.User, u.RawQuery, u.Fragment = nil, r.URL.RawQuery, ""
	return u.String(), nil
}
