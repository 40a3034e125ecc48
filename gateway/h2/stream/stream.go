// Package stream is the state machine of RFC 9113 §5.1 and the interface by
// which a stream tells its reader what arrived. It is pure.
package stream

import (
	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/header"
)

// State is a stream's state. Streams that were pushed do not exist here, so the
// reserved states do not either, and an idle stream has no value yet.
//
//	          send END_STREAM            read END_STREAM
//	Open ───────────────► HalfLocal ───────────────► Closed
//	  │   read END_STREAM             send END_STREAM   ▲
//	  ├─────────────────► HalfRemote ──────────────────┤
//	  └──────────────── RST_STREAM either way ─────────┘
type State uint8

// The states.
const (
	Open       State = iota
	HalfLocal        // we sent END_STREAM
	HalfRemote       // we read END_STREAM
	Closed
)

// CanRead reports whether the peer may still send HEADERS or DATA.
func (s State) CanRead() bool { return s == Open || s == HalfLocal }

// CanWrite reports whether we may still send HEADERS or DATA.
func (s State) CanWrite() bool { return s == Open || s == HalfRemote }

// ReadEnd is the transition on END_STREAM from the peer.
func (s State) ReadEnd() State {
	if s == Open {
		return HalfRemote
	}
	return Closed
}

// WroteEnd is the transition on END_STREAM to the peer.
func (s State) WroteEnd() State {
	if s == Open {
		return HalfLocal
	}
	return Closed
}

// Cause says what ended a stream before its time.
type Cause uint8

// The causes.
const (
	PeerReset     Cause = iota // RST_STREAM
	PeerViolation              // the peer broke the protocol on this stream; we reset it
	Unprocessed                // REFUSED_STREAM, or above the last id of a GOAWAY: safe to repeat
	ConnLost                   // the connection is gone
	Unreachable                // no connection could be made; nothing was sent
)

// Handler is told what a stream reads and what became of what was written. Each
// call comes from the goroutine that owns the connection; arguments are valid
// until it returns. After Reset, and after END_STREAM both ways, nothing follows.
type Handler interface {
	// Headers brings a response header block: any number of 1xx, then a final one.
	Headers(l *header.List, end bool)
	// Data brings len(p) bytes of body. Each byte has to be given back as credit.
	Data(p []byte, end bool)
	// Trailers brings the trailer section; it ends the stream.
	Trailers(l *header.List)
	// Written tells that n bytes passed to WriteData have left for the socket.
	Written(n int)
	// Sent tells that our END_STREAM is on its way behind everything else.
	Sent()
	// Reset tells that the stream is over before its time.
	Reset(code event.Code, cause Cause, v event.Violation)
	// Stalled and Resumed frame each time that written bytes wait for the peer.
	Stalled(scope event.Scope, at event.Time)
	Resumed(scope event.Scope, since, at event.Time)
}
