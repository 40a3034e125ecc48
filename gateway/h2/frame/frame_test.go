package frame

import (
	"bytes"
	"testing"

	"golang.org/x/net/http2"
)

// What we write, another implementation reads.
func TestFramesAreReadByAnother(t *testing.T) {
	var p []byte
	p = AppendSettings(p, Setting{InitialWindowSize, 7}, Setting{MaxFrameSize, 16384})
	p = AppendSettingsAck(p)
	p = AppendBlock(p, 1, bytes.Repeat([]byte("b"), 2*MaxPayload+5), true)
	p = AppendData(p, 1, []byte("hello"), true)
	p = AppendRSTStream(p, 3, 8)
	p = AppendWindowUpdate(p, 5, 9)
	p = AppendPing(p, [8]byte{1, 2}, true)
	p = AppendGoAway(p, 7, 2, "why")
	f := http2.NewFramer(nil, bytes.NewReader(p))
	next := func() http2.Frame {
		t.Helper()
		fr, err := f.ReadFrame()
		if err != nil {
			t.Fatal(err)
		}
		return fr
	}
	if s := next().(*http2.SettingsFrame); s.NumSettings() != 2 || s.Setting(0) != (http2.Setting{ID: http2.SettingInitialWindowSize, Val: 7}) {
		t.Errorf("settings %v", s)
	}
	if s := next().(*http2.SettingsFrame); !s.IsAck() {
		t.Errorf("settings %v", s)
	}
	if h := next().(*http2.HeadersFrame); h.StreamID != 1 || !h.StreamEnded() || h.HeadersEnded() || len(h.HeaderBlockFragment()) != MaxPayload {
		t.Errorf("headers %v", h)
	}
	if c := next().(*http2.ContinuationFrame); c.HeadersEnded() || len(c.HeaderBlockFragment()) != MaxPayload {
		t.Errorf("continuation %v", c)
	}
	if c := next().(*http2.ContinuationFrame); !c.HeadersEnded() || len(c.HeaderBlockFragment()) != 5 {
		t.Errorf("continuation %v", c)
	}
	if d := next().(*http2.DataFrame); string(d.Data()) != "hello" || !d.StreamEnded() {
		t.Errorf("data %v", d)
	}
	if r := next().(*http2.RSTStreamFrame); r.StreamID != 3 || r.ErrCode != http2.ErrCodeCancel {
		t.Errorf("reset %v", r)
	}
	if w := next().(*http2.WindowUpdateFrame); w.StreamID != 5 || w.Increment != 9 {
		t.Errorf("window update %v", w)
	}
	if p := next().(*http2.PingFrame); !p.IsAck() || p.Data != [8]byte{1, 2} {
		t.Errorf("ping %v", p)
	}
	if g := next().(*http2.GoAwayFrame); g.LastStreamID != 7 || g.ErrCode != http2.ErrCodeInternal || string(g.DebugData()) != "why" {
		t.Errorf("goaway %v", g)
	}
}

// FuzzHeader: a header that is read and written is the same but for the reserved
// bit, and agrees with another implementation.
func FuzzHeader(f *testing.F) {
	f.Add([]byte{0, 0, 1, 0, 1, 0x80, 0, 0, 1})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, p []byte) {
		if len(p) < HeaderLen {
			return
		}
		h := ParseHeader(p)
		again := AppendHeader(nil, h)
		p[5] &^= 0x80
		if !bytes.Equal(again, p[:HeaderLen]) {
			t.Fatalf("%x became %x", p[:HeaderLen], again)
		}
		other, err := http2.ReadFrameHeader(bytes.NewReader(p))
		if err != nil || other.Length != h.Length || uint8(other.Type) != uint8(h.Type) || other.StreamID != h.Stream || uint8(other.Flags) != uint8(h.Flags) {
			t.Fatalf("%+v, another reads %v, %v", h, other, err)
		}
	})
}

// FuzzTrimPadding: what is left is within the payload and as long as it says.
func FuzzTrimPadding(f *testing.F) {
	f.Add([]byte{2, 'a', 0, 0}, true, 0)
	f.Add([]byte{5, 1, 2, 3, 4, 5}, true, 5)
	f.Fuzz(func(t *testing.T, p []byte, padded bool, extra int) {
		extra &= 7
		flags := Flags(0)
		if padded {
			flags = FlagPadded
		}
		got, ok := TrimPadding(p, flags, extra)
		if !ok {
			return
		}
		want := len(p)
		if padded {
			want -= 1 + int(p[0])
		}
		if len(got) != want || len(got) < extra {
			t.Fatalf("%d bytes of %d are left, want %d", len(got), len(p), want)
		}
	})
}
