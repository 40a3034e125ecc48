package tracing

import "bytes"

// The flags of a uber-trace-id.
const (
	uberSampled = 1
	uberDebug   = 2
)

// maxUber bounds a uber-trace-id: 32, 16, 16 and 2 digits with three separators
// of up to three bytes.
const maxUber = 32 + 16 + 16 + 2 + 9

// parseUber reads Jaeger's trace:span:parent:flags in hex, where a colon may be
// written %3A and leading zeros may be left out.
func parseUber(v []byte) (c Context, ok bool) {
	if len(v) > maxUber {
		return Context{}, false
	}
	trace, rest, ok1 := cutColon(v)
	span, rest, ok2 := cutColon(rest)
	parent, flags, ok3 := cutColon(rest)
	var p [8]byte
	var bits [1]byte
	if !ok1 || !ok2 || !ok3 ||
		!parseHex(c.TraceID[:], trace) || !parseHex(c.SpanID[:], span) || !parseHex(p[:], parent) ||
		!parseHex(bits[:], flags) || !c.Valid() {
		return Context{}, false
	}
	c.Decision = NotSampled
	if bits[0]&uberSampled != 0 {
		c.Decision = Sampled
		c.Debug = bits[0]&uberDebug != 0
	}
	return c, true
}

func cutColon(v []byte) (before, after []byte, found bool) {
	i := bytes.IndexAny(v, ":%")
	switch {
	case i < 0:
		return nil, nil, false
	case v[i] == ':':
		return v[:i], v[i+1:], true
	case len(v) >= i+3 && v[i+1] == '3' && v[i+2]|0x20 == 'a':
		return v[:i], v[i+3:], true
	}
	return nil, nil, false
}

// appendUber appends a uber-trace-id.
func appendUber(dst, traceID, spanID, parentID []byte, sampled, debug bool) []byte {
	dst = appendHex(dst, traceID)
	dst = append(dst, ':')
	dst = appendHex(dst, spanID)
	dst = append(dst, ':')
	dst = appendHex(dst, parentID)
	flags := byte('0')
	if sampled {
		flags |= uberSampled
	}
	if debug {
		flags |= uberDebug
	}
	return append(dst, ':', flags)
}
