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

// Field names beside what header.Lookup would find out about them. They are never
// changed.
var (
	nameTraceparent    = fieldName{[]byte("traceparent"), header.Traceparent}
	nameTracestate     = fieldName{[]byte("tracestate"), header.Tracestate}
	nameB3TraceID      = fieldName{[]byte("x-b3-traceid"), header.B3TraceID}
	nameB3SpanID       = fieldName{[]byte("x-b3-spanid"), header.B3SpanID}
	nameB3ParentSpanID = fieldName{[]byte("x-b3-parentspanid"), header.B3ParentSpanID}
	nameUberTraceID    = fieldName{[]byte("uber-trace-id"), header.UberTraceID}
)

type fieldName struct {
	text  []byte
	token header.Token
}

func (n *fieldName) add(out *header.List, value []byte) {
	header.AddField(out, n.text, value, header.Meta{Token: n.token})
}

// inject appends t, with span as the caller's, to out. buf is scratch memory of
// at least 72 bytes; nothing is allocated.
func (f formats) inject(t *event.Trace, span, parent *[8]byte, tracestate []byte, out *header.List, buf []byte) {
	if f.w3c {
		nameTraceparent.add(out, appendTraceparent(buf[:0], t.ID[:], span[:], t.Sampled))
		if t.W3C && len(tracestate) > 0 && len(tracestate) <= maxTracestate {
			nameTracestate.add(out, tracestate)
		}
	}
	if f.b3 {
		nameB3TraceID.add(out, appendHex(buf[:0], t.ID[:]))
		nameB3SpanID.add(out, appendHex(buf[:0], span[:]))
		if *parent != [8]byte{} {
			nameB3ParentSpanID.add(out, appendHex(buf[:0], parent[:]))
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
		nameUberTraceID.add(out, appendUber(buf[:0], t.ID[:], span[:], parent[:], t.Sampled, t.Debug))
	}
}
