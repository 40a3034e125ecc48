package route

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gorilla/mux"

	"github.com/hopscope/hopscope/gateway/config"
)

// BenchmarkMatch looks up the first and the last of some routes, whose paths
// are literal, share nothing (services) or share their first segment (versions).
// encoded is a path with a percent sign; mux is what the same request costs in
// gorilla/mux.
func BenchmarkMatch(b *testing.B) {
	for _, kind := range []struct {
		name, format string
		exact        bool
	}{
		{"literal", "/hopscope.demo.v1.Service%03d/Get", true},
		{"prefix", "/hopscope.demo.v1.Service%03d/", false},
		{"shared", "/api/v%03d/", false},
	} {
		for _, n := range []int{20, 200} {
			matches := make([]config.Match, n)
			for i := range matches {
				if path := fmt.Sprintf(kind.format, i); kind.exact {
					matches[i].Path = path
				} else {
					matches[i].PathPrefix = path
				}
			}
			table, router := mustBuild(b, matches...), mustRouter(b, matches)
			for _, i := range []int{0, n - 1} {
				path := fmt.Sprintf(kind.format, i)
				if !kind.exact {
					path += "Get"
				}
				b.Run(fmt.Sprintf("%s/%d-of-%d", kind.name, i+1, n), func(b *testing.B) {
					benchmarkRequest(b, table, router, path)
				})
			}
		}
	}
}

// benchmarkRequest looks up a gRPC request with twelve fields for that path.
func benchmarkRequest(b *testing.B, table *Table, router *mux.Router, path string) {
	r := request{method: "POST", authority: "gateway.example:8080", path: path}
	for i := range 12 {
		r.fields = append(r.fields, [2]string{fmt.Sprintf("x-header-%d", i), "value"})
	}
	method, authority, fields := []byte(r.method), []byte(r.authority), r.list()
	for _, c := range []struct{ name, path string }{
		{"table", path},
		{"encoded", strings.Replace(path, "Get", "G%65t", 1)},
	} {
		path := []byte(c.path)
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if CheckPath(method, path) != PathOK || table.Match(method, authority, path, fields) == nil {
					b.Fatal("no route")
				}
			}
		})
	}
	b.Run("mux", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if oracle(b, router, r) == "" {
				b.Fatal("no route")
			}
		}
	})
}
