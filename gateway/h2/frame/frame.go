package frame

import "encoding/binary"

// HeaderLen is the length of a frame header in bytes (RFC 9113 §4.1).
const HeaderLen = 9

// MaxPayload is the largest payload that a peer may send before it raised
// SETTINGS_MAX_FRAME_SIZE, and the largest that we send (RFC 9113 §4.2).
const MaxPayload = 16384

// Preface is what a client sends first (RFC 9113 §3.4).
const Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// Type is a frame type (RFC 9113 §6).
type Type uint8

// The frame types.
const (
	Data Type = iota
	Headers
	Priority
	RSTStream
	Settings
	PushPromise
	Ping
	GoAway
	WindowUpdate
	Continuation
)

// Flags are a frame's flags; their meaning depends on its type.
type Flags uint8

// The flags.
const (
	FlagEndStream  Flags = 0x1 // DATA, HEADERS
	FlagAck        Flags = 0x1 // SETTINGS, PING
	FlagEndHeaders Flags = 0x4 // HEADERS, PUSH_PROMISE, CONTINUATION
	FlagPadded     Flags = 0x8 // DATA, HEADERS, PUSH_PROMISE
	FlagPriority   Flags = 0x20
)

// Has reports whether every flag of v is set.
func (f Flags) Has(v Flags) bool { return f&v == v }

// Header is a frame header (RFC 9113 §4.1).
type Header struct {
	Length uint32 // of the payload, 24 bits
	Type   Type
	Flags  Flags
	Stream uint32 // 31 bits; the reserved bit is dropped
}

// ParseHeader reads a frame header from the first nine bytes of p.
func ParseHeader(p []byte) Header {
	_ = p[HeaderLen-1]
	return Header{
		Length: uint32(p[0])<<16 | uint32(p[1])<<8 | uint32(p[2]),
		Type:   Type(p[3]),
		Flags:  Flags(p[4]),
		Stream: binary.BigEndian.Uint32(p[5:9]) & (1<<31 - 1),
	}
}

// AppendHeader appends a frame header.
func AppendHeader(dst []byte, h Header) []byte {
	return append(dst,
		byte(h.Length>>16), byte(h.Length>>8), byte(h.Length), byte(h.Type), byte(h.Flags),
		byte(h.Stream>>24), byte(h.Stream>>16), byte(h.Stream>>8), byte(h.Stream))
}

// AppendData appends a DATA frame without padding.
func AppendData(dst []byte, stream uint32, p []byte, end bool) []byte {
	dst = AppendHeader(dst, Header{Length: uint32(len(p)), Type: Data, Flags: endFlag(end), Stream: stream})
	return append(dst, p...)
}

// PutBlockHeader writes the header of a HEADERS frame that holds a whole block of
// n bytes over the first nine bytes of p.
func PutBlockHeader(p []byte, stream uint32, n int, end bool) {
	AppendHeader(p[:0], Header{Length: uint32(n), Type: Headers, Flags: endFlag(end) | FlagEndHeaders, Stream: stream})
}

// AppendBlock appends a header block as one HEADERS frame and as many
// CONTINUATION frames as it needs.
func AppendBlock(dst []byte, stream uint32, block []byte, end bool) []byte {
	first := min(len(block), MaxPayload)
	flags := endFlag(end)
	if first == len(block) {
		flags |= FlagEndHeaders
	}
	dst = AppendHeader(dst, Header{Length: uint32(first), Type: Headers, Flags: flags, Stream: stream})
	dst = append(dst, block[:first]...)
	for block = block[first:]; len(block) > 0; {
		n := min(len(block), MaxPayload)
		flags = 0
		if n == len(block) {
			flags = FlagEndHeaders
		}
		dst = AppendHeader(dst, Header{Length: uint32(n), Type: Continuation, Flags: flags, Stream: stream})
		dst = append(dst, block[:n]...)
		block = block[n:]
	}
	return dst
}

// AppendRSTStream appends a RST_STREAM frame.
func AppendRSTStream(dst []byte, stream, code uint32) []byte {
	dst = AppendHeader(dst, Header{Length: 4, Type: RSTStream, Stream: stream})
	return binary.BigEndian.AppendUint32(dst, code)
}

// AppendWindowUpdate appends a WINDOW_UPDATE frame; stream 0 is the connection.
func AppendWindowUpdate(dst []byte, stream, increment uint32) []byte {
	dst = AppendHeader(dst, Header{Length: 4, Type: WindowUpdate, Stream: stream})
	return binary.BigEndian.AppendUint32(dst, increment)
}

// AppendPing appends a PING frame.
func AppendPing(dst []byte, data [8]byte, ack bool) []byte {
	h := Header{Length: 8, Type: Ping}
	if ack {
		h.Flags = FlagAck
	}
	return append(AppendHeader(dst, h), data[:]...)
}

// AppendGoAway appends a GOAWAY frame.
func AppendGoAway(dst []byte, last, code uint32, debug string) []byte {
	dst = AppendHeader(dst, Header{Length: uint32(8 + len(debug)), Type: GoAway})
	dst = binary.BigEndian.AppendUint32(dst, last)
	dst = binary.BigEndian.AppendUint32(dst, code)
	return append(dst, debug...)
}

// AppendSettingsAck appends the acknowledgement of a SETTINGS frame.
func AppendSettingsAck(dst []byte) []byte {
	return AppendHeader(dst, Header{Type: Settings, Flags: FlagAck})
}

// AppendSettings appends a SETTINGS frame.
func AppendSettings(dst []byte, settings ...Setting) []byte {
	dst = AppendHeader(dst, Header{Length: uint32(len(settings) * settingLen), Type: Settings})
	for _, s := range settings {
		dst = binary.BigEndian.AppendUint16(dst, uint16(s.ID))
		dst = binary.BigEndian.AppendUint32(dst, s.Value)
	}
	return dst
}

// TrimPadding returns the payload of a padded frame without its padding, and
// whether the padding fits (RFC 9113 §6.1). extra is the number of bytes that
// must remain, such as HEADERS' priority fields.
func TrimPadding(p []byte, f Flags, extra int) ([]byte, bool) {
	if f.Has(FlagPadded) {
		if len(p) < 1 {
			return nil, false
		}
		pad := int(p[0])
		p = p[1:]
		if pad > len(p) {
			return nil, false
		}
		p = p[:len(p)-pad]
	}
	return p, len(p) >= extra
}

func endFlag(end bool) Flags {
	if end {
		return FlagEndStream
	}
	return 0
}
