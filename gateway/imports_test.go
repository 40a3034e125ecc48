package gateway_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	module     = "github.com/hopscope/hopscope/"
	root       = ".." // of the module, from this package
	prometheus = "github.com/prometheus/prometheus"
)

// policy is a row of the import policy. Packages are named below the module;
// "x/..." is x and everything below it.
type policy struct {
	packages []string
	// only: no package of the module but these. nil: any.
	only []string
	// never: not these, of the module, of the standard library or from elsewhere.
	never []string
	// libraries: nothing from elsewhere but these. nil: any.
	libraries []string
	reason    string
}

var none = []string{}

func policies() []policy {
	return []policy{
		{
			packages: []string{"gateway/..."}, never: []string{"telemetry/...", "cmd/...", "dashboards/...", "alerts/...", "rules_test/..."},
			reason: "the data plane knows no telemetry: it tells an event.Observer, and cmd wires the two",
		},
		{
			packages: []string{"gateway/..."}, libraries: []string{"github.com/gorilla/mux", "go.yaml.in/yaml/v3", "golang.org/x/..."},
			reason: "the protocol engine is what this project exists for",
		},
		{
			packages:  []string{"gateway/h2/flow", "gateway/h2/frame", "gateway/h2/rule"},
			only:      []string{"gateway/h2/rule"},
			libraries: none, reason: "the bottom of the protocol stands alone",
		},
		{
			packages: []string{"gateway/h2/header"}, only: []string{"gateway/h2/rule"}, libraries: none,
			reason: "a header list knows no encoding",
		},
		{
			packages: []string{"gateway/h2/hpack"}, only: []string{"gateway/h2/header", "gateway/h2/rule"}, libraries: none,
			reason: "the codec turns bytes into header lists and back",
		},
		{
			packages: []string{"gateway/h2/..."}, never: []string{
				"gateway/config", "gateway/route", "gateway/upstream", "gateway/relay", "gateway/loop", "gateway/link", "gateway/accept", "gateway/http1",
				"net", "net/...", "os", "os/...", "syscall", "unsafe", "log", "log/...",
			},
			reason: "the protocol is frame logic: whoever drives it does the IO",
		},
		{
			packages: []string{"gateway/event"}, only: []string{"gateway/h2/header", "gateway/h2/rule"}, libraries: none,
			reason: "what observers see must not drag the engine along",
		},
		{
			packages: []string{"gateway/config"}, only: none, libraries: []string{"go.yaml.in/yaml/v3"},
			reason: "configuration is data: check reads it without an engine",
		},
		{
			packages: []string{"gateway/credentials"}, only: []string{"gateway/config"}, libraries: none,
			reason: "files become TLS configurations for whoever accepts or connects",
		},
		{
			packages: []string{"gateway/route"}, only: []string{"gateway/config", "gateway/h2/header"}, libraries: []string{"github.com/gorilla/mux"},
			reason: "matching needs the configuration and a header list, nothing of a connection",
		},
		{
			packages: []string{"telemetry/..."}, only: []string{"telemetry/...", "gateway/event", "gateway/h2/header", "gateway/config"},
			reason: "telemetry listens: it sees events, never connections",
		},
		{
			packages: []string{"telemetry/catalog"}, only: []string{"gateway/event"}, libraries: none,
			reason: "dashboards, alerts and the rule harness derive from the catalogue alone",
		},
		{
			packages: []string{"cmd/hoplab/internal/console"}, only: []string{"alerts", "dashboards", "rules_test/...", "telemetry/catalog", "cmd/hoplab/internal/fault"},
			reason: "the console knows what is checked in and asks the rest over HTTP: it works beside anything that runs",
		},
		{
			packages: []string{"cmd/hopscope"}, only: []string{"gateway/...", "telemetry/..."},
			reason: "what stands in production carries nothing of the workbench",
		},
	}
}

// owners says who alone may import a library.
func owners() []policy {
	return []policy{
		{
			libraries: []string{prometheus + "/..."}, packages: []string{"cmd/hoplab/...", "rules_test/..."},
			reason: "only the workbench links Prometheus' engine: 30 MB against 10",
		},
		{
			libraries: []string{"github.com/uber/jaeger-client-go/...", "github.com/uber/jaeger-lib/...", "github.com/opentracing/..."},
			packages:  []string{"telemetry/tracing", "cmd/hoplab/..."},
			reason:    "the tracing client is archived: what depends on it stays in one place",
		},
		{
			libraries: []string{"github.com/prometheus/client_golang/..."}, packages: []string{"telemetry/...", "cmd/..."},
			reason: "metrics are declared and kept in telemetry",
		},
		{
			libraries: []string{"google.golang.org/grpc/..."}, packages: []string{"cmd/hoplab/..."},
			reason: "the gateway forwards gRPC and does not speak it",
		},
	}
}

