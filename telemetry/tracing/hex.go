package tracing

import "encoding/binary"

// appendHex appends b, whose length is a multiple of four, in lower-case hex.
func appendHex(dst, b []byte) []byte {
	for ; len(b) >= 4; b = b[4:] {
		dst = binary.BigEndian.AppendUint64(dst, hexDigits(binary.BigEndian.Uint32(b)))
	}
	return dst
}

// hexDigits returns the eight lower-case hex digits of v, the first in the
// highest byte. All eight are worked on at once.
func hexDigits(v uint32) uint64 {
	const ones = 0x0101010101010101
	// One digit's value in each byte.
	x := uint64(v)
	x = (x | x<<16) & 0x0000ffff0000ffff
	x = (x | x<<8) & 0x00ff00ff00ff00ff
	x = (x | x<<4) & 0x0f0f0f0f0f0f0f0f
	letters := (x + 6*ones) >> 4 & ones // 1 where the value is above 9
	return x + '0'*ones + letters*('a'-10-'0')
}

// capital marks the value of a digit that is written in capitals.
const capital = 0x10

// hexValues are the values of the hex digits; 0xff: not one.
var hexValues = func() (values [256]uint8) {
	for i := range values {
		values[i] = 0xff
	}
	for i := range uint8(10) {
		values['0'+i] = i
	}
	for i := range uint8(6) {
		values['a'+i], values['A'+i] = 10+i, 10+i|capital
	}
	return values
}()

// parseHex fills dst from hex digits of either case, at the right end if there
// are fewer than dst holds. It fails on no digits, too many, or another byte.
func parseHex(dst, s []byte) bool { return parseWords(dst, s) || parseDigits(dst, s) < 2*capital }

// parseLowerHex is parseHex but for capitals, on which it fails.
func parseLowerHex(dst, s []byte) bool { return parseWords(dst, s) || parseDigits(dst, s) < capital }

// parseWords is parseLowerHex for what ids mostly are: two digits for each byte of
// dst, whose length is a multiple of four.
func parseWords(dst, s []byte) bool {
	if len(s) != 2*len(dst) || len(dst)%4 != 0 || len(dst) == 0 {
		return false
	}
	for ; len(dst) > 0; dst, s = dst[4:], s[8:] {
		text := binary.BigEndian.Uint64(s)
		v := digitsValue(text)
		if hexDigits(v) != text {
			return false
		}
		binary.BigEndian.PutUint32(dst, v)
	}
	return true
}

// digitsValue is the inverse of hexDigits; what it makes of other text is not
// what hexDigits makes that text of.
func digitsValue(text uint64) uint32 {
	const ones = 0x0101010101010101
	letters := text >> 6 & ones
	x := text&(0x0f*ones) + letters*9
	x = (x | x>>4) & 0x00ff00ff00ff00ff
	x = (x | x>>8) & 0x0000ffff0000ffff
	return uint32(x | x>>16)
}

// parseDigits returns what the hexValues of s have in common: all their bits.
func parseDigits(dst, s []byte) (bits uint8) {
	if len(s) == 0 || len(s) > 2*len(dst) {
		return 0xff
	}
	clear(dst)
	at := 2*len(dst) - len(s) // digit of dst, from the left
	for _, c := range s {
		v := hexValues[c]
		bits |= v
		dst[at/2] |= v & 0xf << (4 * (^at & 1))
		at++
	}
	return bits
}
