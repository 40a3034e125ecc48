package route

import (
	"strings"
	"testing"

	"github.com/hopscope/hopscope/gateway/config"
	"github.com/hopscope/hopscope/gateway/h2/header"
)

func mustBuild(t testing.TB, matches ...config.Match) *Table {
	t.Helper()
	table, err := Build(routesOf(matches))
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// routesOf names routes a, b, c, …
func routesOf(matches []config.Match) []config.Route {
	routes := make([]config.Route, len(matches))
	for i, m := range matches {
		routes[i] = config.Route{Name: string(rune('a' + i)), Match: m, Upstream: "u"}
	}
	return routes
}

// request is a request in the tests' short form.
type request struct {
	method, authority, path string
	fields                  [][2]string
}

func (r request) list() *header.List {
	l := &header.List{}
	l.Add(":method", r.method)
	l.Add(":scheme", "http")
	l.Add(":authority", r.authority)
	l.Add(":path", r.path)
	for _, f := range r.fields {
		l.Add(f[0], f[1])
	}
	return l
}

func (t *Table) find(r request) *Route {
	return t.Match([]byte(r.method), []byte(r.authority), []byte(r.path), r.list())
}

func get(authority, path string, fields ...[2]string) request {
	return request{"GET", authority, path, fields}
}

func TestMatchFollowsTheDocumentedRules(t *testing.T) {
	for _, c := range []struct {
		name    string
		matches []config.Match
		request request
		want    string // name of the route; empty: none
	}{
		{"an empty match takes everything", []config.Match{{}}, get("h", "/x"), "a"},
		{"no route", nil, get("h", "/x"), ""},
		{"a prefix is a string prefix", []config.Match{{PathPrefix: "/users"}}, get("h", "/usersx/1"), "a"},
		{"a prefix takes itself", []config.Match{{PathPrefix: "/users"}}, get("h", "/users"), "a"},
		{"a shorter path has not the prefix", []config.Match{{PathPrefix: "/users"}}, get("h", "/user"), ""},
		{"a path is exact", []config.Match{{Path: "/users"}}, get("h", "/users/"), ""},
		{"the query does not count", []config.Match{{Path: "/users"}}, get("h", "/users?a=/b"), "a"},
		{"an encoded question mark belongs to the path", []config.Match{{Path: "/users"}}, get("h", "/users%3Fa"), ""},
		{"the first in file order wins", []config.Match{{PathPrefix: "/"}, {Path: "/users"}}, get("h", "/users"), "a"},
		{"percent-encoding is undone", []config.Match{{Path: "/users"}}, get("h", "/%75ser%73"), "a"},
		{"percent-encoding is undone once", []config.Match{{Path: "/users"}}, get("h", "/%2575sers"), ""},
		{"text beyond ASCII is compared decoded", []config.Match{{Path: "/café"}}, get("h", "/caf%C3%A9"), "a"},
		{"a plus is a plus", []config.Match{{Path: "/a b"}}, get("h", "/a+b"), ""},
		{"double slashes stay", []config.Match{{Path: "/users"}}, get("h", "//users"), ""},
		{"the case of a path counts", []config.Match{{Path: "/users"}}, get("h", "/Users"), ""},
		{"the case of a host does not", []config.Match{{Host: "a.example"}}, get("A.Example", "/"), "a"},
		{"the port of a host does not", []config.Match{{Host: "a.example"}}, get("a.example:8080", "/"), "a"},
		{"another host", []config.Match{{Host: "a.example"}}, get("b.a.example", "/"), ""},
		{"no host", []config.Match{{Host: "a.example"}}, get("", "/"), ""},
		{"dots of a host are literal", []config.Match{{Host: "a.example"}}, get("aXexample", "/"), ""},
		{"an IPv6 host without port", []config.Match{{Host: "[::1]"}}, get("[::1]:8080", "/"), "a"},
		{"an IPv6 host, encoded path", []config.Match{{Host: "[::1]"}}, get("[::1]:8080", "/%61"), "a"},
		{"an unclosed bracket", []config.Match{{Host: "[::1]"}}, get("[::1", "/"), ""},
		{"a wrong method has no route", []config.Match{{Methods: []string{"GET"}}}, request{method: "POST", path: "/"}, ""},
		{"a wrong method goes to the next route", []config.Match{{Methods: []string{"GET"}}, {}}, request{method: "POST", path: "/"}, "b"},
		{"a wrong method, encoded path", []config.Match{{Methods: []string{"GET"}}, {}}, request{method: "POST", path: "/%61"}, "b"},
		{"methods keep their case", []config.Match{{Methods: []string{"GET"}}}, request{method: "get", path: "/"}, ""},
		{"HEAD is not GET", []config.Match{{Methods: []string{"GET"}}}, request{method: "HEAD", path: "/"}, ""},
		{"OPTIONS * has no prefix", []config.Match{{PathPrefix: "/"}, {}}, request{method: "OPTIONS", path: "*"}, "b"},
		{"a header's value is exact", []config.Match{{Headers: map[string]string{"x": "1"}}}, get("h", "/", [2]string{"x", "11"}), ""},
		{"any field of the name will do", []config.Match{{Headers: map[string]string{"x": "1"}}}, get("h", "/", [2]string{"x", "2"}, [2]string{"x", "1"}), "a"},
		{"commas are part of a value", []config.Match{{Headers: map[string]string{"x": "1"}}}, get("h", "/", [2]string{"x", "1,2"}), ""},
		{"all headers must match", []config.Match{{Headers: map[string]string{"x": "1", "y": "2"}}}, get("h", "/", [2]string{"x", "1"}), ""},
		{"an empty value asks for presence", []config.Match{{Headers: map[string]string{"x": ""}}}, get("h", "/", [2]string{"x", "7"}), "a"},
		{"presence of an empty field", []config.Match{{Headers: map[string]string{"x": ""}}}, get("h", "/", [2]string{"x", ""}), "a"},
		{"absence", []config.Match{{Headers: map[string]string{"x": ""}}}, get("h", "/"), ""},
		{"a known header", []config.Match{{Headers: map[string]string{"content-type": "application/grpc"}}}, get("h", "/", [2]string{"content-type", "application/grpc"}), "a"},
		{"headers, encoded path", []config.Match{{Headers: map[string]string{"x_y": "1"}}}, get("h", "/%61", [2]string{"x_y", "1"}), "a"},
		{"a long encoded path", []config.Match{{PathPrefix: "/b"}, {PathPrefix: "/" + strings.Repeat("a", 500)}}, get("h", "/"+strings.Repeat("%61", 600)), "b"},
		{"a byte that is not UTF-8", []config.Match{{Path: "/\uFFFD"}, {PathPrefix: "/"}}, get("h", "/%FF"), "b"},
		{"a broken escape has no route", []config.Match{{}}, get("h", "/%6"), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := ""
			if r := mustBuild(t, c.matches...).find(c.request); r != nil {
				got = r.Name
			}
			if got != c.want {
				t.Errorf("got route %q, want %q", got, c.want)
			}
		})
	}
}

