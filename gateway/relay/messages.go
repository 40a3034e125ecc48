package relay

import (
	"encoding/binary"

	"github.com/hopscope/hopscope/gateway/event"
)

// messageCounter follows the length-prefixed messages of one direction of a gRPC
// call: a byte of flags, four bytes of length, the payload.
type messageCounter struct {
	prefix [5]byte
	have   uint8  // bytes of prefix
	left   uint32 // of the payload
}

// feed takes the next bytes and appends the length of each message that they
// begin.
func (m *messageCounter) feed(p []byte, sizes []uint32) []uint32 {
	for len(p) > 0 {
		if m.left > 0 {
			n := min(uint32(len(p)), m.left)
			m.left -= n
			p = p[n:]
			continue
		}
		n := copy(m.prefix[m.have:], p)
		m.have += uint8(n)
		p = p[n:]
		if m.have == 5 {
			m.have = 0
			m.left = binary.BigEndian.Uint32(m.prefix[1:])
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
