package header

import (
	"bytes"

	"github.com/hopscope/hopscope/gateway/h2/rule"
)

// Request is what validation learned of a request's header block. The slices
// are views of the list.
type Request struct {
	Method, Scheme, Authority, Path []byte
	Host                            []byte
	ContentLength                   int64 // -1: not declared
	Connect                         bool  // CONNECT, also extended (RFC 8441)
	GRPC                            bool  // content-type begins with application/grpc
}

// ValidateRequest checks a request's header block against RFC 9113 §8.2 and
// §8.3.1 and returns what it says, or the rule it breaks.
func ValidateRequest(l *List) (Request, rule.Violation) {
	r := Request{ContentLength: -1}
	var seen [PseudoUnknown]bool
	regular := false
	for i := range l.fields {
		token, value := l.fields[i].meta.Token, l.Value(i)
		if token.IsPseudo() {
			if regular || token == PseudoUnknown || token == Status || seen[token] {
				return r, rule.BadPseudoField
			}
			seen[token] = true
			switch token {
			case Method:
				r.Method = value
			case Scheme:
				r.Scheme = value
			case Authority:
				r.Authority = value
			case Path:
				r.Path = value
			}
			if !validValue(value) {
				return r, rule.BadFieldValue
			}
			continue
		}
		regular = true
		if v := validateField(l, i); v != rule.None {
			return r, v
		}
		switch token {
		case Host:
			if r.Host != nil {
				return r, rule.BadAuthority
			}
			r.Host = value
		case ContentLength:
			n, ok := parseLength(value)
			if !ok || r.ContentLength >= 0 {
				return r, rule.BadContentLength
			}
			r.ContentLength = n
		case ContentType:
			r.GRPC = bytes.HasPrefix(value, grpcContentType)
		}
	}
	return r, r.validatePseudo(seen[Protocol], seen[Scheme], seen[Path])
}

func (r *Request) validatePseudo(protocol, scheme, path bool) rule.Violation {
	if len(r.Method) == 0 || !isToken(r.Method) {
		return rule.BadPseudoField
	}
	if r.Authority != nil && r.Host != nil && !bytes.EqualFold(r.Authority, r.Host) {
		return rule.BadAuthority // RFC 9113 §8.3.1
	}
	if r.Authority == nil {
		r.Authority = r.Host
	}
	if !ValidAuthority(r.Authority) {
		return rule.BadAuthority
	}
	if string(r.Method) == "CONNECT" {
		r.Connect = true
		if protocol != scheme || protocol != path || len(r.Authority) == 0 {
			return rule.BadPseudoField // RFC 9113 §8.5, RFC 8441 §4
		}
		return rule.None
	}
	if protocol || !scheme || !path {
		return rule.BadPseudoField
	}
	if s := string(r.Scheme); s != "http" && s != "https" {
		return rule.BadPseudoField
	}
	if !validPath(r.Path) && !(string(r.Path) == "*" && string(r.Method) == "OPTIONS") {
		return rule.BadPath
	}
	return rule.None
}

// Response is what validation learned of a response's header block.
type Response struct {
	Status        int
	ContentLength int64 // -1: not declared
	GRPC          bool
}

// ValidateResponse checks a response's header block against RFC 9113 §8.2 and
// §8.3.2.
func ValidateResponse(l *List) (Response, rule.Violation) {
	r := Response{ContentLength: -1}
	for i := range l.fields {
		token, value := l.fields[i].meta.Token, l.Value(i)
		if token.IsPseudo() {
			if i != 0 || token != Status {
				return r, rule.BadPseudoField
			}
			if r.Status = parseStatus(value); r.Status == 0 {
				return r, rule.BadStatus
			}
			continue
		}
		if v := validateField(l, i); v != rule.None {
			return r, v
		}
		switch token {
		case ContentLength:
			n, ok := parseLength(value)
			if !ok || r.ContentLength >= 0 {
				return r, rule.BadContentLength
			}
			r.ContentLength = n
		case ContentType:
			r.GRPC = bytes.HasPrefix(value, grpcContentType)
		}
	}
	if r.Status == 0 {
		return r, rule.BadStatus
	}
	return r, rule.None
}

