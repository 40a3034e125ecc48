package tracing

import (
	"bytes"

	"github.com/hopscope/hopscope/gateway/h2/header"
)

// parseB3 reads the single field b3: trace-span[-state[-parent]], or a state alone.
// ok is false if it names no trace; c.Decision may hold even so.
func parseB3(v []byte) (c Context, ok bool) {
	if len(v) == 1 {
		c.setB3State(v)
		return c, false
	}
	trace, rest, found := bytes.Cut(v, dash)
	if !found {
		return Context{}, false
	}
	span, rest, more := bytes.Cut(rest, dash)
	if !c.setB3IDs(trace, span) {
		return Context{}, false
	}
	if more {
		state, parent, more := bytes.Cut(rest, dash)
		var p [8]byte
		if !c.setB3State(state) || more && (len(parent) != 16 || !parseHex(p[:], parent)) {
			return Context{}, false
		}
	}
	return c, true
}

var dash = []byte("-")

// parseB3Fields reads the many fields of B3. A missing x-b3-sampled leaves the
// decision open, and may also come without ids.
func parseB3Fields(f *fields) (c Context, ok bool) {
	if v := f.get(header.B3Sampled); v != nil && !c.setB3State(v) {
		return Context{}, false
	}
	if v := f.get(header.B3Flags); len(v) == 1 && v[0] == '1' {
		c.Decision, c.Debug = Sampled, true
	}
	return c, c.setB3IDs(f.get(header.B3TraceID), f.get(header.B3SpanID))
}

// setB3IDs sets the ids: 16 or 32 and 16 hex digits.
func (c *Context) setB3IDs(trace, span []byte) bool {
	var ids Context
	if (len(trace) != 16 && len(trace) != 32) || len(span) != 16 ||
		!parseHex(ids.TraceID[:], trace) || !parseHex(ids.SpanID[:], span) || !ids.Valid() {
		return false
	}
	c.TraceID, c.SpanID = ids.TraceID, ids.SpanID
	return true
}

// setB3State sets the decision from a sampling state.
func (c *Context) setB3State(v []byte) bool {
	switch string(v) {
	case "1", "true":
		c.Decision = Sampled
	case "0", "false":
		c.Decision = NotSampled
	case "d":
		c.Decision, c.Debug = Sampled, true
	default:
		return false
	}
	return true
}
