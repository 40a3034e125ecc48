package hostile

import "github.com/hopscope/hopscope/cmd/hoplab/internal/bench/raw"

// malformed returns the attack by requests that must not be passed on.
func malformed() []Attack {
	forms := smuggled()
	return []Attack{{
		ID: "malformed", Title: "flood of malformed requests, in forms that smuggle", Rate: 10_000, Right: []string{calm, protocol}, Unreached: true,
		Step: func(c *Conn, i int) { c.headers(c.fields(forms[i%len(forms)]...), true) },
	}}
}

// smuggled returns requests that a later hop may read as something else, each as
// names and values by turns.
func smuggled() [][]string {
	get := func(more ...string) []string {
		return append([]string{":method", "GET", ":scheme", "http", ":path", raw.Marked, ":authority", authority}, more...)
	}
	return [][]string{
		get("transfer-encoding", "chunked"),
		get("connection", "keep-alive"),
		get("keep-alive", "timeout=5"),
		get("proxy-connection", "close"),
		get("upgrade", "h2c"),
		get("te", "gzip"),
		get("content-length", "1"),
		get("content-length", "-1"),
		get("content-length", "0", "content-length", "1"),
		get("x-lf", "a\nhost: evil"),
		get("x-crlf", "a\r\n\r\nGET /evil HTTP/1.1"),
		get("x-nul", "a\x00b"),
		get("x-edge", " a"),
		get("X-Upper", "a"),
		get("x colon:", "a"),
		get("", "empty"),
		get(":path", "/evil"),
		get(":status", "200"),
		get(":unknown", "a"),
		get("host", "evil.test"),
		{":method", "GET", "x-before", "a", ":scheme", "http", ":path", raw.Marked, ":authority", authority},
		{":method", "GET", ":scheme", "http", ":authority", authority},
		{":method", "GET", ":scheme", "http", ":path", "", ":authority", authority},
		{":method", "GET /evil HTTP/1.1", ":scheme", "http", ":path", raw.Marked, ":authority", authority},
		{":method", "GET", ":scheme", "http", ":path", raw.Marked + " HTTP/1.1", ":authority", authority},
		{":method", "GET", ":scheme", "http", ":path", raw.Marked, ":authority", "user@" + authority},
		{":method", "GET", ":scheme", "http", ":path", raw.Marked, ":authority", authority + "/evil"},
	}
}