// ValidateTrailers checks a trailer section: no pseudo-fields (RFC 9113 §8.1),
// nothing that frames or routes the message (RFC 9110 §6.5.1).
func ValidateTrailers(l *List) rule.Violation {
	for i := range l.fields {
		switch t := l.fields[i].meta.Token; {
		case t.IsPseudo():
			return rule.BadPseudoField
		case t == ContentLength, t == Host, t == TE, t == Trailer:
			return rule.BadTrailers
		}
		if v := validateField(l, i); v != rule.None {
			return v
		}
	}
	return rule.None
}

// CheckField reports whether a field that is no pseudo-field may be part of a
// message. What a table holds is checked once, when it is inserted.
func CheckField(t Token, name, value []byte) bool {
	return !t.IsPseudo() && checkField(t, name, value) == rule.None
}

func validateField(l *List, i int) rule.Violation {
	if l.fields[i].meta.Flags&Valid != 0 {
		return rule.None
	}
	return checkField(l.fields[i].meta.Token, l.Name(i), l.Value(i))
}

func checkField(token Token, name, value []byte) rule.Violation {
	if token == Unknown && !validName(name) {
		return rule.BadFieldName
	}
	if token.IsConnectionSpecific() {
		return rule.ConnectionField
	}
	if token == TE && string(value) != "trailers" {
		return rule.ConnectionField
	}
	if !validValue(value) {
		return rule.BadFieldValue
	}
	return rule.None
}

var grpcContentType = []byte("application/grpc")

// tokenChar are the characters of a token (RFC 9110 §5.6.2).
var tokenChar = func() (t [256]bool) {
	for c := '0'; c <= '9'; c++ {
		t[c] = true
	}
	for c := 'a'; c <= 'z'; c++ {
		t[c], t[c-'a'+'A'] = true, true
	}
	for _, c := range "!#$%&'*+-.^_`|~" {
		t[c] = true
	}
	return t
}()

// IsTokenChar reports whether c may be in a token (RFC 9110 §5.6.2).
func IsTokenChar(c byte) bool { return tokenChar[c] }

func isToken(p []byte) bool {
	for _, c := range p {
		if !tokenChar[c] {
			return false
		}
	}
	return true
}

// validName reports whether p is a field name in lower case (RFC 9113 §8.2.1).
func validName(p []byte) bool {
	for _, c := range p {
		if !tokenChar[c] || 'A' <= c && c <= 'Z' {
			return false
		}
	}
	return len(p) > 0
}

// validValue reports whether p has no NUL, CR, LF and no white space at its
// edges (RFC 9113 §8.2.1).
func validValue(p []byte) bool {
	if len(p) == 0 {
		return true
	}
	if edge(p[0]) || edge(p[len(p)-1]) {
		return false
	}
	for _, c := range p {
		if c < ' ' && (c == 0 || c == '\r' || c == '\n') {
			return false
		}
	}
	return true
}

func edge(c byte) bool { return c == ' ' || c == '\t' }

// validPath reports whether p is an absolute path with an optional query and
// has no character that RFC 3986 forbids outright: controls, space, '#', DEL.
func validPath(p []byte) bool {
	if len(p) == 0 || p[0] != '/' {
		return false
	}
	for _, c := range p {
		if c <= ' ' || c == '#' || c == 0x7f {
			return false
		}
	}
	return true
}

// ValidAuthority reports whether p is host[:port] without user information
// (RFC 9113 §8.3.1), or empty.
func ValidAuthority(p []byte) bool {
	for _, c := range p {
		if c <= ' ' || c >= 0x7f {
			return false
		}
		switch c {
		case '@', '/', '\\', '?', '#', '"', '<', '>', '{', '}', '|', '^', '`', ',':
			return false
		}
	}
	return true
}

// parseLength reads a content-length: digits only, up to 2^63-1.
func parseLength(p []byte) (int64, bool) {
	if len(p) == 0 || len(p) > 19 {
		return 0, false
	}
	var n int64
	for _, c := range p {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
		if n < 0 {
			return 0, false
		}
	}
	return n, true
}

// parseStatus returns a status of three digits from 100 to 999, else 0.
func parseStatus(p []byte) int {
	if len(p) != 3 || p[0] < '1' || p[0] > '9' {
		return 0
	}
	n := 0
	for _, c := range p {
		if c < '0' || c > '9' {
			return 0
		}
		n = n*10 + int(c-'0')
	}
	return n
}
