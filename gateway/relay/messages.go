package relay

import (
	"encoding/binary"

	"github.com/hopscope/hopscope/gateway/event"
)

// messageCounter follows the length-prefixed messages of one direction of a gRPC
// call: a byte of flags, four bytes of length, the payload.
type messageCounter struct {
	left uint32 // of the payload; while the prefix is read, its length so far
	have uint8  // bytes of the prefix; 0 in the payload
}

const prefixLen = 5

// feed takes the next bytes and appends the length of each message that they
// begin.
func (m *messageCounter) feed(p []byte, sizes []uint32) []uint32 {
	for len(p) > 0 {
		if m.have == 0 && m.left == 0 && len(p) >= prefixLen {
			m.left = binary.BigEndian.Uint32(p[1:])
			sizes = append(sizes, m.left)
			p = p[prefixLen:]
			continue
		}
		if m.have == 0 && m.left > 0 {
			n := min(uint32(len(p)), m.left)
			m.left -= n
			p = p[n:]
			continue
		}
		if m.have > 0 { // the first byte holds flags
			m.left = m.left<<8 | uint32(p[0])
		}
		p = p[1:]
		if m.have++; m.have == prefixLen {
			m.have = 0
			sizes = append(sizes, m.left)
		}
	}
	return sizes
}

// countMessages counts gRPC messages as they pass.
func (x *Exchange) countMessages(d event.Dir, p []byte) {
	if !x.rec.GRPC || len(p) == 0 || x.rec.Route == nil {
		return
	}
	x.w.sizes = x.counters[d].feed(p, x.w.sizes[:0])
	if n := len(x.w.sizes); n > 0 {
		x.rec.Messages[d] += uint64(n)
		x.w.sink.Messages(&x.rec, d, x.w.sizes)
	}
}
