package accept

import (
	"bytes"
	"io"
)

// maxLine is how much is read in search of the end of the first line. A request
// line that is longer is left to the HTTP/1.1 server to refuse.
const maxLine = 8 << 10

// sniff reads the first line, of which head was read before, and reports whether
// the peer speaks HTTP/2: whether it is anything but the request line of HTTP/1.
// What is neither is left to the HTTP/2 side, which ends a connection without the
// preface (RFC 9113 §3.4).
func sniff(r io.Reader, head []byte) (all []byte, h2 bool, err error) {
	buf := append(head, make([]byte, firstLine)...)
	n := len(head)
	for {
		m, err := r.Read(buf[n:])
		n += m
		if i := bytes.IndexByte(buf[:n], '\n'); i >= 0 {
			return buf[:n], !requestLine(buf[:i]), nil
		}
		switch {
		case err != nil:
			return nil, false, err
		case n >= maxLine:
			return buf[:n], false, nil
		case n == len(buf):
			buf = append(buf, make([]byte, len(buf))...)
		}
	}
}

// requestLine reports whether a line ends as an HTTP/1 request line does
// (RFC 9112 §3). An empty line may come before one (§2.2).
func requestLine(line []byte) bool {
	line = bytes.TrimSuffix(line, []byte("\r"))
	return len(line) == 0 || bytes.HasSuffix(line, []byte(" HTTP/1.1")) || bytes.HasSuffix(line, []byte(" HTTP/1.0"))
}
