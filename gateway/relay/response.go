package relay

import (
	"fmt"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/conn"
	"github.com/hopscope/hopscope/gateway/h2/header"
	"github.com/hopscope/hopscope/gateway/h2/rule"
	"github.com/hopscope/hopscope/gateway/h2/stream"
	"github.com/hopscope/hopscope/gateway/http1"
	"github.com/hopscope/hopscope/gateway/upstream"
)

// Headers takes a response header block from the origin.
func (o *origin) Headers(l *header.List, end bool) {
	x := (*Exchange)(o)
	x.active()
	status := statusOf(l)
	if status < 200 {
		x.mark(event.MarkInformational, int64(status))
		x.down.WriteHeaders(l, false)
		return
	}
	if status == 204 {
		dropLength(l) // RFC 9110 §8.6: some would take what follows for a body
	}
	x.endpoint.Works()
	x.rec.ResponseBegin = x.w.now()
	x.rec.Status, x.rec.Attempt.Status = uint16(status), uint16(status)
	x.mark(event.MarkResponseHeaders, int64(status))
	if end || x.rec.GRPC {
		x.noteGRPCStatus(l) // trailers-only
	}
	x.answered = true
	x.ended = end
	x.dropRequest()
	x.down.WriteHeaders(l, end)
}

// Data takes response body from the origin.
func (o *origin) Data(p []byte, end bool) {
	x := (*Exchange)(o)
	x.active()
	if x.rec.FirstByte == 0 && len(p) > 0 {
		x.rec.FirstByte = x.w.now()
		x.mark(event.MarkFirstByte, 0)
	}
	x.rec.ResponseBytes += uint64(len(p))
	x.countMessages(event.Written, p)
	x.ended = end
	x.down.WriteData(p, end)
}

// Trailers takes the response's trailer section.
func (o *origin) Trailers(l *header.List) {
	x := (*Exchange)(o)
	x.active()
	x.mark(event.MarkTrailers, 0)
	x.noteGRPCStatus(l)
	x.ended = true
	x.down.WriteTrailers(l)
}

// Written gives the client credit for request bytes that have left. Bytes that
// an earlier attempt had sent already were given back then.
func (o *origin) Written(n int) {
	x := (*Exchange)(o)
	x.active()
	x.written += int64(n)
	if more := x.written - x.credited; more > 0 {
		x.credited += more
		x.down.Credit(int(more), 0)
	}
}

// GoAway notes that the origin wants no more streams on the connection.
func (o *origin) GoAway(code event.Code) { (*Exchange)(o).mark(event.MarkGoAway, int64(code)) }

// Sent is of no interest: the response decides.
func (o *origin) Sent() {}

// Reset takes the end of the upstream stream before its time.
func (o *origin) Reset(code event.Code, cause stream.Cause, v rule.Violation) {
	x := (*Exchange)(o)
	up := x.up
	if up == nil || x.done {
		return
	}
	x.up = nil
	defer up.Release()
	if x.ended { // the response is whole; the origin only wants no more of the request
		x.creditRest()
		return
	}
	x.mark(event.MarkResetRead, int64(code))
	if _, native := up.(*conn.Stream); v != rule.None && !native {
		// net/http does not tell on which of its connections.
		x.w.sink.Violation(&event.Conn{Side: event.Upstream, Proto: event.HTTP1, Peer: x.rec.Attempt.Endpoint.Address}, v)
	}
	f := causeOf(code, cause)
	switch v {
	case rule.None:
	case rule.SlowPeer:
		f.reason = event.EndSlowPeer
	default:
		f.err = v
	}
	if cause == stream.Unreachable {
		f.err = x.unreachableBy(up)
	}
	if !x.answered {
		x.failed(f)
		return
	}
	// A response that was cut must not look complete, and must not look as if it
	// could be repeated.
	x.end(f.reason, f.by, code)
	if cause == stream.PeerViolation || code != conn.Cancel && code != conn.Calm {
		// The others would say that it was refused, that HTTP/1.1 might do, or which
		// rule the client has broken: that is between the gateway and the origin.
		code = conn.InternalError
	}
	x.abort(code)
	x.rec.Code = code
}

// unreachableBy returns why no connection could be made, and has the endpoint
// left alone for a while.
func (x *Exchange) unreachableBy(up Peer) error {
	switch up := up.(type) {
	case *http1.Origin:
		err := fmt.Errorf("cannot connect to %s: %w", x.rec.Attempt.Endpoint.Address, up.Err())
		x.endpoint.Fail(err)
		return err
	case *conn.Stream:
		return upstream.Lost(up.Conn()) // the pool knows
	}
	return errNoConnection
}

// Stalled passes on that request bytes wait for the origin.
func (o *origin) Stalled(scope event.Scope, at event.Time) {
	(*Exchange)(o).stalled(event.Upstream, scope, at)
}

// Resumed is Stalled's end.
func (o *origin) Resumed(scope event.Scope, since, at event.Time) {
	(*Exchange)(o).resumed(event.Upstream, scope, since, at)
}

// dropLength removes content-length.
func dropLength(l *header.List) {
	n := 0
	for i := range l.Len() {
		if l.Token(i) != header.ContentLength {
			l.Keep(n, i)
			n++
		}
	}
	l.Truncate(n)
}

// statusOf reads the status, which validation has checked.
func statusOf(l *header.List) int {
	v := l.Value(0)
	return int(v[0]-'0')*100 + int(v[1]-'0')*10 + int(v[2]-'0')
}

func (x *Exchange) noteGRPCStatus(l *header.List) {
	v, ok := l.Get(header.GRPCStatus)
	if !ok || len(v) == 0 || len(v) > 3 {
		return
	}
	n := 0
	for _, c := range v {
		if c < '0' || c > '9' {
			return
		}
		n = n*10 + int(c-'0')
	}
	x.rec.GRPCStatus = int16(n)
}
