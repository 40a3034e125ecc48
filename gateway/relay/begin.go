package relay

import (
	"bytes"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/conn"
	"github.com/hopscope/hopscope/gateway/h2/header"
	"github.com/hopscope/hopscope/gateway/h2/stream"
	"github.com/hopscope/hopscope/gateway/route"
)

// begin starts the exchange of a request. The returned handler is told what the
// client sends; it has to be in place before anything is answered, which is why
// setHandler is called first.
func (w *Worker) begin(ci *clientInfo, down Client, setHandler func(stream.Handler), h conn.Head) {
	x := w.takeExchange()
	x.w, x.table, x.client, x.down, x.lastActive = w, w.table, ci, down, w.now()
	x.timer.Owner = (*timeouts)(x)
	x.request.ended = h.End
	r := &x.rec
	r.Listener, r.Conn, r.StreamID, r.Proto = ci.listener.Event, ci.conn, down.ID(), ci.conn.Proto
	r.Method, r.GRPC, r.Begin, r.GRPCStatus = method(h.Request.Method), h.Request.GRPC, w.now(), -1
	if h.Refused != 0 { // what the list holds was not validated
		if _, native := down.(*conn.Stream); !native { // of HTTP/2 the connection has told
			w.sink.Violation(ci.conn, h.Refused)
		}
		p, _ := h.List.Get(header.Method)
		x.rec.Method = method(p)
		p, _ = h.List.Get(header.ContentType)
		x.rec.GRPC = bytes.HasPrefix(p, grpcContentType)
	}
	x.request.head = x.rec.Method == "HEAD"
	x.request.safe = safeMethod(x.rec.Method)
	w.add(x)
	setHandler((*client)(x))

	refused := x.check(h)
	if refused.status == 0 {
		x.match(h)
	}
	w.sink.Begin(&x.rec, h.List)
	overload, over := w.overloaded()
	switch {
	case refused.status != 0:
		x.refuse(refused)
	case x.route == nil:
		x.refuse(refusal{404, event.EndNoRoute, "no route matches"})
	case over:
		x.turnAway(overload)
	default:
		x.forward(h)
	}
}

// check says what is wrong with a request before it is routed.
func (x *Exchange) check(h conn.Head) refusal {
	limits := &x.table.Limits
	switch {
	case h.Refused != 0:
		return refusal{431, event.EndHeadersTooLarge, headersTooLarge(limits)}
	case h.Request.Connect:
		return refusal{501, event.EndNotImplemented, "CONNECT is not supported"}
	case h.Upgrade:
		return refusal{501, event.EndNotImplemented, "WebSocket and other upgrades are not supported"}
	case limits.MaxBodyBytes > 0 && h.Request.ContentLength > limits.MaxBodyBytes:
		return refusal{413, event.EndBodyTooLarge, bodyTooLarge(limits.MaxBodyBytes)}
	}
	if fault := route.CheckPath(h.Request.Method, h.Request.Path); fault != route.PathOK {
		return refusal{400, event.EndBadRequest, fault.Error()}
	}
	return refusal{}
}

func (x *Exchange) match(h conn.Head) {
	r := x.table.Match.Match(h.Request.Method, h.Request.Authority, h.Request.Path, h.List)
	if r == nil {
		return
	}
	x.route = &x.table.Routes[r.Index]
	x.rec.Route = x.route.Event
}

// forward sends the request to the route's upstream.
func (x *Exchange) forward(h conn.Head) {
	x.arm(h.List)
	x.prepare(h)
	if x.mayRepeat() {
		x.hold()
	}
	x.start()
	x.w.prepared.of = nil // the list was the connection's
}

var grpcContentType = []byte("application/grpc")

// method returns the name to report: one of the registered ones, so that it can
// be a label, without allocation.
func method(p []byte) string {
	switch string(p) {
	case "GET":
		return "GET"
	case "POST":
		return "POST"
	case "PUT":
		return "PUT"
	case "HEAD":
		return "HEAD"
	case "DELETE":
		return "DELETE"
	case "OPTIONS":
		return "OPTIONS"
	case "PATCH":
		return "PATCH"
	case "TRACE":
		return "TRACE"
	case "CONNECT":
		return "CONNECT"
	}
	return "OTHER"
}

func safeMethod(m string) bool {
	return m == "GET" || m == "HEAD" || m == "OPTIONS" || m == "TRACE"
}
