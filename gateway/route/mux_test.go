package route

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gorilla/mux"

	"github.com/hopscope/hopscope/gateway/config"
)

func mustRouter(t testing.TB, matches []config.Match) *mux.Router {
	t.Helper()
	router, err := newRouter(routesOf(matches))
	if err != nil {
		t.Fatal(err)
	}
	return router
}

// oracle asks mux about a whole request, made as a server of net/http makes it,
// with nothing of the table's own in between. It returns the route's index.
func oracle(t testing.TB, router *mux.Router, r request) string {
	t.Helper()
	u, err := url.ParseRequestURI(r.path)
	if r.path == "*" {
		u, err = &url.URL{Path: "*"}, nil
	}
	if err != nil {
		return "" // CheckPath or header validation refuses it
	}
	q := &http.Request{Method: r.method, URL: u, Host: asciiLower(r.authority), Header: http.Header{}}
	if end := strings.IndexByte(q.Host, ']'); strings.HasPrefix(q.Host, "[") && end > 0 {
		q.Host = q.Host[:end+1] // mux does not strip the port of an IPv6 address
	}
	for _, f := range r.fields {
		q.Header.Add(f[0], f[1])
	}
	var match mux.RouteMatch
	if !router.Match(q, &match) {
		return ""
	}
	return match.Route.GetName()
}

func asciiLower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 32
		}
	}
	return string(b)
}

// compare fails if the table and mux disagree.
func compare(t testing.TB, table *Table, router *mux.Router, matches []config.Match, r request) {
	t.Helper()
	got := ""
	if found := table.find(r); found != nil {
		got = strconv.Itoa(found.Index)
	}
	if want := oracle(t, router, r); got != want {
		t.Fatalf("got route %q, mux says %q\nrequest %+q\nroutes %+q", got, want, r, matches)
	}
}

// Few words each, so that what is drawn from them often matches.
var (
	drawnPaths = []string{
		"/", "/users", "/users/", "/users/1", "/usersx", "//users", "/users//1", "/a b", "/a.b", "/a+b", "/café",
		"/U", "/users.v1.Users/Get", "/users.v1.Users/", "/$^*()[]|+", "*", "/;", "/users;v=1",
	}
	drawnHosts   = []string{"a.example", "b.example", "a-example", "localhost", "10.0.0.1", "[::1]", "[fe80::1]"}
	drawnPorts   = []string{"", ":80", ":8080", ":"}
	drawnMethods = []string{"GET", "POST", "HEAD", "OPTIONS", "PURGE"}
	drawnNames   = []string{"x-canary", "content-type", "te", "x_odd", "x-b3-traceid"}
	drawnValues  = []string{"", "1", "2", "1,2", "1, 2", "application/grpc", "trailers", " ", "Ä"}
)

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

func drawMatch(r *rand.Rand) (m config.Match) {
	switch p := pick(r, drawnPaths); {
	case p == "*" || r.IntN(4) == 0:
	case r.IntN(2) == 0:
		m.Path = p
	default:
		m.PathPrefix = p[:1+r.IntN(len(p))]
		m.PathPrefix = strings.ToValidUTF8(m.PathPrefix, "")
	}
	if r.IntN(3) == 0 {
		m.Host = pick(r, drawnHosts)
	}
	for range max(0, r.IntN(5)-2) {
		m.Methods = append(m.Methods, pick(r, drawnMethods))
	}
	for range max(0, r.IntN(5)-2) {
		if m.Headers == nil {
			m.Headers = map[string]string{}
		}
		m.Headers[pick(r, drawnNames)] = pick(r, drawnValues)
	}
	return m
}

func drawRequest(r *rand.Rand) request {
	q := request{method: pick(r, drawnMethods), authority: pick(r, drawnHosts) + pick(r, drawnPorts)}
	if r.IntN(3) == 0 {
		q.authority = strings.ToUpper(q.authority)
	}
	for range r.IntN(5) {
		q.fields = append(q.fields, [2]string{pick(r, drawnNames), pick(r, drawnValues)})
	}
	var path strings.Builder
	for i, c := range []byte(pick(r, drawnPaths)) {
		if i > 0 && (c == ' ' || c != '/' && r.IntN(12) == 0) {
			fmt.Fprintf(&path, pick(r, []string{"%%%02X", "%%%02x"}), c)
			continue
		}
		path.WriteByte(c)
	}
	if q.path = path.String(); q.path == "*" {
		return q
	}
	q.path += pick(r, []string{"", "", "", "?", "?a=/users", "?%", "/..", "/%2e", "%2F", "%25"})
	return q
}

