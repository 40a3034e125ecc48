package main

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// call runs the program and returns what it printed.
func call(args ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	code = run(args, &out, &err)
	return code, out.String(), err.String()
}

func TestExitCodesAndMessages(t *testing.T) {
	for _, c := range []struct {
		args   []string
		code   int
		stdout string // contained
		stderr string // contained
	}{
		{nil, exitUsage, "", "Usage:"},
		{[]string{"--help"}, exitOK, "Commands:", ""},
		{[]string{"help"}, exitOK, "hopscope check --config", ""},
		{[]string{"sevre"}, exitUsage, "", `unknown command "sevre"`},
		{[]string{"version"}, exitOK, runtime.Version(), ""},
		{[]string{"--version"}, exitOK, "commit ", ""},
		{[]string{"version", "x"}, exitUsage, "", `unexpected argument "x"`},
		{[]string{"check"}, exitUsage, "", "--config is required"},
		{[]string{"check", "--help"}, exitOK, "--config FILE", ""},
		{[]string{"check", "--confg", "x"}, exitUsage, "", "Try hopscope check --help."},
		{[]string{"check", "--config", "absent.yaml"}, exitFailure, "", "absent.yaml: no such file or directory"},
		{[]string{"check", "--config", "."}, exitFailure, "", ".: is not a regular file"},
		{[]string{"streams", "--sort", "size"}, exitUsage, "", `--sort must be one of age, buffered, read, route, stall, written, got "size"`},
		{[]string{"streams", "--interval", "1ms"}, exitUsage, "", "at least 100ms"},
		{[]string{"streams", "--admin", "ftp://h"}, exitUsage, "", `got "ftp://h"`},
	} {
		code, stdout, stderr := call(c.args...)
		if code != c.code || !strings.Contains(stdout, c.stdout) || !strings.Contains(stderr, c.stderr) {
			t.Errorf("%q: code %d, stdout %q, stderr %q; want code %d, stdout with %q, stderr with %q",
				c.args, code, stdout, stderr, c.code, c.stdout, c.stderr)
		}
		if c.code != exitOK && stdout != "" {
			t.Errorf("%q failed and printed to standard output: %q", c.args, stdout)
		}
	}
}

func TestCheckPrintsEveryProblem(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bad.yaml")
	write(t, path, `
listeners:
  - {name: edge, address: "127.0.0.1:0"}
upstreams:
  - {name: users, endpoints: ["127.0.0.1:9001"]}
routes:
  - {name: users, upstream: usres}
  - {name: users, upstream: users, mtach: {}}
`)
	code, stdout, stderr := call("check", "--config", path)
	want := path + `:7: routes[0].upstream: must name an upstream, got "usres"; did you mean "users"?
` + path + `:8: routes[1].mtach: unknown key; did you mean "match"?
` + path + `:8: routes[1].name: must be unique, got "users", which routes[0] has too (line 7)
`
	if code != exitFailure || stdout != "" || stderr != want {
		t.Errorf("code %d, stdout %q, stderr\n%s\nwant code 1 and\n%s", code, stdout, stderr, want)
	}
}

func TestCheckOfBrokenConfigurationsPrintsTheExpectedMessages(t *testing.T) {
	const folder = "../../gateway/config/testdata/bad"
	wants, err := filepath.Glob(folder + "/*.want")
	if err != nil || len(wants) == 0 {
		t.Fatalf("%v, %d files in %s", err, len(wants), folder)
	}
	for _, name := range wants {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		want, path := string(text), strings.TrimSuffix(name, ".want")+".yaml"
		if strings.Contains(want, "DIR/") {
			continue // names certificates, which only the test beside it makes
		}
		want = strings.ReplaceAll("\n"+want, "\n"+filepath.Base(path)+":", "\n"+path+":")[1:]
		if code, stdout, stderr := call("check", "--config", path); code != exitFailure || stdout != "" || stderr != want {
			t.Errorf("%s: code %d, stdout %q, stderr\n%s\nwant code 1 and\n%s", path, code, stdout, stderr, want)
		}
	}
}

func TestCheckPrintsTheCompleteConfiguration(t *testing.T) {
	path := filepath.Join(t.TempDir(), "good.yaml")
	write(t, path, `
listeners: [{name: edge, address: "127.0.0.1:0"}]
upstreams: [{name: users, endpoints: ["127.0.0.1:9001"]}]
routes: [{name: users, upstream: users}]
`)
	code, stdout, stderr := call("check", "--config", path)
	if want := path + ": good: 1 listener, 1 upstream, 1 route\n"; code != exitOK || stdout != want || stderr != "" {
		t.Errorf("code %d, stdout %q, stderr %q; want %q", code, stdout, stderr, want)
	}
	code, stdout, _ = call("check", "--config", path, "--print")
	if code != exitOK || !strings.Contains(stdout, "max_concurrent_streams: 1000\n") {
		t.Errorf("code %d, stdout %q; want the defaults in it", code, stdout)
	}
	write(t, path, stdout)
	if again, printed, stderr := call("check", "--config", path, "--print"); again != exitOK || printed != stdout {
		t.Errorf("what --print printed does not check: %q", stderr)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
