package tracing

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
)

// FuzzHex holds both directions to the standard library.
func FuzzHex(f *testing.F) {
	f.Add([]byte{0x00, 0x09, 0x0a, 0x0f, 0x90, 0x99, 0xa0, 0xff, 0x5a, 0xa5, 0x12, 0xef}, "0aF")
	f.Add([]byte(strings.Repeat("\xff", 16)), "g")
	f.Fuzz(func(t *testing.T, b []byte, digits string) {
		b = b[:len(b)/4*4]
		text := appendHex([]byte("x"), b)
		if want := "x" + hex.EncodeToString(b); string(text) != want {
			t.Fatalf("%x is written %s", b, text)
		}
		back := bytes.Repeat([]byte{0xaa}, len(b))
		if len(b) > 0 && (!parseLowerHex(back, text[1:]) || !bytes.Equal(back, b)) {
			t.Fatalf("%s is read as %x", text[1:], back)
		}
		var got, want [8]byte
		padded := digits
		if len(digits) < 16 {
			padded = strings.Repeat("0", 16-len(digits)) + digits
		}
		n, err := hex.Decode(make([]byte, len(padded)), []byte(padded))
		valid := err == nil && n == len(want) && digits != ""
		if ok := parseHex(got[:], []byte(digits)); ok != valid {
			t.Fatalf("%q is taken: %v", digits, ok)
		}
		lower := valid && digits == strings.ToLower(digits)
		if ok := parseLowerHex(got[:], []byte(digits)); ok != lower {
			t.Fatalf("%q is taken where capitals are not: %v", digits, ok)
		}
		if valid {
			_, _ = hex.Decode(want[:], []byte(padded))
			if parseHex(got[:], []byte(digits)); got != want {
				t.Fatalf("%q is read as %x", digits, got)
			}
		}
	})
}
