package relay

import "math/bits"

// blocks hands out byte slices and takes them back. The sizes are those of the
// Go allocator, roughly, so that a slice which is held for long wastes little.
type blocks struct {
	free [numBlocks][][]byte
	kept int // bytes in free
}

const (
	blockStep  = 16
	smallBlock = 1 << 10
	largeBlock = 16 << 10 // larger ones are left to the collector
	numSmall   = smallBlock / blockStep
	numBlocks  = numSmall + 4 // 2, 4, 8, 16 KiB
	// maxKept bounds what is kept for use again, in bytes.
	maxKept = 8 << 20
)

// class returns the index of the smallest size that holds n bytes, and the size;
// -1: there is none.
func class(n int) (index, size int) {
	switch {
	case n <= smallBlock:
		i := max(n-1, 0) / blockStep
		return i, (i + 1) * blockStep
	case n <= largeBlock:
		b := bits.Len(uint(n - 1))
		return numSmall + b - bits.Len(smallBlock), 1 << b
	}
	return -1, n
}

// take returns an empty slice with room for at least n bytes.
func (b *blocks) take(n int) []byte {
	i, size := class(n)
	if i < 0 {
		return make([]byte, 0, size)
	}
	free := b.free[i]
	if len(free) == 0 {
		return make([]byte, 0, size)
	}
	p := free[len(free)-1]
	b.free[i] = free[:len(free)-1]
	b.kept -= size
	return p
}

// give takes back a slice that take returned.
func (b *blocks) give(p []byte) {
	i, size := class(cap(p))
	if i < 0 || size != cap(p) {
		return
	}
	if b.kept+size <= maxKept {
		b.free[i] = append(b.free[i], p[:0])
		b.kept += size
	}
}

// grow appends q to p, which take returned, and returns the slice to use from
// then on.
func (b *blocks) grow(p, q []byte) []byte {
	if len(p)+len(q) > cap(p) {
		larger := append(b.take(max(len(p)+len(q), 2*len(p))), p...)
		b.give(p)
		p = larger
	}
	return append(p, q...)
}
