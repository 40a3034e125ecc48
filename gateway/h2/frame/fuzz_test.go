package frame

import (
	"bytes"
	"encoding/binary"
	"testing"

	"golang.org/x/net/http2"
)

// FuzzReader walks arbitrary bytes as a connection does. What is read and written
// again is what came, and another implementation reads the same.
func FuzzReader(f *testing.F) {
	block := bytes.Repeat([]byte("b"), 30)
	f.Add(AppendSettings(nil, Setting{InitialWindowSize, 7}, Setting{MaxFrameSize, 16384}))
	f.Add(AppendBlock(AppendSettingsAck(nil), 1, block, true))
	f.Add(AppendData(AppendData(nil, 1, block, false), 1, nil, true))
	f.Add(AppendRSTStream(AppendWindowUpdate(nil, 0, 9), 3, 8))
	f.Add(AppendGoAway(AppendPing(nil, [8]byte{1}, true), 7, 2, "why"))
	f.Add([]byte{0, 0, 4, 0, 8, 0, 0, 0, 1, 2, 'a', 0, 0})                     // DATA with padding
	f.Add([]byte{0, 0, 8, 1, 0x2c, 0, 0, 0, 1, 1, 0x80, 0, 0, 3, 9, 0x82, 0})  // HEADERS with padding and priority
	f.Add([]byte{0, 0, 6, 1, 0x2c, 0, 0, 0, 1, 1, 0x80, 0, 0, 3, 9})           // and no room for both
	f.Add([]byte{0, 0, 7, 4, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 0, 0, 1})     // SETTINGS of seven bytes
	f.Add([]byte{0, 0, 0, 0xfa, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 1, 0xfa})  // types to come
	f.Add(append([]byte{0, 0, 4, 9, 4, 0x80, 0, 0, 1}, "\x82\x84\x86\x41"...)) // CONTINUATION, reserved bit set
	f.Fuzz(func(t *testing.T, p []byte) {
		p = bytes.Clone(p)
		for len(p) >= HeaderLen {
			h := ParseHeader(p)
			end := HeaderLen + int(h.Length)
			if end > len(p) {
				return
			}
			p[5] &^= 0x80 // reserved, not kept
			payload := p[HeaderLen:end:end]
			if again := append(AppendHeader(nil, h), payload...); !bytes.Equal(again, p[:end]) {
				t.Fatalf("%x became %x", p[:end], again)
			}
			if again := rewrite(h, payload); again != nil && !bytes.Equal(again, p[:end]) {
				t.Fatalf("%x was written as %x", p[:end], again)
			}
			compareContent(t, h, p[:end], payload)
			p = p[end:]
		}
	})
}

// rewrite writes a frame anew from what was read of it; nil: we do not write such.
func rewrite(h Header, p []byte) []byte {
	end := h.Flags.Has(FlagEndStream)
	switch {
	case h.Type == Data && h.Flags&^FlagEndStream == 0:
		return AppendData(nil, h.Stream, p, end)
	case h.Type == Headers && h.Flags&^FlagEndStream == FlagEndHeaders && len(p) <= MaxPayload:
		return AppendBlock(nil, h.Stream, p, end)
	case h.Type == RSTStream && h.Flags == 0 && len(p) == 4:
		return AppendRSTStream(nil, h.Stream, binary.BigEndian.Uint32(p))
	case h.Type == WindowUpdate && h.Flags == 0 && len(p) == 4:
		return AppendWindowUpdate(nil, h.Stream, binary.BigEndian.Uint32(p))
	case h.Type == Ping && h.Flags&^FlagAck == 0 && h.Stream == 0 && len(p) == 8:
		return AppendPing(nil, [8]byte(p), h.Flags.Has(FlagAck))
	case h.Type == GoAway && h.Flags == 0 && h.Stream == 0 && len(p) >= 8:
		return AppendGoAway(nil, binary.BigEndian.Uint32(p), binary.BigEndian.Uint32(p[4:]), string(p[8:]))
	case h.Type == Settings && h.Flags == FlagAck && h.Stream == 0 && len(p) == 0:
		return AppendSettingsAck(nil)
	case h.Type == Settings && h.Flags == 0 && h.Stream == 0:
		var s []Setting
		if EachSetting(p, func(v Setting) bool { s = append(s, v); return true }) {
			return AppendSettings(nil, s...)
		}
	}
	return nil
}

// compareContent reads padding and settings as another implementation does.
func compareContent(t *testing.T, h Header, whole, payload []byte) {
	var extra int
	switch {
	case h.Stream == 0 && h.Type == Settings && !h.Flags.Has(FlagAck):
		n := 0
		if ok := EachSetting(payload, func(Setting) bool { n++; return true }); ok != (len(payload)%settingLen == 0) || ok && n != len(payload)/settingLen {
			t.Fatalf("%d settings of %d bytes, %v", n, len(payload), ok)
		}
		return
	case h.Stream != 0 && h.Type == Data:
	case h.Stream != 0 && h.Type == Headers:
		if h.Flags.Has(FlagPriority) {
			extra = 5
		}
	default:
		return
	}
	got, ok := TrimPadding(payload, h.Flags, extra)
	other := http2.NewFramer(nil, bytes.NewReader(whole))
	other.SetMaxReadFrameSize(1<<24 - 1)
	other.AllowIllegalReads = true // on its own, the frame is out of order
	fr, err := other.ReadFrame()
	if !ok {
		if err == nil {
			t.Fatalf("padding of %x is refused, another takes it", whole)
		}
		return
	}
	var want []byte
	switch fr := fr.(type) {
	case *http2.DataFrame:
		want = fr.Data()
	case *http2.HeadersFrame:
		want = fr.HeaderBlockFragment()
	default:
		t.Fatalf("%x is taken, another says %v", whole, err)
	}
	if !bytes.Equal(got[extra:], want) {
		t.Fatalf("%x holds %x, another reads %x", whole, got[extra:], want)
	}
}

// FuzzBlock: however long a block is, its frames are within the limit, and put
// together they are the block.
func FuzzBlock(f *testing.F) {
	f.Add([]byte("block"), uint32(5), true)
	f.Add([]byte("0123456789"), uint32(MaxPayload), false)
	f.Add([]byte("x"), uint32(3*MaxPayload), true)
	f.Add([]byte(nil), uint32(0), false)
	f.Fuzz(func(t *testing.T, p []byte, size uint32, end bool) {
		block := make([]byte, size%100_000)
		for i := range block {
			if len(p) > 0 {
				block[i] = p[i%len(p)]
			}
		}
		wire := AppendBlock(nil, 5, block, end)
		var got []byte
		for n := 0; len(wire) > 0; n++ {
			h := ParseHeader(wire)
			want, flags := Continuation, Flags(0)
			if n == 0 {
				want, flags = Headers, endFlag(end)
			}
			wire = wire[HeaderLen:]
			got = append(got, wire[:h.Length]...)
			wire = wire[h.Length:]
			if len(wire) == 0 {
				flags |= FlagEndHeaders
			}
			if h.Type != want || h.Flags != flags || h.Stream != 5 || h.Length > MaxPayload || n > 0 && h.Length == 0 {
				t.Fatalf("frame %d of a block of %d bytes is %+v", n, len(block), h)
			}
		}
		if !bytes.Equal(got, block) {
			t.Fatalf("%d bytes arrive of %d, or others", len(got), len(block))
		}
	})
}
