package accept

import (
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestReadHello(t *testing.T) {
	record := func(kind byte, size int) string {
		return string([]byte{kind, 3, 1, byte(size >> 8), byte(size)}) + strings.Repeat("h", size)
	}
	for input, want := range map[string]int{
		record(22, 0) + "next":      5,
		record(22, 500) + "next":    505,
		record(22, 16384) + "next":  16389,
		record(22, 16385):           5,
		record(23, 500):             5,
		"GET / HTTP/1.1\r\nHost: a": 5,
	} {
		head, err := readHello(iotest.OneByteReader(strings.NewReader(input)))
		if err != nil || string(head) != input[:want] {
			t.Errorf("%.20q: read %d bytes, want %d: %v", input, len(head), want, err)
		}
	}
	for _, cut := range []string{"", "\x16\x03", record(22, 500)[:100]} {
		if _, err := readHello(strings.NewReader(cut)); err == nil {
			t.Errorf("%q is a ClientHello", cut)
		}
	}
}

// asked is a reader of some bytes that notes how many it is asked for.
type asked struct {
	io.Reader
	most int
}

func (r *asked) Read(p []byte) (int, error) {
	r.most = max(r.most, len(p))
	return r.Reader.Read(p)
}

func TestReadHelloMakesRoomAsBytesCome(t *testing.T) {
	for sent, want := range map[int]int{0: leastHello, 2000: 2048} {
		r := &asked{Reader: strings.NewReader("\x16\x03\x01\x40\x00" + strings.Repeat("h", sent))}
		if _, err := readHello(r); err == nil || r.most > want {
			t.Errorf("after %d of 16384 bytes there is room for %d more", sent, r.most)
		}
	}
}
