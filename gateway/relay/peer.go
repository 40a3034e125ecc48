package relay

import (
	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/header"
)

// Peer is one side of an exchange as the other writes to it: a stream of an
// HTTP/2 connection, or a bridge to HTTP/1.1. What it reads comes to a
// stream.Handler. After it is over its methods do nothing.
type Peer interface {
	// WriteHeaders sends a response header block, 1xx or final.
	WriteHeaders(l *header.List, end bool)
	// WriteData sends body bytes; a copy is kept of what cannot be sent now.
	WriteData(p []byte, end bool)
	// WriteTrailers sends the trailer section, which ends the stream.
	WriteTrailers(l *header.List)
	// Credit allows the peer n more bytes: as many were written on. From then on room
	// bytes may be on their way or wait; 0: as many as before.
	Credit(n, room int)
	// Cancel ends the stream; its handler is not called any more.
	Cancel(code event.Code)
	// Buffered returns the bytes that wait to be sent.
	Buffered() int
	// Windows returns the flow-control windows; nil for HTTP/1.1.
	Windows() *event.Windows
	// Stall returns the ongoing stall, if there is one.
	Stall() (scope event.Scope, since event.Time, ok bool)
	// ID returns the stream's id; 0 for HTTP/1.1.
	ID() uint32
	// Release says that the caller will not use the peer again, nor be called.
	Release()
}

// Client is the downstream side of an exchange.
type Client interface {
	Peer
	// Room returns how many bytes of the response may be on their way or wait.
	Room() int
	// Linger ends the stream, whose response is complete, before the request is;
	// its handler is not called any more.
	Linger()
}
