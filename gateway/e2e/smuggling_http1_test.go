package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// rawRequest is what an HTTP/1.1 client sends, and what has to come of it.
type rawRequest struct {
	name string
	text string
	want []int    // the statuses of the responses on the connection
	seen []string // by the origin
	kind string   // of hopscope_malformed_total; "": none
}

func rawRequests() []rawRequest {
	const host = "Host: victim.test\r\n"
	const second = "GET /smuggled HTTP/1.1\r\n" + host + "\r\n"
	chunked := "POST /smuggled HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n"
	refused := func(name, text string, status int, kind string) rawRequest {
		return rawRequest{name: name, text: text, want: []int{status}, kind: kind}
	}
	return []rawRequest{
		refused("conflicting content-length", "POST /smuggled HTTP/1.1\r\n"+host+"Content-Length: 5\r\nContent-Length: 0\r\n\r\nhello"+second, 400, "content_length"),
		refused("a list of content-length", "POST /smuggled HTTP/1.1\r\n"+host+"Content-Length: 5, 5\r\n\r\nhello"+second, 400, "content_length"),
		refused("content-length with a sign", "POST /smuggled HTTP/1.1\r\n"+host+"Content-Length: +5\r\n\r\nhello"+second, 400, "content_length"),
		refused("content-length below zero", "POST /smuggled HTTP/1.1\r\n"+host+"Content-Length: -5\r\n\r\nhello"+second, 400, "content_length"),
		refused("content-length beyond 2^63", "POST /smuggled HTTP/1.1\r\n"+host+"Content-Length: 9223372036854775808\r\n\r\nhello"+second, 400, "content_length"),
		refused("two transfer-encodings", "POST /smuggled HTTP/1.1\r\n"+host+"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n"+second, 501, "transfer_encoding"),
		refused("another transfer-encoding", "POST /smuggled HTTP/1.1\r\n"+host+"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"+second, 501, "transfer_encoding"),
		refused("transfer-encoding in disguise", "POST /smuggled HTTP/1.1\r\n"+host+"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"+second, 501, "transfer_encoding"),
		refused("transfer-encoding with a space before the colon", "POST /smuggled HTTP/1.1\r\n"+host+"Transfer-Encoding : chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n", 400, "field_name"),
		refused("a field that begins with a space", "POST /smuggled HTTP/1.1\r\n Transfer-Encoding: chunked\r\n"+host+"\r\n", 400, "folded_field"),
		refused("no Host", "GET /smuggled HTTP/1.1\r\n\r\n", 400, "authority"),
		refused("two Hosts", "GET /smuggled HTTP/1.1\r\n"+host+host+"\r\n", 400, "authority"),
		refused("Host with user information", "GET /smuggled HTTP/1.1\r\nHost: user@victim.test\r\n\r\n", 400, "authority"),
		refused("Host with a path", "GET /smuggled HTTP/1.1\r\nHost: victim.test/other\r\n\r\n", 400, "authority"),
		refused("a name with a space", "GET /smuggled HTTP/1.1\r\n"+host+"a b: c\r\n\r\n", 400, "field_name"),
		refused("an empty name", "GET /smuggled HTTP/1.1\r\n"+host+": c\r\n\r\n", 400, "field_name"),
		refused("no colon", "GET /smuggled HTTP/1.1\r\n"+host+"abc\r\n\r\n", 400, "field_name"),
		refused("a value with CR", "GET /smuggled HTTP/1.1\r\n"+host+"a: b\rc: d\r\n\r\n", 400, "line_end"),
		refused("a value with NUL", "GET /smuggled HTTP/1.1\r\n"+host+"a: b\x00c\r\n\r\n", 400, "field_value"),
		refused("white space before the request line", " GET /smuggled HTTP/1.1\r\n"+host+"\r\n", 400, "request_line"),
		refused("two spaces in the request line", "GET  /smuggled HTTP/1.1\r\n"+host+"\r\n", 400, "request_line"),
		refused("a target with a space", "GET /smuggled x HTTP/1.1\r\n"+host+"\r\n", 400, "request_line"),
		refused("a target with a fragment", "GET /smuggled#a HTTP/1.1\r\n"+host+"\r\n", 400, "path"),
		refused("a target without a slash", "GET smuggled HTTP/1.1\r\n"+host+"\r\n", 400, "header_block"),
		refused("an absolute target with user information", "GET http://user@victim.test/smuggled HTTP/1.1\r\n"+host+"\r\n", 400, "authority"),
		refused("an absolute target of another scheme", "GET ftp://victim.test/smuggled HTTP/1.1\r\n"+host+"\r\n", 400, "path"),
		refused("a dot segment", "GET /a/../smuggled HTTP/1.1\r\n"+host+"Connection: close\r\n\r\n", 400, ""),
		// Neither HTTP/2 nor HTTP/1.1: there is no language for an answer.
		{name: "HTTP/0.9", text: "GET /smuggled\r\n\r\n", kind: "preface"},
		{name: "HTTP/1.1x", text: "GET /smuggled HTTP/1.1x\r\n" + host + "\r\n", kind: "preface"},
		{name: "HTTP/3.0", text: "GET /smuggled HTTP/3.0\r\n" + host + "\r\n", kind: "preface"},
		refused("a chunk size beyond 2^64", chunked+"10000000000000005\r\nhello\r\n0\r\n\r\n"+second, 400, "frame_size"),
		refused("a chunk size with a sign", chunked+"+5\r\nhello\r\n0\r\n\r\n"+second, 400, "frame_size"),
		refused("a chunk size with 0x", chunked+"0x5\r\nhello\r\n0\r\n\r\n"+second, 400, "frame_size"),
		refused("an empty chunk size", chunked+"\r\nhello\r\n0\r\n\r\n"+second, 400, "frame_size"),
		refused("a chunk larger than it says", chunked+"3\r\nhello\r\n0\r\n\r\n"+second, 400, "frame_size"),
		refused("a chunk size line with a bare LF", chunked+"5\nhello\r\n0\r\n\r\n"+second, 400, "line_end"),
		refused("a chunk that ends with a bare LF", chunked+"5\r\nhello\n0\r\n\r\n"+second, 400, "line_end"),
		refused("an endless chunk extension", chunked+"5;"+strings.Repeat("a", 8000)+"\r\nhello\r\n0\r\n\r\n"+second, 400, "frame_size"),
		refused("trailers with content-length", "POST /smuggled HTTP/1.1\r\n"+host+"Transfer-Encoding: chunked\r\nTrailer: Content-Length\r\n\r\n5\r\nhello\r\n0\r\nContent-Length: 9\r\n\r\n", 400, "header_block"),
		refused("a header list too large", "GET /smuggled HTTP/1.1\r\n"+host+"a: "+strings.Repeat("b", 17_000)+"\r\nConnection: close\r\n\r\n", 431, "header_list_too_large"),
		refused("an endless header", "GET /smuggled HTTP/1.1\r\n"+host+strings.Repeat("a: b\r\n", 100_000), 431, "header_list_too_large"),
		refused("an upgrade", "GET /smuggled HTTP/1.1\r\n"+host+"Connection: upgrade, close\r\nUpgrade: websocket\r\n\r\n", 501, ""),
		// RFC 9112 would let a recipient take these. Not all take them for the same.
		refused("transfer-encoding and content-length", "POST /smuggled HTTP/1.1\r\n"+host+"Content-Length: 60\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"+second, 400, "transfer_encoding"),
		refused("transfer-encoding and content-length of nothing", "POST /smuggled HTTP/1.1\r\n"+host+"Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n"+second, 400, "transfer_encoding"),
		refused("transfer-encoding in HTTP/1.0", "POST /smuggled HTTP/1.0\r\n"+host+"Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"+second, 400, "transfer_encoding"),
		refused("equal content-length", "POST /smuggled HTTP/1.1\r\n"+host+"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"+second, 400, "content_length"),
		refused("a folded field", "GET /smuggled HTTP/1.1\r\n"+host+"a: b\r\n Transfer-Encoding: chunked\r\n\r\n"+second, 400, "folded_field"),
		refused("a line that ends with a bare LF", "GET /smuggled HTTP/1.1\r\n"+host+"a: b\nc: d\r\n\r\n"+second, 400, "line_end"),
		refused("a request line that ends with a bare LF", "GET /smuggled HTTP/1.1\n"+host+"\r\n", 400, "line_end"),
		refused("a header that ends with a bare LF", "GET /smuggled HTTP/1.1\r\n"+host+"\n"+second, 400, "line_end"),
		refused("a chunk extension without a name", chunked+"5;\r\nhello\r\n0\r\n\r\n"+second, 400, "frame_size"),
		refused("a chunk extension after white space", chunked+"5 ;a=b\r\nhello\r\n0\r\n\r\n"+second, 400, "frame_size"),
		refused("a chunk size with white space after it", chunked+"5 \r\nhello\r\n0\r\n\r\n"+second, 400, "frame_size"),
		refused("a chunk extension that ends with a bare LF", chunked+"5;a\nhello\r\n0\r\n\r\n"+second, 400, "line_end"),
		refused("a folded trailer", chunked+"0\r\nX-A: b\r\n c\r\n\r\n"+second, 400, "folded_field"),
		refused("a trailer with a bare LF", chunked+"0\r\nX-A: b\n\r\n"+second, 400, "line_end"),
		{
			name: "transfer-encoding and content-length behind a good request", want: []int{200, 400}, seen: []string{`GET /one ""`}, kind: "transfer_encoding",
			text: "GET /one HTTP/1.1\r\n" + host + "\r\nPOST /smuggled HTTP/1.1\r\n" + host + "Content-Length: 60\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + second,
		},
		// What is unusual, and clear, is passed on as one request, made anew.
		{
			name: "a chunk extension", want: []int{200}, seen: []string{`POST /one "hello"`},
			text: "POST /one HTTP/1.1\r\n" + host + "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\n\r\n",
		},
		{
			name: "an absolute target and another Host", want: []int{200}, seen: []string{`GET /one ""`},
			text: "GET http://victim.test/one HTTP/1.1\r\nHost: other.test\r\nConnection: close\r\n\r\n",
		},
		{
			name: "connection that lists content-length", want: []int{200}, seen: []string{`POST /one "hello"`},
			text: "POST /one HTTP/1.1\r\n" + host + "Connection: close, content-length\r\nContent-Length: 5\r\n\r\nhello",
		},
		{
			name: "two requests at once", want: []int{200, 200}, seen: []string{`POST /one "GET /smuggled"`, `GET /two ""`},
			text: "POST /one HTTP/1.1\r\n" + host + "Content-Length: 13\r\n\r\nGET /smuggledGET /two HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n",
		},
	}
}

