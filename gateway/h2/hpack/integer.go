package hpack

import "errors"

var (
	errTruncated = errors.New("hpack: truncated header block")
	errInteger   = errors.New("hpack: integer too large")
)

// maxInteger bounds every integer of a header block; real ones are far below.
const maxInteger = 1 << 24

// readInteger reads an integer with a prefix of the given number of bits
// (RFC 7541 §5.1). p is not empty.
func readInteger(p []byte, prefix uint) (v uint32, rest []byte, err error) {
	limit := uint32(1)<<prefix - 1
	v = uint32(p[0]) & limit
	p = p[1:]
	if v < limit {
		return v, p, nil
	}
	for shift := uint(0); len(p) > 0; shift += 7 {
		b := p[0]
		p = p[1:]
		if shift > 21 {
			return 0, nil, errInteger // also endless zeros
		}
		v += uint32(b&0x7f) << shift
		if v > maxInteger {
			return 0, nil, errInteger
		}
		if b < 0x80 {
			return v, p, nil
		}
	}
	return 0, nil, errTruncated
}

// appendInteger appends an integer whose prefix shares its byte with first.
func appendInteger(dst []byte, first byte, prefix uint, v uint32) []byte {
	limit := uint32(1)<<prefix - 1
	if v < limit {
		return append(dst, first|byte(v))
	}
	dst = append(dst, first|byte(limit))
	for v -= limit; v >= 0x80; v >>= 7 {
		dst = append(dst, byte(v)|0x80)
	}
	return append(dst, byte(v))
}
