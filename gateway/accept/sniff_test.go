package accept

import (
	"strings"
	"testing"
	"testing/iotest"
)

func TestSniff(t *testing.T) {
	for input, want := range map[string]bool{
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n":       true,
		"GET / HTTP/1.1\r\nHost: a\r\n\r\n":      false,
		"GET / HTTP/1.0\n\n":                     false,
		"PRINT / HTTP/1.1\r\n\r\n":               false,
		"INVALID CONNECTION PREFACE\r\n\r\n":     true,
		"\x16\x03\x01\x02\x00\x01\n":             true,
		"\r\nGET / HTTP/1.1\r\n\r\n":             false,
		"GET /" + strings.Repeat("a", 2*maxLine): false,
	} {
		head, h2, err := sniff(iotest.OneByteReader(strings.NewReader(input[1:])), []byte(input[:1]))
		if err != nil || h2 != want || !strings.HasPrefix(input, string(head)) {
			t.Errorf("%.40q: HTTP/2 %v, %v; read %q", input, h2, err, head)
		}
	}
	if _, _, err := sniff(strings.NewReader("PRI * HTT"), nil); err == nil {
		t.Error("a line that is cut is accepted")
	}
}