func total(counts map[string]float64) (sum float64) {
	for _, n := range counts {
		sum += n
	}
	return sum
}

// No malformed request of an HTTP/1.1 client reaches an origin whole, and its
// connection ends, so that nothing behind it is taken for a request; what could
// be taken for two things is malformed too.
func TestSmugglingOverHTTP1(t *testing.T) {
	for _, protocol := range []string{"h2c", "http1"} {
		t.Run("to "+protocol, func(t *testing.T) {
			w := startWitness(t)
			g := startGateway(t, strings.Replace(plainConfig(w.address), "h2c", protocol, 1))
			told := make(map[string]float64)
			for _, c := range rawRequests() {
				t.Run(c.name, func(t *testing.T) {
					if got := c.send(t, g.address["edge"]); !slices.Equal(got, c.want) {
						t.Errorf("answered with %v, want %v", got, c.want)
					}
					if seen := w.take(); !slices.Equal(seen, c.seen) {
						t.Errorf("the origin saw %q, want %q", seen, c.seen)
					}
					if c.kind != "" {
						told[c.kind]++
					}
					// Each is counted, once, whoever has refused it.
					eventually(t, "it is counted as "+c.kind, func() (bool, string) {
						page, _ := g.adminGet("/metrics", "")
						n, _ := metric(page, "hopscope_malformed_total", `side="downstream"`, "kind="+strconv.Quote(c.kind))
						sum, _ := metric(page, "hopscope_malformed_total", `side="downstream"`)
						return n == told[c.kind] && sum == total(told), fmt.Sprintf("%v, want %v; %v in all, want %v", n, told[c.kind], sum, total(told))
					})
				})
			}
			if n := g.counter("hopscope_connections_closed_total", `side="downstream"`, `reason="protocol_error"`); n == 0 {
				t.Error("no connection was closed for it")
			}
		})
	}
}

// send returns the statuses of all responses until the gateway ends the
// connection.
func (r rawRequest) send(t *testing.T, address string) []int {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(patience))
	go func() { _, _ = io.WriteString(c, r.text) }() // it may be cut off
	var got []int
	for in := bufio.NewReader(c); ; {
		response, err := http.ReadResponse(in, nil)
		if err != nil {
			return got
		}
		_, _ = io.Copy(io.Discard, response.Body)
		response.Body.Close()
		got = append(got, response.StatusCode)
	}
}