func TestImportsFollowThePolicy(t *testing.T) {
	imports := packageImports(t)
	for _, p := range policies() {
		applied := false
		for pkg, list := range imports {
			if !matches(pkg, p.packages) {
				continue
			}
			applied = true
			for _, i := range list {
				local, isLocal := strings.CutPrefix(i, module)
				switch {
				case matches(local, p.never),
					isLocal && p.only != nil && !matches(local, p.only),
					!isLocal && !isStandard(i) && p.libraries != nil && !matches(i, p.libraries):
					t.Errorf("%s imports %s: %s", pkg, i, p.reason)
				}
			}
		}
		if !applied {
			t.Errorf("a row is about no package, remove it: %v (%s)", p.packages, p.reason)
		}
	}
}

func TestLibrariesStayWithTheirOwners(t *testing.T) {
	imports := packageImports(t)
	for _, o := range owners() {
		for pkg, list := range imports {
			for _, i := range list {
				if matches(i, o.libraries) && !matches(pkg, o.packages) {
					t.Errorf("%s imports %s: %s", pkg, i, o.reason)
				}
			}
		}
	}
}

func TestGatewayDoesNotLinkTheWorkbench(t *testing.T) {
	imports := packageImports(t)
	from := map[string]string{"cmd/hopscope": ""} // by whom a package was reached
	for todo := []string{"cmd/hopscope"}; len(todo) > 0; todo = todo[1:] {
		for _, i := range imports[todo[0]] {
			local, isLocal := strings.CutPrefix(i, module)
			if matches(i, []string{prometheus + "/..."}) || isLocal && matches(local, []string{"cmd/hoplab/...", "rules_test/..."}) {
				chain := todo[0]
				for by := from[todo[0]]; by != ""; by = from[by] {
					chain = by + " → " + chain
				}
				t.Errorf("%s → %s", chain, i)
			}
			if _, seen := from[local]; isLocal && !seen {
				from[local] = todo[0]
				todo = append(todo, local)
			}
		}
	}
	if len(from) < 2 {
		t.Error("cmd/hopscope imports nothing of the module: is the walk right?")
	}
}

// The pure packages are given time, they do not tell it.
func TestPurePackagesTellNoTime(t *testing.T) {
	allowed := []string{"Duration", "Nanosecond", "Microsecond", "Millisecond", "Second", "Minute", "Hour"}
	for _, pkg := range []string{"flow", "frame", "header", "hpack", "rule"} {
		for name, file := range parsePackage(t, filepath.Join(root, "gateway", "h2", pkg), parser.SkipObjectResolution) {
			ast.Inspect(file, func(n ast.Node) bool {
				if s, ok := n.(*ast.SelectorExpr); ok {
					if x, ok := s.X.(*ast.Ident); ok && x.Name == "time" && !slices.Contains(allowed, s.Sel.Name) {
						t.Errorf("%s uses time.%s: pass time in", name, s.Sel.Name)
					}
				}
				return true
			})
		}
	}
}

// packageImports returns what the files of each package import, tests left out,
// whatever system they are for. Packages are named below the module.
func packageImports(t *testing.T) map[string][]string {
	t.Helper()
	imports := map[string][]string{}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !d.IsDir() {
			return nil
		}
		if base := d.Name(); name != root && (base[0] == '.' || base[0] == '_' || base == "testdata" || base == "bin" || base == "node_modules") {
			return filepath.SkipDir
		}
		set := map[string]bool{}
		for _, file := range parsePackage(t, name, parser.ImportsOnly) {
			for _, i := range file.Imports {
				p, err := strconv.Unquote(i.Path.Value)
				if err != nil {
					return err
				}
				set[p] = true
			}
		}
		if len(set) == 0 && len(parsePackage(t, name, parser.PackageClauseOnly)) == 0 {
			return nil
		}
		pkg, err := filepath.Rel(root, name)
		imports[filepath.ToSlash(pkg)] = slices.Sorted(maps.Keys(set))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return imports
}

// parsePackage parses a folder's Go files, tests left out.
func parsePackage(t *testing.T, dir string, mode parser.Mode) map[string]*ast.File {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]*ast.File{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, mode)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = file
	}
	return files
}

// matches reports whether p is one of the patterns or, where one ends in "/...",
// below it.
func matches(p string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		above, below := strings.CutSuffix(pattern, "/...")
		return p == above || below && strings.HasPrefix(p, above+"/")
	})
}

// isStandard reports whether an import is of the standard library.
func isStandard(p string) bool {
	first, _, _ := strings.Cut(path.Clean(p), "/")
	return !strings.Contains(first, ".")
}
