package tracing

// Lengths of W3C Trace Context's fields.
const (
	traceparentLen = 55 // version 00: 2-32-16-2 with three dashes
	// maxTracestate is what a tracestate may have and still be passed on whole
	// (§3.3.1.5 asks for at least 512); a longer one is dropped.
	maxTracestate = 1024
)

// parseTraceparent reads a traceparent (W3C Trace Context §3.2). A version above
// 00 is read as far as 00 goes (§3.2.4); capitals are not allowed.
func parseTraceparent(v []byte) (c Context, ok bool) {
	if len(v) < traceparentLen || v[2] != '-' || v[35] != '-' || v[52] != '-' {
		return Context{}, false
	}
	var version, flags [1]byte
	if !parseLowerHex(version[:], v[:2]) || version[0] == 0xff ||
		version[0] == 0 && len(v) != traceparentLen ||
		len(v) > traceparentLen && v[traceparentLen] != '-' ||
		!parseLowerHex(c.TraceID[:], v[3:35]) || !parseLowerHex(c.SpanID[:], v[36:52]) ||
		!parseLowerHex(flags[:], v[53:55]) || !c.Valid() {
		return Context{}, false
	}
	c.W3C = true
	c.Decision = NotSampled
	if flags[0]&1 != 0 {
		c.Decision = Sampled
	}
	return c, true
}

// appendTraceparent appends a traceparent of version 00.
func appendTraceparent(dst, traceID, spanID []byte, sampled bool) []byte {
	dst = append(dst, "00-"...)
	dst = appendHex(dst, traceID)
	dst = append(dst, '-')
	dst = appendHex(dst, spanID)
	if sampled {
		return append(dst, "-01"...)
	}
	return append(dst, "-00"...)
}
