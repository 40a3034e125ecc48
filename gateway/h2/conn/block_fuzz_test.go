package conn

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/frame"
)

// keeping is an owner that keeps whole header lists.
type keeping struct {
	*rig
	lists *[]string
}

func (k keeping) Request(s *Stream, h Head) {
	*k.lists = append(*k.lists, text(h.List))
	k.rig.Request(s, h)
}

// outcome is everything that can be seen of what a header block did, and of the
// next request behind it, which shares its compression state.
func outcome(t *testing.T, frames []byte, probe []byte) []string {
	r := server(t)
	var lists []string
	r.c.owner = keeping{r, &lists}
	r.send(frames)
	r.send(probe)
	out := append(lists, r.read()...)
	for _, s := range r.streams {
		out = append(out, s.take()...)
	}
	for _, v := range r.sink.violations {
		out = append(out, v.String())
	}
	return out
}

// FuzzHeaderBlock cuts a header block in arbitrary places. Within the limits
// nobody can tell; beyond them, and where a frame comes in between, the connection
// ends as RFC 9113 §6.10 and our limit on fragments say.
func FuzzHeaderBlock(f *testing.F) {
	f.Add([]byte("accept\x00text/html\x00cookie\x00a=b"), []byte{3, 1, 0}, false, uint32(0), uint8(0), uint8(0))
	f.Add([]byte("a\x00b"), []byte{1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, false, uint32(0), uint8(1), uint8(0))         // too many pieces
	f.Add([]byte("a\x00b"), bytes.Repeat([]byte{0x40}, maxFragments-1), false, uint32(500), uint8(0), uint8(0)) // as many as may be
	f.Add([]byte("a\x00b"), []byte{9, 5}, false, uint32(3000), uint8(2), uint8(0x23))                           // interleaved
	f.Add([]byte("a\x00b"), []byte{0xff, 0xff}, false, uint32(70_000), uint8(0), uint8(0))                      // too many bytes
	f.Add([]byte("a\x00b"), []byte{0, 0, 0}, false, uint32(5000), uint8(3), uint8(0))                           // a list that is too large
	f.Add([]byte("\x82\x84\x86\x41\x01x\xff\xff\xff\xff\xff\xff"), []byte{4}, true, uint32(0), uint8(1), uint8(0))
	f.Add([]byte("\x3f\xe1\x1f\x82\x84\x86"), []byte{1, 1}, true, uint32(0), uint8(1), uint8(0)) // a table size
	f.Fuzz(func(t *testing.T, content, cuts []byte, raw bool, filler uint32, flags, between uint8) {
		enc := newRig(t, event.Downstream, Config{})
		block := content
		if !raw {
			kv := []string{":method", "POST", ":scheme", "http", ":path", "/"}
			parts := strings.Split(string(content), "\x00")
			for ; len(parts) >= 2 && len(kv) < 40; parts = parts[2:] {
				kv = append(kv, parts[0], parts[1])
			}
			// Huffman's code does not shorten it, so the block is as long as wanted.
			kv = append(kv, "x", strings.Repeat("\x01", int(filler%100_000)))
			block = enc.enc.Append(nil, fields(kv...))
		}
		if len(block) > 120_000 {
			return
		}
		probe := enc.get(3)

		pieces := cut(block, cuts)
		split := writePieces(pieces, flags, -1, nil)
		// The reference comes in as few frames as there can be.
		whole := writePieces(cut(block, nil), flags, -1, nil)
		want := outcome(t, whole, probe)
		if at, size := exceeds(pieces); at >= 0 {
			want = []string{"GOAWAY 0 last 0 ENHANCE_YOUR_CALM too_many_fragments", "too_many_fragments"}
			if got := outcome(t, split, probe); !slices.Equal(got, want) {
				t.Fatalf("%d pieces, %d bytes up to piece %d:\n%q\nwant\n%q", len(pieces), size, at, got, want)
			}
			return
		}
		if got := outcome(t, split, probe); !slices.Equal(got, want) {
			t.Fatalf("in %d pieces:\n%q\nin %d:\n%q", len(pieces), got, len(cut(block, nil)), want)
		}
		if between == 0 || len(pieces) < 2 {
			return
		}
		at := 1 + int(between>>4)%(len(pieces)-1)
		mixed := writePieces(pieces, flags, at, intruder(between&0xf, enc))
		want = []string{"GOAWAY 0 last 0 PROTOCOL_ERROR unexpected_frame", "unexpected_frame"}
		if got := outcome(t, mixed, probe); !slices.Equal(got, want) {
			t.Fatalf("a frame before piece %d of %d:\n%q\nwant\n%q", at, len(pieces), got, want)
		}
	})
}

// exceeds returns the first piece with which a block breaks a limit, or -1, and
// the bytes up to it.
func exceeds(pieces [][]byte) (at, size int) {
	for i, p := range pieces {
		size += len(p)
		if i > 0 && (i+1 > maxFragments || size > 64<<10) {
			return i, size
		}
	}
	return -1, size
}

// cut divides a block: each cut says how much of what is left comes next. No piece
// is larger than a frame.
func cut(block, cuts []byte) (pieces [][]byte) {
	limit := frame.MaxPayload - 300 // leaves room for padding and priority
	for _, c := range cuts {
		n := min(len(block), limit)
		if c < 0xff {
			n = min(n, len(block)*int(c)/0xff)
		}
		pieces = append(pieces, block[:n])
		block = block[n:]
	}
	for len(block) > 0 || len(pieces) == 0 {
		n := min(len(block), limit)
		pieces = append(pieces, block[:n])
		block = block[n:]
	}
	return pieces
}

// writePieces writes a block as HEADERS and CONTINUATION frames. Bits of flags:
// END_STREAM, padding, priority. Before the piece at, another frame goes out.
func writePieces(pieces [][]byte, flags uint8, at int, other []byte) (out []byte) {
	for i, p := range pieces {
		h := frame.Header{Type: frame.Continuation, Stream: 1}
		if i == at {
			out = append(out, other...)
		}
		if i == 0 {
			h.Type = frame.Headers
			h.Flags = frame.Flags(flags & 1)
			if flags&4 != 0 {
				h.Flags |= frame.FlagPriority
				p = append([]byte{0x80, 0, 0, 7, flags}, p...)
			}
			if flags&2 != 0 {
				h.Flags |= frame.FlagPadded
				p = slices.Concat([]byte{flags}, p, make([]byte, flags))
			}
		}
		if i == len(pieces)-1 {
			h.Flags |= frame.FlagEndHeaders
		}
		h.Length = uint32(len(p))
		out = append(frame.AppendHeader(out, h), p...)
	}
	return out
}

// intruder is a frame that has no place within a header block.
func intruder(kind uint8, r *rig) []byte {
	switch kind {
	case 0:
		return data(1, 1, false)
	case 1:
		return r.get(5)
	case 2:
		return frame.AppendHeader(nil, frame.Header{Type: frame.Continuation, Flags: frame.FlagEndHeaders, Stream: 3})
	case 3:
		return frame.AppendPing(nil, [8]byte{}, false)
	case 4:
		return settings()
	case 5:
		return windowUpdate(0, 1)
	case 6:
		return frame.AppendRSTStream(nil, 1, 8)
	case 7:
		return frame.AppendGoAway(nil, 0, 0, "")
	default:
		return frame.AppendHeader(nil, frame.Header{Type: frame.Type(kind + 8), Stream: 1}) // types to come
	}
}
