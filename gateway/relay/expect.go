package relay

import "github.com/hopscope/hopscope/gateway/h2/conn"

// expectation is whether a response is likely to be larger than what it may begin
// with. Its origin is then told at once that it may send more, so that it need not
// wait for it: a frame that costs little compared to that.
type expectation struct{ left uint8 }

// recent is for how many responses one that was large counts.
const recent = 16

func (e *expectation) large() bool { return e.left > 0 }

// note takes the size of a response, in bytes.
func (e *expectation) note(size uint64) {
	switch {
	case size > conn.FirstWindow:
		e.left = recent
	case e.left > 0:
		e.left--
	}
}
