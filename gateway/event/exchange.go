package event

import "time"

// Trace is the trace context of an exchange. The observer fills it in Begin; the
// gateway reads Sampled and shows ID.
type Trace struct {
	ID      [16]byte
	Span    [8]byte // the server span's
	Parent  [8]byte // the caller's span; zero: none
	Sampled bool
	Debug   bool // the caller forced it (B3's flag, jaeger-debug-id) and was trusted
	Remote  bool // the ids came from the caller
	W3C     bool // they came in a traceparent, so the caller's tracestate belongs to them
}

// Exchange is the record of one request and its response: metric, log line and
// span all derive from it. The gateway's worker owns it and fills it in as the
// exchange proceeds; an observer may read it during a call and must not keep it
// after End.
//
// There is one for every open stream, so its fields are ordered and sized to
// leave no gaps.
type Exchange struct {
	Listener *Listener
	Conn     *Conn  // downstream
	Route    *Route // nil: none matched
	Method   string // one of the registered methods, else "OTHER"
	// Observed belongs to the observer from Begin to End.
	Observed any

	StreamID uint32 // downstream; 0 for HTTP/1.1
	Code     Code   // of the RST_STREAM that ended it, if any
	Trace    Trace
	Proto    Proto // downstream
	GRPC     bool  // content-type begins with application/grpc
	Reason   EndReason
	Origin   Origin // who ended it

	Status     uint16 // sent to the client; 0: none
	GRPCStatus int16  // from trailers or trailers-only; -1: none
	Attempts   uint8

	Begin         Time // first byte of the header block was read
	RequestSent   Time // header block written upstream (last attempt); 0: never
	ResponseBegin Time // final response headers read; 0: never
	FirstByte     Time // first response DATA read; 0: never
	Finished      Time // set before End

	// Bytes of DATA payload: read from the client (request), written to the
	// client (response).
	RequestBytes  uint64
	ResponseBytes uint64
	// Messages counts gRPC messages: Read from the client, Written to the client.
	Messages [NumDirs]uint64

	// Stalled adds up finished stalls. Downstream: response bytes waited for the
	// client; Upstream: request bytes waited for the origin.
	Stalled [NumSides][NumScopes]time.Duration

	Attempt Attempt // the last one
}

// Attempt is one try to get a response from an endpoint.
type Attempt struct {
	Endpoint *Endpoint
	Conn     *Conn // upstream; nil until a connection is had
	Begin    Time
	SlotWait time.Duration // waited for a connection or a stream slot
	Span     [8]byte       // the client span's id, set by Inject
	StreamID uint32        // upstream; 0 for HTTP/1.1 and until it is assigned

	// Set before AttemptEnd.
	Code   Code
	End    Time
	Status uint16
	Reason EndReason // EndCompleted if a response came to its end
	Origin Origin
	Retry  bool  // another attempt follows
	Number uint8 // from 1
}
