package config

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the expected messages of testdata/bad; read the difference")

// The names of testdata stand for files in a folder that makeFiles fills.
func testFiles(t *testing.T, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		t.Fatalf("%s: %v, %d files", pattern, err, len(names))
	}
	return names
}

func readTestFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestBadConfigurationsGiveExactlyTheExpectedMessages(t *testing.T) {
	dir := makeFiles(t)
	for _, name := range testFiles(t, "testdata/bad/*.yaml") {
		t.Run(filepath.Base(name), func(t *testing.T) {
			_, err := Parse(readTestFile(t, name), filepath.Base(name), dir)
			if err == nil {
				t.Fatal("was accepted")
			}
			got := strings.ReplaceAll(err.Error(), dir, "DIR") + "\n"
			want := strings.TrimSuffix(name, ".yaml") + ".want"
			if *update {
				if err := os.WriteFile(want, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if expected := string(readTestFile(t, want)); got != expected {
				t.Errorf("got\n%swant\n%s", got, expected)
			}
		})
	}
}

func TestEveryExpectedMessageHasItsConfiguration(t *testing.T) {
	for _, want := range testFiles(t, "testdata/bad/*.want") {
		if _, err := os.Stat(strings.TrimSuffix(want, ".want") + ".yaml"); err != nil {
			t.Error(err)
		}
	}
}

func TestRenderedConfigurationParsesToTheSame(t *testing.T) {
	dir := makeFiles(t)
	for _, name := range testFiles(t, "testdata/good/*.yaml") {
		c, err := Parse(readTestFile(t, name), name, dir)
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		again, err := Parse(c.YAML(), "rendered", t.TempDir())
		if err != nil {
			t.Errorf("%s: %v in\n%s", name, err, c.YAML())
		} else if !reflect.DeepEqual(c, again) {
			t.Errorf("%s: got\n%swant\n%s", name, again.YAML(), c.YAML())
		}
	}
}

func TestLoadFindsFilesBesideTheConfiguration(t *testing.T) {
	dir := makeFiles(t)
	path := filepath.Join(dir, "hopscope.yaml")
	if err := os.WriteFile(path, readTestFile(t, "testdata/good/full.yaml"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	want := &ListenerTLS{CertFile: filepath.Join(dir, "cert.pem"), KeyFile: filepath.Join(dir, "key.pem"), ClientCAFile: filepath.Join(dir, "cert.pem")}
	if got := c.Listeners[0].TLS; !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestDefaultsAreFilledIn(t *testing.T) {
	c, err := Parse(readTestFile(t, "testdata/good/minimal.yaml"), "minimal.yaml", ".")
	if err != nil {
		t.Fatal(err)
	}
	want := &Config{
		Listeners: []Listener{{Name: "edge", Address: "127.0.0.1:8080", TraceTrust: TraceResample}},
		Upstreams: []Upstream{{Name: "users", Endpoints: []string{"127.0.0.1:9001"}, Protocol: H2C}},
		Routes:    []Route{{Name: "users", Upstream: "users", IdleTimeout: 5 * time.Minute, Retry: RetrySafe}},
		Limits: Limits{
			MaxConcurrentStreams: 1000, MaxHeaderBytes: 16384, MaxHeaderFields: 256, StreamWindow: 65536, MaxGlitches: 1000, GlitchRecovery: 100,
			SlowPeerRate: 64, SlowPeerTimeout: 2 * time.Minute, HeaderTimeout: 10 * time.Second, MaxPendingConnections: 10000, MaxQueueTime: 250 * time.Millisecond, IdleConnectionTimeout: time.Hour, PingAfter: 20 * time.Second, PingTimeout: 10 * time.Second,
			MaxBufferedBytes: 268435456, ConnectTimeout: 5 * time.Second, DrainGrace: 30 * time.Second,
		},
		Admin:   Admin{Address: "127.0.0.1:9901"},
		Metrics: Metrics{Enabled: true},
		Tracing: Tracing{
			Reporter: ReporterNone, Endpoint: "http://127.0.0.1:14268/api/traces",
			Sampler: Sampler{Type: "probabilistic", Param: 0.01}, Propagation: []Propagation{PropagationW3C},
		},
		Log: Log{Level: "info", Access: "off"},
	}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("got\n%swant\n%s", c.YAML(), want.YAML())
	}
}

func TestDefaultsThatDependOnOtherKeys(t *testing.T) {
	dir := makeFiles(t)
	c, err := Parse(readTestFile(t, "testdata/good/full.yaml"), "full.yaml", dir)
	if err != nil {
		t.Fatal(err)
	}
	if c.Upstreams[2].TLS == nil {
		t.Error("protocol h2 without tls: want its defaults, got none")
	}
	if c.Upstreams[3].TLS != nil || c.Upstreams[4].TLS == nil {
		t.Error("protocol http1: want TLS exactly where tls stands")
	}
	if got := c.Tracing.Endpoint; got != "http://127.0.0.1:4318/v1/traces" {
		t.Errorf("endpoint of otlp: got %q", got)
	}
	if m := c.Routes[0].Match; m.Host != "users.example" || m.Headers["x-version"] != "2" {
		t.Errorf("host and header names are not in lower case: %+v", m)
	}
}

func TestLargeFilesAreRefused(t *testing.T) {
	large := bytes.Repeat([]byte("#"), maxFileBytes+1)
	if _, err := Parse(large, "large.yaml", "."); err == nil || err.Error() != "large.yaml: must be at most 1048576 bytes, has 1048577" {
		t.Errorf("got %v", err)
	}
	path := filepath.Join(t.TempDir(), "large.yaml")
	if err := os.WriteFile(path, large, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path); err == nil || err.Error() != path+": is larger than 1048576 bytes" {
		t.Errorf("got %v", err)
	}
}

func TestAliasBombsAreRefused(t *testing.T) {
	// 1000 listeners, each with the same 1000 networks.
	bomb := "listeners:\n- trusted_proxies: &p [" + strings.Repeat("10.0.0.1,", 1000) + "]\n" +
		strings.Repeat("- trusted_proxies: *p\n", 1000)
	_, err := Parse([]byte(bomb), "bomb.yaml", ".")
	var e *Error
	if !errors.As(err, &e) || len(e.Problems) != 1 || !strings.Contains(err.Error(), "more than 200000 values once aliases are followed") {
		t.Errorf("got %.300v, want one problem that names the bound", err)
	}
}

// What a hostile file can make of its 1 MiB: many names to compare with many.
func TestHostileFilesAreCheapToRefuse(t *testing.T) {
	list := func(format string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i, i)
		}
		return b.String()
	}
	for name, file := range map[string]string{
		"unknown keys": list("listener%d%d: 1\n", 20_000),
		"dangling":     "upstreams:\n" + list("- {name: upstream%d, x: %d}\n", 3_000) + "routes:\n" + list("- {upstream: upstraem%d, x: %d}\n", 3_000),
		"listeners":    "listeners:\n" + list("- {address: a%d:%d}\n", 3_000),
		"endpoints":    "upstreams:\n- endpoints: [" + list("a%d:%d,", 20_000) + "]",
		"flow":         strings.Repeat("[", 9_000),
		"anchors":      "listeners: &a [" + strings.Repeat("*a,", 3_000) + "]",
	} {
		began := time.Now()
		_, err := Parse([]byte(file), "hostile.yaml", ".")
		if err == nil {
			t.Errorf("%s: was accepted", name)
		}
		// Well under a second; comparing everything with everything takes far longer.
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("%s: took %s", name, took)
		}
		t.Logf("%s: %d bytes, %s", name, len(file), time.Since(began))
	}
}

func TestProblemsAreBounded(t *testing.T) {
	var b strings.Builder
	for i := range 1000 {
		b.WriteString("x" + strings.Repeat("y", i) + ": 1\n")
	}
	_, err := Parse([]byte(b.String()), "many.yaml", ".")
	var e *Error
	if !errors.As(err, &e) || len(e.Problems) != 100 || !strings.HasSuffix(err.Error(), "\nmany.yaml: 903 more problems") {
		t.Errorf("got %d problems, more %d", len(e.Problems), e.More)
	}
}

func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/good/*.yaml", "testdata/bad/*.yaml"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, name := range names {
			f.Add(readTestFile(f, name))
		}
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse(data, "fuzz.yaml", dir)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || len(e.Problems) == 0 {
				t.Fatalf("%T without problems: %v", err, err)
			}
			lines := 1 + bytes.Count(data, []byte("\n")) + bytes.Count(data, []byte("\r"))
			for _, p := range e.Problems {
				if s := p.String(); strings.ContainsAny(s, "\n\x1b") {
					t.Errorf("a problem is not one line of text: %q", s)
				}
				if p.Line < 0 || p.Line > lines || p.Line == 0 && p.Path == "" {
					t.Errorf("a problem names neither a line of %d nor a value: %q", lines, p.String())
				}
			}
			return
		}
		again, err := Parse(c.YAML(), "rendered.yaml", dir)
		if err != nil {
			t.Fatalf("rendered: %v\n%s", err, c.YAML())
		}
		if !reflect.DeepEqual(c, again) {
			t.Fatalf("rendered: got\n%swant\n%s", again.YAML(), c.YAML())
		}
	})
}

func TestSyntaxErrorsNameTheirLine(t *testing.T) {
	for text, want := range map[string]string{
		"a: 1\nb: \x00":          "f:2: must be UTF-8 text without control characters",
		"a: 1\n\nb: \xff\n":      "f:3: must be UTF-8 text without control characters",
		"a: b: c\n":              "f:1: is not YAML: mapping values are not allowed in this context",
		"a: 1\nb: c: d\n":        "f:2: is not YAML: mapping values are not allowed in this context",
		"a:\n\tb: 1\n":           "f:2: is not YAML: found character that cannot start any token",
		"- a\nb: c\n":            "f:2: is not YAML: did not find expected '-' indicator",
		"a:\n  b: 1\n c: 2\n":    "f:3: is not YAML: did not find expected key",
		"a: [1,\nb: 2\n":         "f:2: is not YAML: did not find expected ',' or ']'",
		"a: 1\nb: 'x\n":          "f:2: is not YAML: found unexpected end of stream",
		"a: 'x":                  "f:1: is not YAML: found unexpected end of stream",
		"a: 1\nb: *nowhere\n":    "f:2: is not YAML: unknown anchor 'nowhere' referenced",
		"a: 1\n---\nb: 1\n":      "f:2: must be one YAML document, a second one begins here",
		"a: 1\n---\nb: c: d\n":   "f:3: is not YAML: mapping values are not allowed in this context",
		"a: !<tag\nb: 1":         "f:1: is not YAML: did not find the expected '>'",
		"a: \"\\x1b\xe2\x80\xa8": "f:1: is not YAML: found unexpected end of stream",
	} {
		_, err := Parse([]byte(text), "f", ".")
		if err == nil || err.Error() != want {
			t.Errorf("%q: got %v\nwant %s", text, err, want)
		}
	}
}
