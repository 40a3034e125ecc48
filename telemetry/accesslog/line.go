package accesslog

import (
	"encoding/hex"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/hopscope/hopscope/gateway/event"
)

// appendLine appends x as a line of JSON, offset being that of the wall clock.
// Values that there are none of are left out.
func appendLine(b []byte, x *event.Exchange, offset time.Duration) []byte {
	o := object{b: append(b, '{')}
	o.time("time", x.Finished.Add(offset))
	o.string("msg", "access")
	o.string("listener", x.Listener.Name)
	o.string("protocol", x.Proto.String())
	if x.Conn != nil {
		o.string("peer", x.Conn.Peer)
		o.uint("connection", x.Conn.ID)
	}
	if x.StreamID != 0 {
		o.uint("stream", uint64(x.StreamID))
	}
	o.string("method", x.Method)
	if x.Route != nil {
		o.string("route", x.Route.Name)
		o.string("upstream", x.Route.Upstream.Name)
	}
	if x.Attempt.Endpoint != nil {
		o.string("endpoint", x.Attempt.Endpoint.Address)
	}
	o.uint("attempts", uint64(max(x.Attempts, 0)))
	if x.Status != 0 {
		o.uint("status", uint64(x.Status))
	}
	if x.GRPC && x.GRPCStatus >= 0 {
		o.uint("grpc_status", uint64(x.GRPCStatus))
	}
	o.uint("request_bytes", x.RequestBytes)
	o.uint("response_bytes", x.ResponseBytes)
	if x.GRPC {
		o.uint("messages_read", x.Messages[event.Read])
		o.uint("messages_written", x.Messages[event.Written])
	}
	o.seconds("duration_seconds", x.Finished.Sub(x.Begin))
	if x.FirstByte != 0 {
		o.seconds("time_to_first_byte_seconds", x.FirstByte.Sub(x.Begin))
	}
	for side := range event.NumSides {
		var stalled time.Duration
		for _, d := range x.Stalled[side] {
			stalled += d
		}
		if stalled > 0 {
			o.seconds("stalled_"+side.String()+"_seconds", stalled)
		}
	}
	o.string("end_reason", x.Reason.String())
	if x.Origin != event.ByNobody {
		o.string("end_origin", x.Origin.String())
	}
	if x.Code != 0 || x.Reason == event.EndClientReset || x.Reason == event.EndUpstreamReset {
		o.string("reset_code", x.Code.Label())
	}
	o.hex("trace_id", x.Trace.ID[:])
	o.hex("span_id", x.Trace.Span[:])
	o.bool("sampled", x.Trace.Sampled)
	return append(o.b, "}\n"...)
}

// object is a JSON object being written.
type object struct {
	b    []byte
	some bool
}

// key appends a key, which needs no escaping.
func (o *object) key(k string) {
	if o.some {
		o.b = append(o.b, ',')
	}
	o.some = true
	o.b = append(o.b, '"')
	o.b = append(o.b, k...)
	o.b = append(o.b, '"', ':')
}

func (o *object) string(k, v string) {
	o.key(k)
	o.b = appendString(o.b, v)
}

func (o *object) uint(k string, v uint64) {
	o.key(k)
	o.b = strconv.AppendUint(o.b, v, 10)
}

func (o *object) bool(k string, v bool) {
	o.key(k)
	o.b = strconv.AppendBool(o.b, v)
}

func (o *object) seconds(k string, d time.Duration) {
	o.key(k)
	o.b = strconv.AppendFloat(o.b, d.Seconds(), 'f', 6, 64)
}

func (o *object) time(k string, t event.Time) {
	o.key(k)
	o.b = append(o.b, '"')
	o.b = t.Std().UTC().AppendFormat(o.b, "2006-01-02T15:04:05.000000Z07:00")
	o.b = append(o.b, '"')
}

func (o *object) hex(k string, v []byte) {
	o.key(k)
	o.b = append(o.b, '"')
	o.b = hex.AppendEncode(o.b, v)
	o.b = append(o.b, '"')
}

// appendString appends v as a JSON string; bytes that are no UTF-8 become U+FFFD.
func appendString(b []byte, v string) []byte {
	b = append(b, '"')
	for _, r := range v {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r < ' ' || r == '\u2028' || r == '\u2029':
			const digits = "0123456789abcdef"
			b = append(b, '\\', 'u', digits[r>>12&15], digits[r>>8&15], digits[r>>4&15], digits[r&15])
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}
