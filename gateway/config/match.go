package config

import (
	"fmt"
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

func (v *validator) routes() {
	if len(v.cfg.Routes) == 0 {
		v.add("routes", "must have at least one entry; say which requests go to which upstream")
	}
	var upstreams []string
	known := map[string]bool{}
	for _, u := range v.cfg.Upstreams {
		upstreams = append(upstreams, u.Name)
		known[u.Name] = true
	}
	names := map[string]int{}
	for i := range v.cfg.Routes {
		r, path := &v.cfg.Routes[i], fmt.Sprintf("routes[%d]", i)
		v.name("routes", i, r.Name, names)
		v.match(path+".match", &r.Match)
		switch {
		case r.Upstream == "":
			v.add(path+".upstream", "is required; name an upstream")
		case !known[r.Upstream] && v.decodedBelow("upstreams"):
			v.add(path+".upstream", "must name an upstream, got %s%s", quote(r.Upstream), v.suggest(r.Upstream, upstreams))
		}
		if r.HostRewrite != "" {
			v.hostRewrite(path+".host_rewrite", r.HostRewrite)
		}
		v.atLeast(path+".timeout", r.Timeout, 0)
		v.atLeast(path+".idle_timeout", r.IdleTimeout, 0)
		choice(v, path+".retry", r.Retry, RetrySafe, RetrySafeMethods, RetryNone)
	}
}

func (v *validator) match(path string, m *Match) {
	if m.Path != "" && m.PathPrefix != "" {
		v.add(path, "must not have both path and path_prefix; keep one of them")
	}
	v.matchPath(path+".path", m.Path)
	v.matchPath(path+".path_prefix", m.PathPrefix)
	if m.Host != "" {
		m.Host = strings.ToLower(m.Host)
		v.matchHost(path+".host", m.Host)
	}
	seen := map[string]bool{}
	for i, method := range m.Methods {
		at := fmt.Sprintf("%s.methods[%d]", path, i)
		switch {
		case !isToken(method):
			v.add(at, "must be a method such as GET, got %s", quote(method))
		case method != strings.ToUpper(method):
			v.add(at, "must be a method in upper case, got %s; did you mean %s?", quote(method), quote(strings.ToUpper(method)))
		case method == http.MethodConnect:
			v.add(at, "must not be CONNECT, which the gateway refuses with 501")
		case seen[method]:
			v.add(at, "must be unique, got %s twice", quote(method))
		}
		seen[method] = true
	}
	v.matchHeaders(path+".headers", m)
}

// matchPath checks a path or a prefix. It is compared with a request's path
// after percent-decoding, so it must be one that can stand there.
func (v *validator) matchPath(path, got string) {
	if got == "" {
		return
	}
	switch {
	case got[0] != '/':
		v.add(path, "must begin with /, got %s; did you mean %s?", quote(got), quote("/"+got))
	case strings.ContainsAny(got, "{}"):
		v.add(path, "must not contain { or }, got %s: patterns are not supported; use path_prefix", quote(got))
	case strings.ContainsRune(got, '%'):
		v.add(path, "must be written without percent-encoding, got %s: it is compared with the decoded path", quote(got))
	case strings.ContainsAny(got, "?#"):
		v.add(path, "must not contain ? or #, got %s: queries are not matched", quote(got))
	case strings.ContainsFunc(got, unicode.IsControl), !utf8.ValidString(got), strings.ContainsRune(got, utf8.RuneError):
		v.add(path, "must be text without control characters, got %s", quote(got))
	case hasDotSegment(got):
		v.add(path, "must not contain the segment . or .., got %s: requests with them are refused", quote(got))
	}
}

func hasDotSegment(path string) bool {
	for s := range strings.SplitSeq(strings.ReplaceAll(path, `\`, "/"), "/") {
		if s, _, _ = strings.Cut(s, ";"); s == "." || s == ".." {
			return true
		}
	}
	return false
}

// matchHost checks a host without port; an IPv6 address stands in brackets, as
// in a request.
func (v *validator) matchHost(path, host string) {
	inner, bracketed := strings.CutPrefix(host, "[")
	inner, closed := strings.CutSuffix(inner, "]")
	ip, err := netip.ParseAddr(inner)
	is6 := err == nil && ip.Is6()
	switch {
	case is6 && bracketed && closed && ip.Zone() == "":
	case is6 && !bracketed && !closed:
		v.add(path, "must be a host without port, got %s; write an IPv6 address in brackets: %q", quote(host), "["+host+"]")
	case bracketed || closed || !validHost(host):
		remedy := ""
		if h, _, why := splitHostPort(host); why == "" && h != "" {
			remedy = fmt.Sprintf("; leave the port out: %s", quote(strings.TrimSuffix(host, host[strings.LastIndexByte(host, ':'):])))
		}
		v.add(path, "must be a host without port, got %s%s", quote(host), remedy)
	}
}

// matchHeaders checks the header conditions and brings the names into lower case.
func (v *validator) matchHeaders(path string, m *Match) {
	if len(m.Headers) == 0 {
		return
	}
	lower := make(map[string]string, len(m.Headers))
	for _, name := range slices.Sorted(maps.Keys(m.Headers)) {
		value, at, key := m.Headers[name], join(path, name), strings.ToLower(name)
		_, twice := lower[key]
		lower[key] = value
		switch {
		case strings.HasPrefix(name, ":"):
			v.add(at, "must not be a pseudo-header field; use methods, host, path or path_prefix")
		case !isToken(name):
			v.add(at, "must be a header name, got %s", quote(name))
		case twice:
			v.add(at, "must be unique: the case of a header name does not count")
		case key == "host":
			v.add(at, "must not be host; use match.host")
		case key == "cookie", isConnectionSpecific(key):
			v.add(at, "must not be %s, which HTTP/2 splits or does not carry", quote(key))
		case strings.Trim(value, " \t") != value, strings.ContainsFunc(value, func(r rune) bool { return r != '\t' && unicode.IsControl(r) }):
			v.add(at, "must have no control characters and no space at its ends, got %s", quote(value))
		}
	}
	m.Headers = lower
}

// isConnectionSpecific reports whether RFC 9113 §8.2.2 keeps the field out of
// HTTP/2.
func isConnectionSpecific(name string) bool {
	switch name {
	case "connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade":
		return true
	}
	return false
}

// hostRewrite checks an authority: a host, with or without port.
func (v *validator) hostRewrite(path, got string) {
	host := got
	if h, port, why := splitHostPort(got); why == "" && port != 0 {
		host = h
	} else if strings.HasPrefix(got, "[") && strings.HasSuffix(got, "]") {
		host = got[1 : len(got)-1]
	}
	if !validHost(host) || strings.Contains(host, "%") || host == got && strings.Contains(got, ":") {
		v.add(path, `must be "host" or "host:port", got %s`, quote(got))
	}
}

// isToken reports whether s is a token of RFC 9110 §5.6.2.
func isToken(s string) bool {
	for _, c := range []byte(s) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0:
		default:
			return false
		}
	}
	return s != ""
}