func TestMatchReturnsTheSamePointer(t *testing.T) {
	table := mustBuild(t, config.Match{Path: "/x"}, config.Match{PathPrefix: "/users"})
	plain, encoded := table.find(get("h", "/users/1")), table.find(get("h", "/users/%31"))
	if plain == nil || plain != encoded {
		t.Fatalf("plain %p, encoded %p: want one pointer", plain, encoded)
	}
	if *plain != (Route{Index: 1, Name: "b"}) {
		t.Errorf("got %+v, want index 1, name b", *plain)
	}
}

func TestBuildRefusesPatterns(t *testing.T) {
	for _, m := range []config.Match{{Path: "/{id}"}, {PathPrefix: "/a}"}, {Host: "{h:(x)}.example"}} {
		_, err := Build(routesOf([]config.Match{{}, m}))
		if err == nil || !strings.HasPrefix(err.Error(), "routes[1].match.") || !strings.Contains(err.Error(), "must not contain { or }") {
			t.Errorf("%+v: got %v, want an error that names the place and the braces", m, err)
		}
	}
}

func TestBuildRefusesPathsThatMuxRefuses(t *testing.T) {
	if _, err := Build(routesOf([]config.Match{{Path: "users"}})); err == nil {
		t.Error("a path without slash was accepted")
	}
}

func TestMatchDoesNotAllocate(t *testing.T) {
	table := mustBuild(t,
		config.Match{Host: "other.example", Path: "/x"},
		config.Match{PathPrefix: "/users", Methods: []string{"POST"}},
		config.Match{PathPrefix: "/users", Headers: map[string]string{"content-type": "application/grpc", "x-canary": "1"}})
	for _, path := range []string{"/users/1?x=%20", "/u%73ers/%31?x=%20"} {
		r := request{"GET", "A.example:80", path, [][2]string{{"content-type", "application/grpc"}, {"x-canary", "1"}}}
		method, authority, path, fields := []byte(r.method), []byte(r.authority), []byte(r.path), r.list()
		if n := testing.AllocsPerRun(100, func() {
			if table.Match(method, authority, path, fields) == nil {
				t.Fatal("no route")
			}
			if CheckPath(method, path) != PathOK {
				t.Fatal("path refused")
			}
		}); n != 0 {
			t.Errorf("%s: %g allocations, want none", path, n)
		}
	}
}
