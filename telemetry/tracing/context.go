package tracing

import "github.com/hopscope/hopscope/gateway/h2/header"

// Decision is what a caller said about keeping a trace.
type Decision uint8

// The decisions.
const (
	Deferred   Decision = iota // the caller leaves it open
	Sampled                    // keep it
	NotSampled                 // do not
)

// Context is trace context as a caller sent it.
type Context struct {
	TraceID  [16]byte
	SpanID   [8]byte // the caller's span
	Decision Decision
	Debug    bool // keep it whatever samplers say
	W3C      bool // the ids came in a traceparent
	// DebugID is the value of jaeger-debug-id, a view of the header list; nil: none.
	DebugID []byte
}

// Valid reports whether the context names a trace and a span.
func (c *Context) Valid() bool { return c.TraceID != [16]byte{} && c.SpanID != [8]byte{} }

// maxDebugID bounds a jaeger-debug-id, which becomes a tag.
const maxDebugID = 128

// fields are the trace fields of a header list. A field that came twice says
// nothing: which of the two holds is anyone's guess.
type fields struct {
	values [header.JaegerDebugID - header.Traceparent + 1][]byte
	seen   [header.JaegerDebugID - header.Traceparent + 1]uint8
}

func (f *fields) get(t header.Token) []byte {
	if i := t - header.Traceparent; f.seen[i] == 1 {
		return f.values[i]
	}
	return nil
}

func (f *fields) read(in *header.List) (any bool) {
	for i := range in.Len() {
		t := in.Token(i)
		if !t.IsTrace() {
			continue
		}
		any = true
		f.values[t-header.Traceparent] = in.Value(i)
		f.seen[t-header.Traceparent] = min(f.seen[t-header.Traceparent]+1, 2)
	}
	return any
}

// Extract reads the trace context of a request. Where several formats name a
// trace the first of W3C, B3 (one field, then many), Jaeger holds. What breaks a
// format's grammar counts as absent.
func Extract(in *header.List) Context {
	var f fields
	if !f.read(in) {
		return Context{}
	}
	c, ok := parseTraceparent(f.get(header.Traceparent))
	if !ok {
		c, ok = parseB3(f.get(header.B3))
	}
	if !ok && c.Decision == Deferred {
		c, ok = parseB3Fields(&f)
	}
	if !ok {
		if u, valid := parseUber(f.get(header.UberTraceID)); valid {
			c = u
		}
	}
	if id := f.get(header.JaegerDebugID); len(id) > 0 && len(id) <= maxDebugID {
		c.DebugID = id
	}
	return c
}
