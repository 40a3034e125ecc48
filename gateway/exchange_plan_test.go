package gateway_test

import (
	"fmt"
	"maps"
	"net/http"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/hopscope/hopscope/gateway/h2/header"
)

// message is one direction of an exchange.
type message struct {
	header, trailer http.Header
	body            []byte
	pieces          []int // how the body is written
	declared        bool  // content-length says how long it is
}

// plan is an exchange: what the client sends, what the origin answers, and what
// the origin then got.
type plan struct {
	method, path      string
	request, response message
	status            int
	early             int  // 1xx responses
	ignores           bool // the origin answers without reading the body
	cut               bool // and breaks off before the end
	way               int  // one of differential.ways

	got *plan // filled in by the origin
}

// bodyless reports whether the response has no body whatever the origin writes.
func (p *plan) bodyless() bool {
	return p.method == http.MethodHead || p.status == http.StatusNoContent || p.status == http.StatusNotModified
}

// decisions is where a plan is taken from; used up, they are all zero.
type decisions []byte

func (d *decisions) byte() byte {
	if len(*d) == 0 {
		return 0
	}
	b := (*d)[0]
	*d = (*d)[1:]
	return b
}

func (d *decisions) below(n int) int { return (int(d.byte())<<8 | int(d.byte())) % n }

// text takes a text of at most limit bytes.
func (d *decisions) text(limit int) string {
	n := min(int(d.byte())%(limit+1), len(*d))
	s := string((*d)[:n])
	*d = (*d)[n:]
	return s
}

var methods = []string{"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "PURGE", "M-SEARCH", "get", "!#$%&'*+-.^_`|~"}

func (d *decisions) plan() *plan {
	first := int(d.byte())
	p := &plan{method: methods[first%len(methods)], way: first / len(methods) % numWays, status: 200}
	p.path = d.path()
	flags := d.byte()
	p.request = d.message(flags&1 != 0)
	p.response = d.message(flags&2 != 0)
	if flags&4 != 0 {
		p.status = 200 + d.below(800)
	}
	if flags&8 != 0 {
		p.early = int(d.byte()) % 4
	}
	if p.ignores = flags&0x30 == 0x30; p.ignores {
		// net/http's server takes HEADERS that cross its RST_STREAM for a fault of the
		// connection and ends it, with whatever comes next on it.
		p.request.trailer = nil
	}
	p.cut = flags&0xc0 == 0xc0 && !p.bodyless()
	// Over HTTP/1.1 trailers need chunks.
	p.request.declared = p.request.declared && (p.request.trailer == nil || p.way&oldClient == 0)
	p.response.declared = p.response.declared && (p.response.trailer == nil || p.way&oldOrigin == 0)
	if p.way&oldClient != 0 && len(p.request.body) == 0 {
		p.request.trailer = nil // net/http's client then sends no chunks at all
	}
	if p.way&(oldClient|oldOrigin) != 0 {
		p.ignores = false // over HTTP/1.1 a client may see its own write fail first
	}
	if p.method == "TRACE" { // net/http sends no body with it
		p.request.body, p.request.pieces, p.request.trailer = nil, nil, nil
	}
	return p
}

// path takes a request target that a URL may have and the gateway does not refuse.
func (d *decisions) path() string {
	const legal = "abcXYZ019-_~!$&'()*+,;=:@.?/%"
	b := []byte("/")
	for range int(d.byte()) % 60 {
		switch c := legal[int(d.byte())%len(legal)]; c {
		case '%': // never a slash, a dot, a backslash or NUL
			b = fmt.Appendf(b, "%%%02X", 0x80|d.byte())
		case '.':
			b = append(b, "x."...) // no dot segment
		case '/':
			b = append(b, "/s"...)
		default:
			b = append(b, c)
		}
	}
	return string(b)
}

func (d *decisions) message(withTrailer bool) message {
	m := message{header: d.fields(12)}
	for range int(d.byte()) % 6 {
		n := int(d.byte())
		switch {
		case n >= 0xf8:
			n = 40_000
		case n >= 0x80:
			n = (n - 0x7f) * 100
		}
		m.pieces = append(m.pieces, n)
		for i := range n {
			m.body = append(m.body, byte(i*7^i>>8))
		}
	}
	if m.declared = d.byte()&1 != 0; withTrailer {
		m.trailer = d.fields(5)
		maps.DeleteFunc(m.trailer, func(name string, _ []string) bool { return !httpguts.ValidTrailerHeader(name) })
	}
	return m
}

// fields takes legal fields: what HTTP defines and a gateway changes, or the
// peers of this test do, is left out.
func (d *decisions) fields(most int) http.Header {
	h := make(http.Header)
	for range int(d.byte()) % most {
		name, value := "x-"+d.text(10), strings.Trim(d.text(40), " \t")
		if known := int(d.byte()); known < 0x40 {
			name = knownFields[known%len(knownFields)]
		}
		t := header.Lookup([]byte(strings.ToLower(name)))
		if !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) ||
			t.IsTrace() || t >= header.XForwardedFor && t <= header.XForwardedHost {
			continue
		}
		h.Add(name, value)
	}
	return h
}

var knownFields = []string{"accept", "authorization", "cache-control", "content-type", "etag", "set-cookie", "via", "forwarded", "grpc-status", "server"}
