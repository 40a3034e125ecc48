package http1

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/hopscope/hopscope/gateway/h2/conn"
	"github.com/hopscope/hopscope/gateway/h2/header"
	"github.com/hopscope/hopscope/gateway/h2/rule"
)

// requestHead makes a request header block of what net/http read, or says which
// rule it breaks.
func requestHead(r *http.Request, tls bool, o *Options) (conn.Head, rule.Violation) {
	l := new(header.List)
	l.Add(":method", r.Method)
	authority, path, v := target(r)
	if v != rule.None {
		return conn.Head{}, v
	}
	if r.Method != http.MethodConnect {
		if tls {
			l.Add(":scheme", "https")
		} else {
			l.Add(":scheme", "http")
		}
	}
	if authority != "" {
		l.Add(":authority", authority)
	}
	if r.Method != http.MethodConnect {
		l.Add(":path", path)
	}
	upgrade := upgrades(r.Header)
	if !r.ProtoAtLeast(1, 1) {
		delete(r.Header, "Expect") // RFC 9110 §10.1.1
	}
	addFields(l, r.Header)
	addTrailerNames(l, r.Trailer)
	h := conn.Head{List: l, End: r.Body == http.NoBody, Upgrade: upgrade}
	if h.Request, v = header.ValidateRequest(l); v != rule.None {
		return h, v
	}
	switch {
	case l.Size() > o.MaxHeaderBytes:
		h.Refused = rule.HeaderListTooLarge
	case l.Len() > o.MaxHeaderFields:
		h.Refused = rule.TooManyFields
	}
	return h, rule.None
}

// target returns the authority and path of a request target (RFC 9112 §3.2).
func target(r *http.Request) (authority, path string, v rule.Violation) {
	uri := r.RequestURI
	if r.Method == http.MethodConnect {
		return r.Host, "", rule.None
	}
	if strings.HasPrefix(uri, "/") || uri == "*" {
		return r.Host, uri, rule.None
	}
	// The absolute form, whose authority takes the place of Host.
	scheme, rest, ok := strings.Cut(uri, "://")
	if !ok || !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https") {
		return "", "", rule.BadPath
	}
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	authority, path = rest[:end], rest[end:]
	switch {
	case authority == "":
		return "", "", rule.BadAuthority
	case path == "" && r.Method == http.MethodOptions:
		path = "*" // RFC 9112 §3.2.4
	case path == "" || path[0] == '?':
		path = "/" + path
	}
	return authority, path, rule.None
}

// upgrades reports whether a request asks for another protocol. That to h2c is
// passed over, which RFC 9113 §3.1 deprecates.
func upgrades(h http.Header) bool {
	if !hasOption(h["Connection"], "upgrade") {
		return false
	}
	for option := range options(h["Upgrade"]) {
		if !strings.EqualFold(option, "h2c") {
			return true
		}
	}
	return false
}

// expects reports whether the client waits for 100 (Continue) before it sends
// the body.
func expects(r *http.Request) bool {
	return r.ProtoAtLeast(1, 1) && r.Body != http.NoBody && hasOption(r.Header["Expect"], "100-continue")
}

// refuse answers a request that has not become an exchange, and ends its
// connection.
func refuse(w http.ResponseWriter, status int, format string, args ...any) {
	body := "hopscope: " + fmt.Sprintf(format, args...) + "\n"
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Connection", "close")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body)) // a client that is gone needs no answer
}
