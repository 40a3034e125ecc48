package config

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestTokensAreReadOneALine(t *testing.T) {
	dir := makeFiles(t)
	tokens, err := ReadTokens(filepath.Join(dir, "tokens"))
	if want := []string{"0123456789abcdef", "0123456789ABCDEF-._~+/="}; err != nil || !slices.Equal(tokens, want) {
		t.Errorf("got %q, %v", tokens, err)
	}
	for _, name := range []string{"no-tokens", "short-token", "odd-token", "absent"} {
		if _, err := ReadTokens(filepath.Join(dir, name)); err == nil || strings.Contains(err.Error(), "0123456789") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnOpenAdminServerIsWarnedOf(t *testing.T) {
	files, mutual := ListenerTLS{CertFile: "c", KeyFile: "k"}, ListenerTLS{CertFile: "c", KeyFile: "k", ClientCAFile: "ca"}
	for name, c := range map[string]struct {
		admin Admin
		want  string // contained; empty: no warning
	}{
		"the default":               {Admin{Address: defaultAdmin}, ""},
		"localhost":                 {Admin{Address: "LocalHost:1"}, ""},
		"another loopback address":  {Admin{Address: "127.9.9.9:1"}, ""},
		"IPv6's":                    {Admin{Address: "[::1]:1"}, ""},
		"IPv4's in IPv6 form":       {Admin{Address: "[::ffff:127.0.0.1]:1"}, ""},
		"every address":             {Admin{Address: ":1"}, "set admin.tls and with it"},
		"every IPv4 address":        {Admin{Address: "0.0.0.0:1"}, "set admin.tls and with it"},
		"a name":                    {Admin{Address: "admin.example:1"}, "set admin.tls and with it"},
		"a token in plain text":     {Admin{Address: ":1", TokenFile: "t"}, "in plain text; set admin.tls"},
		"TLS for everybody":         {Admin{Address: ":1", TLS: &files}, "set admin.token_file or"},
		"TLS and a token":           {Admin{Address: ":1", TLS: &files, TokenFile: "t"}, ""},
		"client certificates":       {Admin{Address: ":1", TLS: &mutual}, ""},
		"client certificates, both": {Admin{Address: ":1", TLS: &mutual, TokenFile: "t"}, ""},
	} {
		got := strings.Join((&Config{Admin: c.admin}).Warnings(), "\n")
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: got %q, want it to contain %q", name, got, c.want)
		}
	}
}

func TestEveryFileThatIsNamedIsListed(t *testing.T) {
	dir := makeFiles(t)
	c, err := Parse(readTestFile(t, "testdata/good/full.yaml"), "full.yaml", dir)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"), filepath.Join(dir, "tokens")}
	if got := c.Files(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	// Also of a configuration that is refused.
	got := Named("testdata/bad/tls.yaml")
	for _, name := range []string{"absent.pem", "text.pem", "other-key.pem"} {
		if !slices.ContainsFunc(got, func(path string) bool { return filepath.Base(path) == name }) {
			t.Errorf("%s is missing in %q", name, got)
		}
	}
	if got := Named("testdata/bad/nothing-here.yaml"); got != nil {
		t.Errorf("of no file: %q", got)
	}
}
