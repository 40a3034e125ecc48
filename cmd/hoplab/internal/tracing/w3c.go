package tracing

import (
	"fmt"
	"strconv"

	"github.com/uber/jaeger-client-go"
)

// header is the one header of W3C Trace Context that the demo uses.
const header = "traceparent"

// parse reads a traceparent; ok is false where it is absent or malformed.
// W3C Trace Context §3.2: version-traceid-parentid-flags, lower-case hex,
// neither id all zeros, version ff forbidden.
func parse(v string) (c jaeger.SpanContext, ok bool) {
	if len(v) < 55 || v[2] != '-' || v[35] != '-' || v[52] != '-' || v[:2] == "ff" {
		return c, false
	}
	if len(v) > 55 && (v[:2] == "00" || v[55] != '-') {
		return c, false
	}
	for _, r := range v[:55] {
		if r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'f') {
			return c, false
		}
	}
	var part [4]uint64
	for i, s := range []string{v[3:19], v[19:35], v[36:52], v[53:55]} {
		n, err := strconv.ParseUint(s, 16, 64)
		if err != nil {
			return c, false
		}
		part[i] = n
	}
	id := jaeger.TraceID{High: part[0], Low: part[1]}
	if !id.IsValid() || part[2] == 0 {
		return c, false
	}
	return jaeger.NewSpanContext(id, jaeger.SpanID(part[2]), 0, part[3]&1 == 1, nil), true
}

// format writes a traceparent of version 00.
func format(c jaeger.SpanContext) string {
	flags := 0
	if c.IsSampled() {
		flags = 1
	}
	id := c.TraceID()
	return fmt.Sprintf("00-%016x%016x-%016x-%02x", id.High, id.Low, uint64(c.SpanID()), flags)
}
