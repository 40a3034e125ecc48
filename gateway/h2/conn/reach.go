package conn

// reach is how much the peer has shown that it takes.
type reach struct {
	taken  uint64 // bytes that had got to the peer's system when it was last looked
	looked uint64 // bytes that had left by then
}

// leverage is how many bytes may wait for a peer for each one that it has taken. With
// 2 they grow threefold in each round trip to the origin, faster than TCP lets a
// sender grow.
const leverage = 2

// advance is how many bytes may wait for a peer that has taken none.
const advance = 4 * FirstWindow

// Room returns how many bytes of body may be on their way to the stream or wait
// for the peer: as many as its window takes, and at most its share of what the peer
// may have the gateway hold for the connection. What is in our socket the peer has
// not taken: a socket takes megabytes for who reads none.
func (s *Stream) Room() int { return min(s.send.Available(), s.c.share()) }

// share returns what may wait for each of the connection's streams, in bytes: its
// part of the advance and of what leverage makes of what the peer has taken. It is no
// less while bytes wait for a peer that has taken many: small windows would only make
// more frames.
func (c *Conn) share() int {
	r := &c.out.reach
	streams, whole := uint64(max(c.streams.len(), 1)), uint64(c.cfg.StreamWindow)
	if gone := c.gone(); r.taken*leverage < whole*streams && gone-r.looked >= FirstWindow {
		r.looked = gone
		r.taken = gone - min(gone, uint64(c.tr.Unacked()))
	}
	return int(min((advance+r.taken*leverage)/streams, whole))
}
