package http1

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/hopscope/hopscope/gateway/h2/header"
)

// newRequest makes net/http's form of a request header block. It adds nothing of
// its own. Body is left nil if one is to come.
func newRequest(scheme, address string, head *header.List, end bool) *http.Request {
	req := &http.Request{
		Method: http.MethodGet, URL: &url.URL{Scheme: scheme, Host: address},
		Header:     http.Header{"User-Agent": nil}, // nil: net/http is not to name itself
		ProtoMajor: 1, ProtoMinor: 1, ContentLength: -1,
	}
	for i := range head.Len() {
		value := head.Value(i)
		switch head.Token(i) {
		case header.Method:
			req.Method = string(value)
		case header.Authority, header.Host:
			req.Host = string(value)
		case header.Path:
			setTarget(req.URL, string(value))
		case header.ContentLength:
			if n, err := strconv.ParseInt(string(value), 10, 64); err == nil {
				req.ContentLength = n
			}
		case header.Cookie:
			joinCookies(req.Header, clean(value))
		case header.TE:
			req.Header["Te"], req.Header["Connection"] = []string{"trailers"}, []string{"TE"} // RFC 9110 §10.1.4
		case header.Trailer:
			req.Trailer = announced(req.Trailer, clean(value))
		default:
			if !head.Token(i).IsPseudo() {
				setField(req.Header, head, i)
			}
		}
	}
	setFraming(req, end)
	return req
}

// setTarget sets the request target as it is, without another encoding.
func setTarget(u *url.URL, path string) {
	path, query, has := strings.Cut(path, "?")
	u.RawQuery, u.ForceQuery = query, has && query == ""
	if !strings.HasPrefix(path, "//") {
		u.Opaque = path
		return
	}
	// net/url takes an opaque part that begins so for an authority.
	u.RawPath = path
	if p, err := url.PathUnescape(path); err == nil {
		u.Path = p
	} else {
		u.Path = path
	}
}

// joinCookies joins the crumbs of HTTP/2 (RFC 9113 §8.2.3).
func joinCookies(h http.Header, crumb string) {
	if c := h["Cookie"]; len(c) > 0 {
		c[0] += "; " + crumb
		return
	}
	h["Cookie"] = []string{crumb}
}

// announced adds the names of a trailer field to t. Those that frame a message
// cannot be trailers (RFC 9110 §6.5.1), and net/http refuses to send them.
func announced(t http.Header, names string) http.Header {
	if t == nil {
		t = make(http.Header)
	}
	for name := range options([]string{names}) {
		switch key := http.CanonicalHeaderKey(name); key {
		case "Content-Length", "Transfer-Encoding", "Trailer":
		default:
			t[key] = nil
		}
	}
	return t
}

// setFraming decides how the body is delimited: not at all, by its length, or in
// chunks if the length is not known or trailers are announced. net/http is told
// explicitly, because it would wait for the body's first byte to decide.
func setFraming(req *http.Request, end bool) {
	switch {
	case end || req.ContentLength == 0 && req.Trailer == nil:
		req.Body, req.ContentLength, req.Trailer = http.NoBody, 0, nil
	case req.ContentLength < 0 || req.Trailer != nil:
		req.ContentLength, req.TransferEncoding = -1, []string{"chunked"}
		if req.Trailer == nil {
			req.Trailer = make(http.Header) // they may come unannounced
		}
	}
}
