package tracing

import (
	"fmt"

	"github.com/hopscope/hopscope/gateway/config"
	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/header"
)

// formats are the formats that context is written in.
type formats struct{ w3c, b3, jaeger bool }

func newFormats(list []config.Propagation) (f formats, err error) {
	for _, p := range list {
		switch p {
		case config.PropagationW3C:
			f.w3c = true
		case config.PropagationB3:
			f.b3 = true
		case config.PropagationJaeger:
			f.jaeger = true
		default:
			return f, fmt.Errorf("tracing.propagation: want w3c, b3 or jaeger, got %q", p)
		}
	}
	return f, nil
}

// Field names as header.List takes them beside a value in bytes. They are never
// changed; converted at each call they would be copied.
var (
	nameTraceparent    = []byte("traceparent")
	nameTracestate     = []byte("tracestate")
	nameB3TraceID      = []byte("x-b3-traceid")
	nameB3SpanID       = []byte("x-b3-spanid")
	nameB3ParentSpanID = []byte("x-b3-parentspanid")
	nameUberTraceID    = []byte("uber-trace-id")
)

// inject appends t, with span as the caller's, to out. buf is scratch memory of
// at least 72 bytes; nothing is allocated.
func (f formats) inject(t *event.Trace, span, parent *[8]byte, tracestate []byte, out *header.List, buf []byte) {
	if f.w3c {
		out.AddBytes(nameTraceparent, appendTraceparent(buf[:0], t.ID[:], span[:], t.Sampled), false)
		if t.W3C && len(tracestate) > 0 && len(tracestate) <= maxTracestate {
			out.AddBytes(nameTracestate, tracestate, false)
		}
	}
	if f.b3 {
		out.AddBytes(nameB3TraceID, appendHex(buf[:0], t.ID[:]), false)
		out.AddBytes(nameB3SpanID, appendHex(buf[:0], span[:]), false)
		if *parent != [8]byte{} {
			out.AddBytes(nameB3ParentSpanID, appendHex(buf[:0], parent[:]), false)
		}
		switch {
		case t.Debug: // implies sampled, which must not be sent beside it
			out.Add("x-b3-flags", "1")
		case t.Sampled:
			out.Add("x-b3-sampled", "1")
		default:
			out.Add("x-b3-sampled", "0")
		}
	}
	if f.jaeger {
		out.AddBytes(nameUberTraceID, appendUber(buf[:0], t.ID[:], span[:], parent[:], t.Sampled, t.Debug), false)
	}
}
