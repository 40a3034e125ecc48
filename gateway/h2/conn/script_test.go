package conn

import (
	"slices"
	"strings"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/frame"
	"github.com/hopscope/hopscope/gateway/h2/header"
)

// script is where a fuzzed test takes its decisions from. When it is used up,
// every decision is zero.
type script struct{ p []byte }

func (s *script) done() bool { return len(s.p) == 0 }

func (s *script) byte() byte {
	if len(s.p) == 0 {
		return 0
	}
	b := s.p[0]
	s.p = s.p[1:]
	return b
}

// below returns a number from 0 to n-1, 0 if n is 0.
func (s *script) below(n int) int {
	if n <= 0 {
		return 0
	}
	v := int(s.byte())
	if n > 0x100 {
		v = v<<8 | int(s.byte())
	}
	if n > 0x10000 {
		v = v<<8 | int(s.byte())
	}
	return v % n
}

// text writes a list out, one field in a line.
func text(l *header.List) string {
	var b strings.Builder
	for i := range l.Len() {
		b.WriteString(string(l.Name(i)) + "=" + string(l.Value(i)) + "\n")
	}
	return b.String()
}

// wire is a frame that a connection wrote.
type wire struct {
	frame.Header
	payload []byte
}

// frames returns the frames that were written since.
func (r *rig) frames() (out []wire) {
	p := r.tr.out
	for len(p) >= frame.HeaderLen {
		h := frame.ParseHeader(p)
		end := frame.HeaderLen + int(h.Length)
		if len(p) < end {
			break
		}
		out = append(out, wire{h, p[frame.HeaderLen:end]})
		p = p[end:]
	}
	r.tr.out = slices.Clone(p)
	return out
}

// code returns the error code of a RST_STREAM or GOAWAY frame.
func (w *wire) code() event.Code {
	p := w.payload
	if w.Type == frame.GoAway {
		p = p[4:]
	}
	return event.Code(uint32(p[0])<<24 | uint32(p[1])<<16 | uint32(p[2])<<8 | uint32(p[3]))
}
