// Package flow is the window arithmetic of RFC 9113 §5.2 and §6.9. It is pure:
// no IO, no time, no locks.
package flow

// MaxWindow is the largest flow-control window (RFC 9113 §6.9.1).
const MaxWindow = 1<<31 - 1

// InitialWindow is the window of a connection and of each stream before any
// SETTINGS or WINDOW_UPDATE (RFC 9113 §6.9.2).
const InitialWindow = 65535

// Window is the number of bytes that may still be sent one way. It may become
// negative when the peer lowers SETTINGS_INITIAL_WINDOW_SIZE (RFC 9113 §6.9.2).
type Window int32

// Available returns the bytes that may be sent now, 0 if the window is negative.
func (w Window) Available() int { return max(int(w), 0) }

// Take uses up n bytes and reports whether there were that many. If not, the
// window is unchanged.
func (w *Window) Take(n int) bool {
	if int64(n) > int64(*w) {
		return false
	}
	*w -= Window(n)
	return true
}

// Add gives back n bytes (0 ≤ n ≤ MaxWindow) and reports whether the window
// stayed within MaxWindow; if not, it is unchanged.
func (w *Window) Add(n int) bool { return w.Shift(int64(n)) }

// Shift moves the window by a signed amount, as a changed
// SETTINGS_INITIAL_WINDOW_SIZE does to every stream.
func (w *Window) Shift(delta int64) bool {
	v := int64(*w) + delta
	if v > MaxWindow || v < -MaxWindow {
		return false
	}
	*w = Window(v)
	return true
}

// Receiver is the window that we grant a peer. Bytes are charged as they arrive
// and become credit again when the owner says so; the credit is announced in
// steps, so that small reads do not each cost a WINDOW_UPDATE.
//
// Invariant: left + unannounced + held = size, where held is what was charged
// and not yet given back.
type Receiver struct {
	left        int32
	unannounced int32
	size        int32
}

// NewReceiver returns a window of size bytes that the peer knows of.
func NewReceiver(size uint32) Receiver { return Receiver{left: int32(size), size: int32(size)} }

// Left returns the bytes that the peer may still send.
func (r *Receiver) Left() int { return int(r.left) }

// Charge takes n received bytes off and reports whether the peer was allowed to
// send them (RFC 9113 §6.9.1). They are charged in either case. An empty frame
// needs no window (RFC 9113 §6.9), also where Resize has made it negative.
func (r *Receiver) Charge(n int) bool {
	r.left -= int32(n)
	return n == 0 || r.left >= 0
}

// Return gives back n bytes and reports the increment to announce with a
// WINDOW_UPDATE, or 0 if it is not yet worth one: below a quarter of the window.
func (r *Receiver) Return(n int) uint32 {
	r.unannounced += int32(n)
	if r.unannounced < r.size/4 || r.unannounced <= 0 {
		return 0
	}
	return r.announce()
}

// Grow enlarges the window to size, if it is smaller, and reports the increment
// to announce; 0 if that is still owed to an earlier Shrink.
func (r *Receiver) Grow(size uint32) uint32 {
	if int32(size) <= r.size {
		return 0
	}
	r.unannounced += int32(size) - r.size
	r.size = int32(size)
	if r.unannounced <= 0 {
		return 0
	}
	return r.announce()
}

// Shrink makes the window size bytes, if it is larger. What the peer knows of it
// stays: it loses the rest as bytes are given back.
func (r *Receiver) Shrink(size uint32) {
	if int32(size) < r.size {
		r.unannounced -= r.size - int32(size)
		r.size = int32(size)
	}
}

// Resize moves the window to size, as a SETTINGS_INITIAL_WINDOW_SIZE that the
// peer is sent does, and reports the increment to announce: what was given back
// may be worth announcing now, and the peer may have nothing left without it.
func (r *Receiver) Resize(size uint32) uint32 {
	r.left += int32(size) - r.size
	r.size = int32(size)
	return r.Return(0)
}

func (r *Receiver) announce() uint32 {
	n := r.unannounced
	r.left += n
	r.unannounced = 0
	return uint32(n)
}
