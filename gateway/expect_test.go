package gateway_test

import (
	"testing"

	"golang.org/x/net/http2"

	"github.com/hopscope/hopscope/gateway/h2/conn"
)

// Whoever asks for what an upstream has been answering with need not wait for a
// round trip to its origin: the origin is told with the request that it may send
// more than a first window. Sixteen small responses later it no longer is.
func TestOriginOfLargeResponsesNeedNotWaitForCredit(t *testing.T) {
	const large, small, last = 1, 3, 3 + 2*16
	widened := make(chan map[uint32]bool, 1)
	origin := listen(t, func(_ int, p *peer) {
		told := map[uint32]bool{}
		for {
			f, err := p.ReadFrame()
			if err != nil {
				return
			}
			switch f := f.(type) {
			case *http2.MetaHeadersFrame:
				p.headers(f.StreamID, false, ":status", "200")
				if f.StreamID == large {
					_ = p.WriteData(large, false, make([]byte, conn.FirstWindow))
				} else {
					_ = p.WriteData(f.StreamID, true, []byte("x"))
				}
				if f.StreamID == last+2 {
					widened <- told
				}
			case *http2.WindowUpdateFrame:
				if told[f.StreamID] = true; f.StreamID == large {
					_ = p.WriteData(large, true, []byte("x"))
				}
			default:
				p.message(f)
			}
		}
	})
	_, address := start(t, origin, "", "")
	p := dial(t, address)
	for id := uint32(large); id <= last+2; id += 2 {
		p.get(id)
		for {
			f, err := p.ReadFrame()
			if err != nil {
				t.Fatal(err)
			}
			if d, ok := f.(*http2.DataFrame); ok && d.StreamEnded() {
				break
			}
			p.message(f)
		}
	}
	told := <-widened
	for id := uint32(small); id < last; id += 2 {
		if !told[id] {
			t.Errorf("the origin was not told of more room for stream %d", id)
		}
	}
	if told[last] {
		t.Errorf("it was told of more room for stream %d, after sixteen small responses", last)
	}
}
