package frame

import "testing"

// readBuffer is what a worker reads at once: the frames that clients of a busy
// gateway send, up to 64 KiB of them. frames is how many there are.
func readBuffer() (p []byte, frames int) {
	var (
		block = make([]byte, 24)  // of a header block that the table has seen before
		body  = make([]byte, 100) // a small message
	)
	for stream := uint32(1); len(p)+512 < 64<<10; stream += 2 {
		p = AppendBlock(p, stream, block, false)
		p = AppendData(p, stream, body, true)
		p = AppendWindowUpdate(p, stream, 128)
		frames += 3
		if stream%16 == 1 {
			p = AppendWindowUpdate(p, 0, 1<<16)
			p = AppendPing(p, [8]byte{1}, false)
			p = AppendRSTStream(p, stream, 8)
			frames += 3
		}
	}
	return p, frames
}

// BenchmarkParse walks a buffer as a connection does: the header, whether the
// frame is whole, its padding.
func BenchmarkParse(b *testing.B) {
	p, frames := readBuffer()
	b.SetBytes(int64(len(p)))
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for rest := p; len(rest) >= HeaderLen; n++ {
			h := ParseHeader(rest)
			end := HeaderLen + int(h.Length)
			if end > len(rest) {
				break
			}
			if h.Type == Data || h.Type == Headers {
				if _, ok := TrimPadding(rest[HeaderLen:end], h.Flags, 0); !ok {
					b.Fatal("bad padding")
				}
			}
			rest = rest[end:]
		}
		if n != frames {
			b.Fatalf("read %d frames, want %d", n, frames)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*frames), "ns/frame")
}

// BenchmarkAppend writes what one request and its response cost: a header block,
// a body, and the credit for it.
func BenchmarkAppend(b *testing.B) {
	dst := make([]byte, 0, 1<<10)
	block, body := make([]byte, 24), make([]byte, 128)
	b.ReportAllocs()
	for b.Loop() {
		dst = AppendBlock(dst[:0], 1, block, false)
		dst = AppendData(dst, 1, body, true)
		dst = AppendWindowUpdate(dst, 0, 128)
	}
	b.SetBytes(int64(len(dst)))
}
