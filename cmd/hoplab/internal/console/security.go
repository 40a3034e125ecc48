package console

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	// pagePolicy lets the page run its own scripts and styles, and ask its own server.
	// Text from outside that became markup could do nothing.
	pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
		"connect-src 'self'; worker-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
	// apiPolicy is for what a browser may be made to show though it is no page: what a
	// source answers must not become one.
	apiPolicy = "default-src 'none'; sandbox; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)

// writeTimeout bounds how long a browser may take for an answer.
const writeTimeout = answerTimeout + 2*bodyTimeout

// guard lets only the console's own page in. There is no login: whoever reaches the
// server may read everything and switch faults, but no other web page, which is what
// a browser would do for anybody.
type guard struct {
	hosts []string
	next  http.Handler
}

func (g guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", pagePolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	// Not every writer has deadlines; those of a server do.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(writeTimeout))
	api := strings.HasPrefix(r.URL.Path, "/api/")
	switch {
	case !g.ours(r):
		problem{
			Status: http.StatusMisdirectedRequest, Reason: "this is not the host " + hostname(r.Host),
			Remedy: "ask for the address that hoplab prints, or start it with --allow-host NAME",
		}.write(w)
	case (api || !safe(r.Method)) && foreign(r):
		problem{
			Status: http.StatusForbidden, Reason: "asked by another web page",
			Remedy: "open the console itself, at http://" + r.Host + "/",
		}.write(w)
	default:
		g.next.ServeHTTP(w, r)
	}
}

// ours reports whether a request's Host names this server. A name that somebody else
// has made to resolve to our address does not: else their page were of our origin
// (DNS rebinding).
func (g guard) ours(r *http.Request) bool {
	name := hostname(r.Host)
	if name == "localhost" || name != "" && slices.ContainsFunc(g.hosts, func(h string) bool { return strings.EqualFold(h, name) }) {
		return true
	}
	ip, err := netip.ParseAddr(name)
	if err != nil {
		return false
	}
	if ip.Unmap().IsLoopback() {
		return true
	}
	local, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	return ok && local.AddrPort().Addr().Unmap().WithZone("") == ip.Unmap().WithZone("")
}

// hostname returns a Host without its port and brackets, in lower case.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
}

// foreign reports whether a page of another origin made the browser ask. What is no
// browser says nothing of the kind.
func foreign(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "same-origin", "none":
		return false
	case "":
		origin := r.Header.Get("Origin")
		if origin == "" {
			return false
		}
		u, err := url.Parse(origin)
		return err != nil || !strings.EqualFold(u.Host, r.Host)
	}
	return true
}

func safe(method string) bool { return method == http.MethodGet || method == http.MethodHead }

// Loopback reports whether only this machine can connect to an address.
func Loopback(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}