func TestTableAgreesWithMux(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	matched := 0
	const tables, requests = 400, 100
	for range tables {
		matches := make([]config.Match, 1+r.IntN(8))
		for i := range matches {
			matches[i] = drawMatch(r)
		}
		table, router := mustBuild(t, matches...), mustRouter(t, matches)
		for range requests {
			q := drawRequest(r)
			compare(t, table, router, matches, q)
			if table.find(q) != nil {
				matched++
			}
		}
	}
	if total := tables * requests; matched < total/10 || matched > total*9/10 {
		t.Errorf("%d of %d requests had a route: the draw does not try both outcomes", matched, total)
	}
}

func FuzzTableAgreesWithMux(f *testing.F) {
	f.Add("/users", false, "a.example", "GET", "x", "1", "GET", "A.example:80", "/users?x", "x", "1")
	f.Add("/users", true, "", "", "", "", "POST", "", "/%75sers/1", "", "")
	f.Add("/café", true, "[::1]", "", "te", "", "GET", "[::1]:80", "/caf%C3%A9", "te", "trailers")
	f.Add("/a\\b", false, "", "", "", "", "GET", "h", "/a\\b/..//", "", "")
	f.Add("/", true, "", "PURGE", "", "", "OPTIONS", "", "*", "", "")
	f.Add("/a%", true, "", "", "", "", "GET", "", "/%61%25%0A%FF/%C3%A9", "", "")
	f.Fuzz(func(t *testing.T, path string, prefix bool, host, method, name, value, rMethod, rAuthority, rPath, rName, rValue string) {
		m := config.Match{Path: path, Host: host}
		if prefix {
			m.Path, m.PathPrefix = "", path
		}
		if method != "" {
			m.Methods = []string{method}
		}
		if name != "" {
			m.Headers = map[string]string{name: value}
		}
		if !valid(m) || strings.ContainsRune(path, utf8.RuneError) { // for mux, every byte that is not UTF-8 is one
			return
		}
		matches := []config.Match{m, {Methods: []string{"GET"}}}
		q := request{method: rMethod, authority: rAuthority, path: rPath}
		if rName != "" {
			q.fields = append(q.fields, [2]string{rName, rValue})
		}
		if !acceptable(q) {
			return
		}
		compare(t, mustBuild(t, matches...), mustRouter(t, matches), matches, q)
	})
}

// valid reports whether configuration validation lets m through, by asking it.
func valid(m config.Match) bool {
	c := config.Config{
		Listeners: []config.Listener{{Name: "l", Address: "127.0.0.1:0", TraceTrust: config.TraceNew}},
		Upstreams: []config.Upstream{{Name: "u", Endpoints: []string{"127.0.0.1:1"}, Protocol: config.H2C}},
		Routes:    []config.Route{{Name: "a", Match: m, Upstream: "u", Retry: config.RetryNone}},
		Limits: config.Limits{
			MaxConcurrentStreams: 1, MaxHeaderBytes: 1 << 14, MaxHeaderFields: 99, StreamWindow: 1 << 16,
			MaxBufferedBytes: 1 << 20, ConnectTimeout: 1e9,
		},
		Admin: config.Admin{Address: "127.0.0.1:0"},
		Tracing: config.Tracing{
			Reporter: config.ReporterNone, Sampler: config.Sampler{Type: "const"},
			Propagation: []config.Propagation{config.PropagationW3C},
		},
		Log: config.Log{Level: "info", Access: "off"},
	}
	loaded, err := config.Parse(c.YAML(), "fuzz", "")
	if err != nil {
		return false
	}
	// Only what validation leaves as it is, so that m is what was checked.
	got := loaded.Routes[0].Match
	if got.Host != m.Host || got.Path != m.Path || got.PathPrefix != m.PathPrefix {
		return false
	}
	for name, value := range m.Headers {
		if v, ok := got.Headers[name]; !ok || v != value {
			return false
		}
	}
	return true
}

// acceptable reports whether a request gets as far as being routed.
func acceptable(r request) bool {
	if CheckPath([]byte(r.method), []byte(r.path)) != PathOK {
		return false
	}
	for _, c := range []byte(r.path) {
		if c <= ' ' || c == '#' || c == 0x7f {
			return false
		}
	}
	for _, c := range []byte(r.authority) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`@/\?#"<>{}|^`+"`,", c) >= 0 {
			return false
		}
	}
	for _, f := range r.fields {
		if f[0] != asciiLower(f[0]) || strings.ContainsAny(f[0], ": \t") {
			return false
		}
	}
	return true
}
