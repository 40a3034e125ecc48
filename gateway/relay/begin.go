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
func (w *Worker) begin(ci clientInfo, down Client, setHandler func(stream.Handler), h conn.Head) {
	x := &Exchange{w: w, table: w.table, down: down, client: ci, lastActive: w.now()}
	x.timer.Owner = (*timeouts)(x)
	x.attempts.ticket.Owner = x
	x.request.ended = h.End
	x.rec = event.Exchange{
		Listener: ci.listener.Event, Conn: ci.conn, StreamID: down.ID(), Proto: ci.conn.Proto,
		Method: method(h.Request.Method), GRPC: h.Request.GRPC, Begin: w.now(), GRPCStatus: -1,
	}
	if h.Refused != 0 { // what the list holds was not validated
		p, _ := h.List.Get(header.Method)
		x.rec.Method = method(p)
		p, _ = h.List.Get(header.ContentType)
		x.rec.GRPC = bytes.HasPrefix(p, grpcContentType)
	}
	x.request.head0 = x.rec.Method == "HEAD"
	x.request.safe = safeMethod(x.rec.Method)
	w.add(x)
	setHandler((*client)(x))

	refused := x.check(h)
	if refused.status == 0 {
		x.match(h)
	}
	w.sink.Begin(&x.rec, h.List)
	switch {
	case refused.status != 0:
		x.refuse(refused)
	case x.route == nil:
		x.refuse(refusal{404, event.EndNoRoute, "no route matches"})
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
	case x.w.overloaded():
		return refusal{503, event.EndOverload, "the gateway holds too many bytes for slow peers"}
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
	x.request.head = x.requestHead(h)
	x.arm(h.List)
	x.start()
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

// requestHead makes the header block for the origin: pseudo-fields first, then
// what the client sent without what ends here, then what the gateway adds. Trace
// context is added for each attempt; of the client's, only tracestate is kept.
func (x *Exchange) requestHead(h conn.Head) *header.List {
	in, out := h.List, x.w.takeList()
	authority := h.Request.Authority
	rewrite := x.route.HostRewrite != ""
	out.Add(":scheme", x.route.Cluster.Scheme())
	if rewrite {
		out.AddRepeated(":authority", []byte(x.route.HostRewrite))
	} else if _, ok := in.Get(header.Authority); !ok && len(authority) > 0 {
		out.AddBytes([]byte(":authority"), authority, false) // it came as host
	}
	fwd := forwarded{}
	for i := range in.Len() {
		switch t := in.Token(i); {
		case t == header.Scheme, t == header.Host, t == header.Authority && rewrite:
		case t.IsTrace() && t != header.Tracestate:
		case t == header.XForwardedFor && x.client.trusted:
			fwd.chain = append(append(fwd.chain, in.Value(i)...), ", "...)
		case t == header.XForwardedProto && x.client.trusted:
			fwd.proto = true
			out.AddFrom(in, i)
		case t == header.XForwardedHost && x.client.trusted:
			fwd.host = true
			out.AddFrom(in, i)
		case t == header.XForwardedFor, t == header.XForwardedProto, t == header.XForwardedHost:
		default:
			out.AddFrom(in, i)
		}
	}
	out.AddRepeated("x-forwarded-for", append(fwd.chain, hostOf(x.client.conn.Peer)...))
	if !fwd.proto {
		out.AddRepeated("x-forwarded-proto", []byte(x.client.listener.Scheme))
	}
	if !fwd.host && len(authority) > 0 {
		out.AddRepeated("x-forwarded-host", authority)
	}
	return out
}

// forwarded is what a trusted proxy has said already.
type forwarded struct {
	chain       []byte
	proto, host bool
}

// hostOf returns a peer address without its port and brackets.
func hostOf(peer string) string {
	for i := len(peer) - 1; i >= 0; i-- {
		if peer[i] == ':' {
			peer = peer[:i]
			break
		}
	}
	if n := len(peer); n > 1 && peer[0] == '[' && peer[n-1] == ']' {
		return peer[1 : n-1]
	}
	return peer
}
