package http1

import (
	"strings"
	"testing"

	"github.com/hopscope/hopscope/gateway/h2/rule"
)

const (
	host  = "Host: a\r\n"
	post  = "POST / HTTP/1.1\r\n" + host
	coded = post + "Transfer-Encoding: chunked\r\n\r\n"
)

// doubtful is what two readers of HTTP/1.1 could take for different things, and
// the rule that it breaks. net/http lets much of it pass.
func doubtful() map[string]rule.Violation {
	return map[string]rule.Violation{
		post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n":      rule.BadTransferEncoding,
		post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n":      rule.BadTransferEncoding,
		post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n": rule.BadTransferEncoding,
		post + "Transfer-Encoding: chunked, chunked\r\n":                      rule.BadTransferEncoding,
		post + "Transfer-Encoding: gzip, chunked\r\n":                         rule.BadTransferEncoding,
		post + "Transfer-Encoding: xchunked\r\n":                              rule.BadTransferEncoding,
		post + "Transfer-Encoding: \r\n":                                      rule.BadTransferEncoding,
		"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n":               rule.BadTransferEncoding,
		post + "Content-Length: 5\r\nContent-Length: 5\r\n":                   rule.BadContentLength,
		post + "Content-Length: 5, 5\r\n":                                     rule.BadContentLength,
		post + "Content-Length: 5 5\r\n":                                      rule.BadContentLength,
		post + "Content-Length: +5\r\n":                                       rule.BadContentLength,
		post + "Content-Length: 0x5\r\n":                                      rule.BadContentLength,
		post + "Content-Length:\r\n":                                          rule.BadContentLength,
		post + "Content-Length: 9223372036854775808\r\n":                      rule.BadContentLength,
		post + "a: b\r\n c\r\n":                                               rule.FoldedField,
		post + "a: b\r\n\tc\r\n":                                              rule.FoldedField,
		"GET / HTTP/1.1\r\n " + host:                                          rule.FoldedField,
		post + "a: b\rc\r\n":                                                  rule.BadLineEnd,
		post + "a: b\n":                                                       rule.BadLineEnd,
		post + "a: b\r\r\n":                                                   rule.BadLineEnd,
		post + "\n":                                                           rule.BadLineEnd,
		"GET / HTTP/1.1\n":                                                    rule.BadLineEnd,
		coded + "5\nhello\r\n":                                                rule.BadLineEnd,
		coded + "5;a\nhello\r\n":                                              rule.BadLineEnd,
		coded + "5\r\nhello\n":                                                rule.BadLineEnd,
		coded + "0\r\nX-A: b\n\r\n":                                           rule.BadLineEnd,
		post + "a : b\r\n":                                                    rule.BadFieldName,
		post + "a b: c\r\n":                                                   rule.BadFieldName,
		post + ": c\r\n":                                                      rule.BadFieldName,
		post + "abc\r\n":                                                      rule.BadFieldName,
		post + "\x00a: b\r\n":                                                 rule.BadFieldName,
		coded + "0\r\nX-A : b\r\n\r\n":                                        rule.BadFieldName,
		post + "a: b\x00c\r\n":                                                rule.BadFieldValue,
		post + "Transfer-Encoding: \x0bchunked\r\n":                           rule.BadFieldValue,
		"GET  / HTTP/1.1\r\n":                                                 rule.BadRequestLine,
		" GET / HTTP/1.1\r\n":                                                 rule.BadRequestLine,
		"GET /a b HTTP/1.1\r\n":                                               rule.BadRequestLine,
		"GET /a\tb HTTP/1.1\r\n":                                              rule.BadRequestLine,
		"GET / HTTP/1.1 \r\n":                                                 rule.BadRequestLine,
		"GET / HTTP/1.2\r\n":                                                  rule.BadRequestLine,
		"GET / HTTP/1.\r\n":                                                   rule.BadRequestLine,
		"GET /\r\n":                                                           rule.BadRequestLine,
		"\r\nGET / HTTP/1.1\r\n":                                              rule.BadRequestLine,
		"GET / HTTP/1.1\r\n" + host + "\r\n\r\nGET":                           rule.BadRequestLine,
		post + "Content-Length: 0\r\n\r\n" + strings.Repeat("\r\n", 3):        rule.BadRequestLine,
		"GET / HTTP/1.1\r\n\r\n":                                              rule.BadAuthority,
		"GET / HTTP/1.1\r\n" + host + host + "\r\n":                           rule.BadAuthority,
		coded + "\r\n":                                                        rule.BadFrameSize,
		coded + "+5\r\n":                                                      rule.BadFrameSize,
		coded + "0x5\r\n":                                                     rule.BadFrameSize,
		coded + " 5\r\n":                                                      rule.BadFrameSize,
		coded + "5 \r\n":                                                      rule.BadFrameSize,
		coded + "5 ;a\r\n":                                                    rule.BadFrameSize,
		coded + "5;\r\n":                                                      rule.BadFrameSize,
		coded + "5; a\r\n":                                                    rule.BadFrameSize,
		coded + "5;a\x00\r\n":                                                 rule.BadFrameSize,
		coded + ";a\r\n":                                                      rule.BadFrameSize,
		coded + "5;" + strings.Repeat("a", maxExtension+1):                    rule.BadFrameSize,
		coded + "10000000000000005\r\n":                                       rule.BadFrameSize,
		coded + "3\r\nhello\r\n":                                              rule.BadFrameSize,
	}
}

func TestDoubtfulFramingBreaksARule(t *testing.T) {
	for in, want := range doubtful() {
		var f framing
		f.read([]byte(in))
		if f.broken != want {
			t.Errorf("%.90q: %s, want %s", in, f.broken, want)
		}
	}
}

func TestPlainFramingIsRead(t *testing.T) {
	for in, heads := range map[string]int{
		"GET / HTTP/1.0\r\n\r\n": 1,
		"GET / HTTP/1.1\r\nhOST: \t a \r\nContent-Length:\t0 \r\n\r\n":                      1,
		post + "Content-Length: 5\r\n\r\nhello" + post + "\r\n":                             2,
		post + "Content-Length: 3\r\n\r\n\r\n\r" + post + "\r\n":                            2,
		post + "Content-Length: 0\r\n\r\n\r\n\r\n" + post + "\r\n":                          2,
		post + "transfer-encoding: \tCHUNKED \r\n\r\n5\r\nhello\r\n0\r\n\r\n":               1,
		coded + "0005;a=\"b c\";d\r\nhello\r\nA\r\n0123456789\r\n0\r\n\r\n" + post + "\r\n": 2,
		coded + "0\r\nContent-Length: 7\r\nX: y\r\n\r\n" + post + "\r\n":                    2,
		"OPTIONS * HTTP/1.1\r\n" + host + "x:\r\ny: \xff\t!\r\n\r\n":                        1,
	} {
		for _, size := range []int{1, 3, len(in)} {
			var f framing
			for rest := in; rest != ""; rest = rest[min(size, len(rest)):] {
				f.read([]byte(rest[:min(size, len(rest))]))
			}
			if f.broken != rule.None || f.heads != heads || !f.between() {
				t.Errorf("%q in pieces of %d: %d requests, broken: %s, at place %d", in, size, f.heads, f.broken, f.place)
			}
		}
	}
}
