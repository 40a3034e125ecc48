package relay

import (
	"fmt"
	"strconv"
	"time"

	"github.com/hopscope/hopscope/gateway/config"
	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/conn"
)

// refusal is a response of the gateway's own.
type refusal struct {
	status int
	reason event.EndReason
	text   string // one line for the client
}

// grpcStatus maps a status to the gRPC status that a gRPC client gets instead
// (DESIGN.md; the rest as gRPC's HTTP mapping has it).
func grpcStatus(status int) int {
	switch status {
	case 404, 501:
		return 12 // UNIMPLEMENTED
	case 413, 431:
		return 8 // RESOURCE_EXHAUSTED
	case 502, 503:
		return 14 // UNAVAILABLE
	case 408, 504:
		return 4 // DEADLINE_EXCEEDED
	}
	return 13 // INTERNAL
}

// refuse ends the exchange with a response of the gateway's own, or with
// RST_STREAM if a response has begun.
func (x *Exchange) refuse(r refusal) {
	if x.done {
		return
	}
	x.end(r.reason, event.ByGateway, 0)
	x.endAttempt(r.reason, event.ByGateway, 0, false)
	x.detach(conn.Cancel)
	if x.answered {
		x.abort(conn.Cancel)
		return
	}
	x.answered = true
	list := &x.w.scratch
	list.Reset()
	if x.rec.GRPC {
		x.rec.Status, x.rec.GRPCStatus = 200, int16(grpcStatus(r.status))
		list.Add(":status", "200")
		list.Add("content-type", "application/grpc")
		list.Add("grpc-status", strconv.Itoa(int(x.rec.GRPCStatus)))
		list.Add("grpc-message", grpcMessage("hopscope: "+r.text))
		x.down.WriteHeaders(list, true)
		return
	}
	body := "hopscope: " + r.text + "\n"
	x.rec.Status = uint16(r.status)
	list.Add(":status", strconv.Itoa(r.status))
	list.Add("content-type", "text/plain; charset=utf-8")
	list.Add("content-length", strconv.Itoa(len(body)))
	if x.request.head {
		x.down.WriteHeaders(list, true)
		return
	}
	x.down.WriteHeaders(list, false)
	x.rec.ResponseBytes += uint64(len(body))
	x.down.WriteData([]byte(body), true)
	if !x.done { // it waits for the client, but not for ever
		x.dropRequest()
		x.creditRest()
		x.deadline = x.w.now().Add(refusalTime)
		x.rearm()
	}
}

// refusalTime is how long a client has to take a refusal.
const refusalTime = 5 * time.Second

// abort resets the client's stream and ends the exchange.
func (x *Exchange) abort(code event.Code) {
	if x.done {
		return
	}
	x.rec.Code = code
	x.mark(event.MarkResetWritten, int64(code))
	x.down.Cancel(code)
	x.finish(conn.Cancel)
}

// grpcMessage percent-encodes a text (gRPC over HTTP/2, Status-Message).
func grpcMessage(s string) string {
	const hex = "0123456789ABCDEF"
	out := make([]byte, 0, len(s))
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '%' {
			out = append(out, '%', hex[c>>4], hex[c&15])
		} else {
			out = append(out, c)
		}
	}
	return string(out)
}

func bodyTooLarge(limit int64) string {
	return fmt.Sprintf("the request body is larger than %d bytes (limits.max_body_bytes)", limit)
}

func headersTooLarge(l *config.Limits) string {
	return fmt.Sprintf("the request header is larger than %d bytes or %d fields (limits.max_header_bytes, limits.max_header_fields)",
		l.MaxHeaderBytes, l.MaxHeaderFields)
}
