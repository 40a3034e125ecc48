package route

import (
	"net/url"
	"strings"
	"testing"
)

func TestCheckPath(t *testing.T) {
	for _, c := range []struct {
		path string
		want PathFault
	}{
		{"/", PathOK},
		{"/users/1?q=/../%2F%", PathOK},
		{"//", PathOK},
		{"/a.b/c..d/...", PathOK},
		{"/.well-known/x", PathOK},
		{"/..a", PathOK},
		{"/a%20b/%2525", PathOK},
		{"/caf%C3%A9", PathOK},
		{"/a;v=1/b", PathOK},
		{"", NotAbsolute},
		{"users", NotAbsolute},
		{"*", NotAbsolute},
		{"?", NotAbsolute},
		{"*?", NotAbsolute},
		{"http://h/", NotAbsolute},
		{"/.", DotSegment},
		{"/..", DotSegment},
		{"/./a", DotSegment},
		{"/a/../b", DotSegment},
		{"/a/..?q", DotSegment},
		{"/%2e%2E/b", DotSegment},
		{"/.%2e", DotSegment},
		{"/a/%2e", DotSegment},
		{"/..;x/b", DotSegment},
		{`/a\..\b`, DotSegment},
		{"/a%5c..%5Cb", DotSegment},
		{"/a%2Fb", EncodedSlash},
		{"/a%2fb", EncodedSlash},
		{"/%", BadEscape},
		{"/%4", BadEscape},
		{"/%4g", BadEscape},
		{"/%00", BadEscape},
		{"/%zz/..", BadEscape},
	} {
		if got := CheckPath([]byte("GET"), []byte(c.path)); got != c.want {
			t.Errorf("%q: got %v, want %v", c.path, got, c.want)
		}
	}
	if got := CheckPath([]byte("OPTIONS"), []byte("*")); got != PathOK {
		t.Errorf("OPTIONS *: got %v, want it to pass", got)
	}
	if got := CheckPath([]byte("OPTIONS"), []byte("*?")); got != NotAbsolute {
		t.Errorf("OPTIONS *?: got %v, want %v", got, NotAbsolute)
	}
}

// FuzzCheckPath holds the check to what it promises about the decoded path.
func FuzzCheckPath(f *testing.F) {
	for _, s := range []string{"/a/../b", "/%2e%2e/", "/a%2Fb", `/\..`, "/..;x", "/%", "*", "/a?%"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, path string) {
		fault := CheckPath([]byte("GET"), []byte(path))
		raw, _, _ := strings.Cut(path, "?")
		decoded, err := url.PathUnescape(raw)
		want := err == nil && strings.HasPrefix(raw, "/") && !strings.Contains(strings.ToLower(raw), "%2f") && !strings.Contains(strings.ToLower(raw), "%00")
		for segment := range strings.FieldsFuncSeq(decoded, func(r rune) bool { return r == '/' || r == '\\' }) {
			segment, _, _ = strings.Cut(segment, ";")
			want = want && segment != "." && segment != ".."
		}
		if (fault == PathOK) != want {
			t.Errorf("%q: got %v, want it to pass: %v", path, fault, want)
		}
	})
}
