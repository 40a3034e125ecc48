// Package rule names the rules of RFC 9113, and of RFC 9112 for HTTP/1.1, and the
// limits that a peer can break. It is a leaf: everything that checks a rule
// imports it.
package rule

import "strconv"

// Violation is a rule of HTTP or a limit that a peer broke, from a closed set. It
// is counted, and named in GOAWAY's debug data.
type Violation uint8

// The violations.
const (
	None Violation = iota
	BadPreface
	BadFrameSize
	BadStreamID
	BadSettings
	BadPadding
	BadPriority
	BadWindowUpdate
	WindowOverflow
	WindowExceeded
	UnexpectedFrame
	UnexpectedContinuation
	StreamClosed
	StreamIDReused
	BadHeaderBlock
	HeaderListTooLarge
	TooManyFields
	TooManyFragments
	SlowHeaders
	SlowPeer
	SettingsTimeout
	BadPseudoField
	BadFieldName
	BadFieldValue
	ConnectionField
	BadContentLength
	BadAuthority
	BadPath
	BadStatus
	BadTrailers
	TooManyStreams
	TooManyControlFrames
	TooManyResets
	EmptyFrames
	BadPushPromise
	BadInformational
	BadRequestLine
	BadLineEnd
	FoldedField
	BadTransferEncoding
	NumViolations
)

// String returns the label value.
func (v Violation) String() string {
	if v < NumViolations {
		return violationNames[v]
	}
	return "unknown_" + strconv.Itoa(int(v))
}

// Error makes a Violation usable as an error value without allocation.
func (v Violation) Error() string { return v.String() }

var violationNames = [NumViolations]string{
	"none", "preface", "frame_size", "stream_id", "settings", "padding", "priority", "window_update",
	"window_overflow", "window_exceeded", "unexpected_frame", "unexpected_continuation", "stream_closed",
	"stream_id_reused", "header_block", "header_list_too_large", "too_many_fields", "too_many_fragments", "slow_headers", "slow_peer", "settings_timeout",
	"pseudo_field", "field_name", "field_value", "connection_field", "content_length", "authority", "path",
	"status", "trailers", "too_many_streams", "too_many_control_frames", "too_many_resets", "empty_frames",
	"push_promise", "informational", "request_line", "line_end", "folded_field", "transfer_encoding",
}
