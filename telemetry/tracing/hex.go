package tracing

const hexDigits = "0123456789abcdef"

// appendHex appends b in lower-case hex.
func appendHex(dst, b []byte) []byte {
	for _, v := range b {
		dst = append(dst, hexDigits[v>>4], hexDigits[v&15])
	}
	return dst
}

// parseHex fills dst from hex digits of either case, at the right end if there
// are fewer than dst holds. It fails on no digits, too many, or another byte.
func parseHex(dst, s []byte) bool {
	if len(s) == 0 || len(s) > 2*len(dst) {
		return false
	}
	clear(dst)
	for i := range s {
		v, ok := hexValue(s[len(s)-1-i])
		if !ok {
			return false
		}
		dst[len(dst)-1-i/2] |= v << (4 * (i % 2))
	}
	return true
}

func hexValue(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}
