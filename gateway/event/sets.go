package event

import "strconv"

// Side says which of the gateway's two peers is meant.
type Side uint8

// The sides.
const (
	Downstream Side = iota // towards the client
	Upstream               // towards the origin
	NumSides
)

// String returns the label value.
func (s Side) String() string { return name(sideNames[:], int(s)) }

var sideNames = [...]string{"downstream", "upstream"}

// Dir is the direction of bytes as the gateway sees them.
type Dir uint8

// The directions.
const (
	Read Dir = iota
	Written
	NumDirs
)

// String returns the label value.
func (d Dir) String() string { return name(dirNames[:], int(d)) }

var dirNames = [...]string{"read", "written"}

// Scope says what a stalled stream waits for.
type Scope uint8

// The scopes.
const (
	// ScopeStream: the stream's own send window is used up.
	ScopeStream Scope = iota
	// ScopeConnection: the connection's send window is used up, or its socket
	// takes no more bytes.
	ScopeConnection
	NumScopes
)

// String returns the label value.
func (s Scope) String() string { return name(scopeNames[:], int(s)) }

var scopeNames = [...]string{"stream", "connection"}

// Origin says who began something.
type Origin uint8

// The origins.
const (
	ByNobody Origin = iota
	ByClient
	ByUpstream
	ByGateway
	NumOrigins
)

// String returns the label value.
func (o Origin) String() string { return name(originNames[:], int(o)) }

var originNames = [...]string{"none", "client", "upstream", "gateway"}

// EndReason says why an exchange ended.
type EndReason uint8

// The end reasons.
const (
	EndCompleted       EndReason = iota // the response reached its END_STREAM
	EndNoRoute                          // 404
	EndBadRequest                       // 400, malformed or refused by name
	EndNotImplemented                   // 501, upgrade or CONNECT
	EndBodyTooLarge                     // 413
	EndHeadersTooLarge                  // 431
	EndUnreachable                      // 503, no endpoint took the request
	EndOverload                         // 503 or REFUSED_STREAM, a bound of the gateway's own
	EndTimeout                          // 504, the route's timeout or grpc-timeout
	EndIdle                             // idle_timeout
	EndBadResponse                      // 502, the upstream broke the protocol
	EndClientReset                      // RST_STREAM from the client
	EndUpstreamReset                    // RST_STREAM from the upstream
	EndClientGone                       // the downstream connection was lost
	EndUpstreamGone                     // the upstream connection was lost
	EndClientError                      // the client broke the protocol after its header block
	EndBufferLimit                      // reset to stay below max_buffered_bytes
	EndDrain                            // drain_grace ran out
	EndSlowPeer                         // a peer took its bytes more slowly than slow_peer_rate
	EndNoSlot                           // 503, every stream that the upstream's connections allow stayed in use
	NumEndReasons
)

// String returns the label value.
func (r EndReason) String() string { return name(endNames[:], int(r)) }

var endNames = [...]string{
	"completed", "no_route", "bad_request", "not_implemented", "body_too_large", "headers_too_large",
	"upstream_unreachable", "overload", "timeout", "idle", "bad_response", "client_reset", "upstream_reset",
	"client_gone", "upstream_gone", "client_error", "buffer_limit", "drain", "slow_peer",
	"no_stream_slot",
}

// OpenReason says why a connection to an endpoint was opened: what was wrong with
// those that the worker had. Connections are opened for requests that wait, never
// ahead of them.
type OpenReason uint8

// The open reasons.
const (
	OpenFirst  OpenReason = iota // there had been none
	OpenSlots                    // every stream that the origin allows was open on each of them
	OpenPing                     // one with room owed an answer to a PING
	OpenGoAway                   // GOAWAY: they took no new streams, or the last one had ended
	OpenLost                     // the last one had ended without GOAWAY
	OpenIdle                     // the last one had been closed because it had no stream for long
	OpenRetry                    // there was none; the last could not be opened or ended before it was of use
	NumOpenReasons
)

// String returns the name.
func (r OpenReason) String() string { return name(openNames[:], int(r)) }

var openNames = [...]string{"first", "slots", "ping", "goaway", "lost", "idle", "retry"}

// CloseReason says why a connection ended.
type CloseReason uint8

// The close reasons.
const (
	ClosePeer     CloseReason = iota // the peer closed it in order
	CloseIO                          // reading or writing failed
	CloseProtocol                    // we ended it with a GOAWAY that carries an error
	CloseGoAway                      // the peer's GOAWAY, after the last stream
	CloseDrain                       // the gateway is stopping
	CloseReplaced                    // a reload took its listener or endpoint away
	CloseTimeout                     // no preface, no SETTINGS or no PING ACK in time
	CloseIdle                        // it had no stream for long
	NumCloseReasons
)

// String returns the label value.
func (r CloseReason) String() string { return name(closeNames[:], int(r)) }

