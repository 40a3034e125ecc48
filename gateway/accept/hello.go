package accept

import (
	"io"
	"slices"
)

// What a record of TLS has (RFC 8446 §5.1).
const (
	recordHeader    = 5
	recordHandshake = 22
	maxRecord       = 16 << 10
)

// leastHello is for how many bytes of a ClientHello there is room at first.
const leastHello = 512

// readHello reads the first record, which has the ClientHello or its beginning.
// TLS gets it once it is whole, because what TLS needs for a handshake is far
// more than what a silent or slow client may cost. What is no such record is cut
// short, for TLS to refuse.
func readHello(r io.Reader) (head []byte, err error) {
	head = make([]byte, recordHeader)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	rest := int(head[3])<<8 | int(head[4])
	if head[0] != recordHandshake || rest > maxRecord {
		return head, nil
	}
	for rest > 0 {
		// Whatever length is promised, room is made as bytes come.
		had, n := len(head), min(rest, max(len(head), leastHello))
		head = slices.Grow(head, n)[:had+n]
		if _, err := io.ReadFull(r, head[had:]); err != nil {
			return nil, err
		}
		rest -= n
	}
	return head, nil
}
