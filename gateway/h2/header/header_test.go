package header

import (
	"strings"
	"testing"

	"github.com/hopscope/hopscope/gateway/h2/rule"
)

func list(kv ...string) *List {
	l := new(List)
	for i := 0; i < len(kv); i += 2 {
		l.Add(kv[i], kv[i+1])
	}
	return l
}

func TestListOwnsItsBytes(t *testing.T) {
	name, value := []byte("name"), []byte("value")
	l := new(List)
	l.AddBytes(name, value, true)
	name[0], value[0] = 'X', 'X'
	c := new(List)
	c.CopyFrom(l)
	l.Reset()
	l.Add("other", "thing")
	d := list("a", "b")
	d.AddFrom(c, 0)
	if string(c.Name(0)) != "name" || string(d.Value(1)) != "value" || !d.Sensitive(1) || d.Sensitive(0) {
		t.Fatalf("copy %q=%q, second copy %q", c.Name(0), c.Value(0), d.Value(1))
	}
	if c.Size() != len("namevalue")+32 || d.Size() != c.Size()+2+32 {
		t.Fatalf("sizes %d, %d", c.Size(), d.Size())
	}
}

func TestTokensAreTheirNames(t *testing.T) {
	for tok := Method; tok < NumTokens; tok++ {
		if tok == PseudoUnknown {
			continue
		}
		if got := Lookup([]byte(tok.String())); got != tok {
			t.Errorf("%q has token %d, want %d", tok.String(), got, tok)
		}
	}
	if Lookup([]byte(":x")) != PseudoUnknown || Lookup([]byte("x")) != Unknown || Lookup(nil) != Unknown {
		t.Error("a name that is not known has a token")
	}
}

func TestLengthsOfABody(t *testing.T) {
	for value, want := range map[string]int64{"0": 0, "12": 12, "9223372036854775807": 1<<63 - 1, "": -2, "-1": -2, "+1": -2, "1 ": -2, "0x1": -2, "9223372036854775808": -2, "99999999999999999999": -2} {
		r, v := ValidateRequest(list(":method", "POST", ":scheme", "http", ":path", "/", "content-length", value))
		if (v != rule.None) != (want == -2) || v == rule.None && r.ContentLength != want {
			t.Errorf("content-length %q: %d, %v", value, r.ContentLength, v)
		}
	}
}

func TestResponses(t *testing.T) {
	for name, c := range map[string]struct {
		fields []string
		want   rule.Violation
	}{
		"good":              {[]string{":status", "200", "a", "b"}, rule.None},
		"two statuses":      {[]string{":status", "200", ":status", "200"}, rule.BadPseudoField},
		"a path":            {[]string{":status", "200", ":path", "/"}, rule.BadPseudoField},
		"status with space": {[]string{":status", "20 "}, rule.BadStatus},
		"status 099":        {[]string{":status", "099"}, rule.BadStatus},
		"none":              {[]string{"a", "b"}, rule.BadStatus},
		"splitting":         {[]string{":status", "200", "a", "b\r\nc: d"}, rule.BadFieldValue},
		"transfer-encoding": {[]string{":status", "200", "transfer-encoding", "chunked"}, rule.ConnectionField},
	} {
		if _, v := ValidateResponse(list(c.fields...)); v != c.want {
			t.Errorf("%s: %v, want %v", name, v, c.want)
		}
	}
	if v := ValidateTrailers(list(":status", "200")); v != rule.BadPseudoField {
		t.Errorf("pseudo-field in trailers: %v", v)
	}
}

// FuzzValidateRequest: what passes has one method, path and scheme, names in
// lower case, and no byte that could end a field.
func FuzzValidateRequest(f *testing.F) {
	f.Add(":method\x00GET\x00:scheme\x00http\x00:path\x00/\x00host\x00a")
	f.Add(":method\x00CONNECT\x00:authority\x00a:1")
	f.Add(":method\x00GET\x00:scheme\x00http\x00:path\x00/ \x00x\x00\r\n")
	f.Fuzz(func(t *testing.T, s string) {
		l := new(List)
		parts := strings.Split(s, "\x00")
		for i := 0; i+1 < len(parts); i += 2 {
			l.Add(parts[i], parts[i+1])
		}
		r, v := ValidateRequest(l)
		if v != rule.None {
			return
		}
		seen := map[string]int{}
		for i := range l.Len() {
			name, value := string(l.Name(i)), string(l.Value(i))
			seen[name]++
			if name != strings.ToLower(name) || name == "" || strings.ContainsAny(name[1:], ":\r\n ") || strings.ContainsAny(value, "\r\n\x00") || value != strings.Trim(value, " \t") {
				t.Fatalf("%q: %q passed", name, value)
			}
			if Lookup([]byte(name)).IsConnectionSpecific() {
				t.Fatalf("%q passed", name)
			}
		}
		if seen[":method"] != 1 || seen[":path"] > 1 || !r.Connect && (seen[":path"] != 1 || seen[":scheme"] != 1) {
			t.Fatalf("%q passed", s)
		}
	})
}