var closeNames = [...]string{"peer", "io_error", "protocol_error", "goaway", "drain", "replaced", "timeout", "idle"}

// Refusal says why a connection of a client was not taken.
type Refusal uint8

// The refusals.
const (
	RefusedMaxConnections Refusal = iota // limits.max_connections are open
	RefusedMaxPending                    // limits.max_pending_connections wait, and it was the oldest of them
	RefusedTimeout                       // no TLS handshake or first line in time
	NumRefusals
)

// String returns the label value.
func (r Refusal) String() string { return name(refusalNames[:], int(r)) }

var refusalNames = [...]string{"max_connections", "max_pending_connections", "timeout"}

// Overload is what the gateway runs short of when it refuses new streams.
type Overload uint8

// The kinds of overload.
const (
	OverloadBuffers Overload = iota // limits.max_buffered_bytes are held for slow peers
	OverloadMemory                  // limits.max_memory is in use
	OverloadCPU                     // a worker's batches take longer than limits.max_queue_time
	NumOverloads
)

// String returns the label value.
func (o Overload) String() string { return name(overloadNames[:], int(o)) }

var overloadNames = [...]string{"buffers", "memory", "cpu"}

// Proto is what a connection speaks.
type Proto uint8

// The protocols.
const (
	HTTP2 Proto = iota
	HTTP1
	NumProtos
)

// String returns the label value.
func (p Proto) String() string { return name(protoNames[:], int(p)) }

var protoNames = [...]string{"h2", "http/1.1"}

// Code is an error code of RFC 9113 §7. Codes outside the registry are counted
// as [OtherCode].
type Code uint32

// OtherCode stands for every code that RFC 9113 §7 does not name.
const OtherCode Code = 14

// Label returns the code's label value, one of 15.
func (c Code) Label() string { return name(codeNames[:], int(min(c, OtherCode))) }

// NumCodes is the number of label values of a code.
const NumCodes = 15

var codeNames = [...]string{
	"NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT",
	"STREAM_CLOSED", "FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR",
	"CONNECT_ERROR", "ENHANCE_YOUR_CALM", "INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED", "other",
}

// NumFrameTypes counts the ten frame types of RFC 9113 §6 and, last, unknown.
const NumFrameTypes = 11

// FrameName returns the label value of a frame type; types above nine are unknown.
func FrameName(t uint8) string { return frameNames[min(int(t), NumFrameTypes-1)] }

var frameNames = [...]string{
	"DATA", "HEADERS", "PRIORITY", "RST_STREAM", "SETTINGS", "PUSH_PROMISE", "PING", "GOAWAY",
	"WINDOW_UPDATE", "CONTINUATION", "unknown",
}

// Kind is a stream event that a span's log can show.
type Kind uint8

// The kinds of stream events. Detail says what Mark's argument holds.
const (
	MarkInformational   Kind = iota // a 1xx passed through; detail: the status
	MarkRequestSent                 // the request's header block went upstream
	MarkResponseHeaders             // final response headers read; detail: the status
	MarkFirstByte                   // first response DATA read
	MarkTrailers                    // response trailers read
	MarkRequestEnd                  // END_STREAM of the request read
	MarkStall                       // a window or socket ran out; detail: the Scope
	MarkResume                      // and opened again; detail: the Scope
	MarkResetRead                   // detail: the Code
	MarkResetWritten                // detail: the Code
	MarkGoAway                      // the upstream connection got GOAWAY; detail: the Code
	MarkIdleKill                    // idle_timeout ended it
	MarkTimeout                     // timeout ended it
	MarkRetry                       // another attempt begins; detail: its number
	MarkSlotWait                    // it waits for a connection or a stream slot
	MarkProgress                    // still running; sent every 30 s
	NumKinds
)

// String returns the event's name in a span's log.
func (k Kind) String() string { return name(kindNames[:], int(k)) }

var kindNames = [...]string{
	"informational", "request_sent", "response_headers", "first_byte", "trailers", "request_end",
	"window_zero", "window_open", "rst_read", "rst_written", "goaway", "idle_kill", "timeout", "retry",
	"slot_wait", "progress",
}

// RetryResult says what became of the wish to try again.
type RetryResult uint8

// The retry results.
const (
	RetryDone       RetryResult = iota // another attempt was begun
	RetryForbidden                     // the route's policy or the failure forbids it
	RetryBodyGone                      // part of the request body is no longer held
	RetryBudget                        // the budget is used up
	RetryNoAttempts                    // every attempt that is allowed was made
	NumRetryResults
)

// String returns the label value.
func (r RetryResult) String() string { return name(retryNames[:], int(r)) }

var retryNames = [...]string{"retried", "not_retryable", "body_gone", "budget_exhausted", "attempts_exhausted"}

func name(names []string, i int) string {
	if i < len(names) {
		return names[i]
	}
	return "unknown_" + strconv.Itoa(i)
}
