package hpack

import "errors"

// codeLens are the lengths in bits of the Huffman code of each byte (RFC 7541
// Appendix B). The code is canonical, so the lengths are the whole of it; EOS has
// the last code of 30 bits.
var codeLens = [256]uint8{
	13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
	6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
	13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
	15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
	20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
	22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
	26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
	20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
}

// codes are the code words, right-aligned.
var codes = func() (codes [256]uint32) {
	next := uint32(0)
	for n := uint8(5); n <= 30; n++ {
		for sym, length := range codeLens {
			if length == n {
				codes[sym] = next
				next++
			}
		}
		next <<= 1
	}
	return codes
}()

// fastBits is how many bits decoding looks up at once. It covers every symbol of
// URLs and most of text; what is longer is found by its length.
const fastBits = 10

type symbol struct{ sym, length uint8 }

// fast gives, for each word of fastBits, its first symbol and that symbol's
// length; length 0: the code is longer.
var fast = func() (fast [1 << fastBits]symbol) {
	for sym, n := range codeLens {
		if n > fastBits {
			continue
		}
		first := codes[sym] << (fastBits - n)
		for i := range uint32(1) << (fastBits - n) {
			fast[first+i] = symbol{uint8(sym), n}
		}
	}
	return fast
}()

// long lists the codes above fastBits by length: the first code word of each
// length, and the symbols in the order of their codes.
var long = func() (long [31]struct {
	first uint32
	syms  []uint8
},
) {
	for sym, n := range codeLens {
		if n <= fastBits {
			continue
		}
		if len(long[n].syms) == 0 {
			long[n].first = codes[sym]
		}
		long[n].syms = append(long[n].syms, uint8(sym))
	}
	return long
}()

var errHuffman = errors.New("hpack: invalid Huffman coding")

// appendHuffmanDecoded appends what p encodes. Padding must be shorter than a
// byte and consist of ones, and EOS must not occur (RFC 7541 §5.2).
func appendHuffmanDecoded(dst, p []byte) ([]byte, error) {
	var acc uint64 // the next bits, right-aligned
	var n uint     // how many
	for {
		for n <= 56 && len(p) > 0 {
			acc = acc<<8 | uint64(p[0])
			p = p[1:]
			n += 8
		}
		for n >= fastBits {
			e := fast[acc>>(n-fastBits)&(1<<fastBits-1)]
			if e.length == 0 {
				break
			}
			dst = append(dst, e.sym)
			n -= uint(e.length)
		}
		if n < fastBits {
			if len(p) == 0 {
				return appendLast(dst, acc, n)
			}
			continue
		}
		if n < 30 && len(p) > 0 {
			continue // the code may need more bits
		}
		sym, length := longCode(acc, n)
		if length == 0 {
			return dst, errHuffman
		}
		dst = append(dst, sym)
		n -= length
	}
}

// appendLast appends the symbols of the last n bits, fewer than are looked up at
// once, and checks the padding.
func appendLast(dst []byte, acc uint64, n uint) ([]byte, error) {
	for n > 0 {
		bits := acc & (1<<n - 1)
		e := fast[bits<<(fastBits-n)]
		if e.length == 0 || uint(e.length) > n {
			if n > 7 || bits != 1<<n-1 {
				return dst, errHuffman
			}
			break
		}
		dst = append(dst, e.sym)
		n -= uint(e.length)
	}
	return dst, nil
}

// longCode returns the symbol of more than fastBits that acc's lowest n bits
// begin with; length 0: none.
func longCode(acc uint64, n uint) (sym uint8, length uint) {
	for length = fastBits + 1; length <= 30 && length <= n; length++ {
		l := &long[length]
		word := uint32(acc >> (n - length) & (1<<length - 1))
		if word >= l.first && int(word-l.first) < len(l.syms) {
			return l.syms[word-l.first], length
		}
	}
	return 0, 0
}

// huffmanLen returns the length in bytes of p's encoding.
func huffmanLen(p []byte) int {
	n := 0
	for _, c := range p {
		n += int(codeLens[c])
	}
	return (n + 7) / 8
}

// appendHuffman appends the encoding of p.
func appendHuffman(dst, p []byte) []byte {
	var acc uint64
	var n uint
	for _, c := range p {
		acc = acc<<codeLens[c] | uint64(codes[c])
		n += uint(codeLens[c])
		if n >= 32 {
			n -= 32
			w := uint32(acc >> n)
			dst = append(dst, byte(w>>24), byte(w>>16), byte(w>>8), byte(w))
		}
	}
	for n >= 8 {
		n -= 8
		dst = append(dst, byte(acc>>n))
	}
	if n > 0 {
		dst = append(dst, byte(acc<<(8-n))|byte(0xff>>n))
	}
	return dst
}
