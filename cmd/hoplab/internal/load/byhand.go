package load

import (
	"bytes"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// byHand writes requests frame by frame, for clients that break the rules which
// net/http keeps. What f writes to must not fail.
type byHand struct {
	f         *http2.Framer
	authority string
	block     bytes.Buffer
	enc       *hpack.Encoder
}

func newByHand(f *http2.Framer, authority string) *byHand {
	r := &byHand{f: f, authority: authority}
	r.enc = hpack.NewEncoder(&r.block)
	return r
}

// get writes a whole GET request as a stream.
func (r *byHand) get(stream uint32, path string) {
	r.block.Reset()
	for _, kv := range [][2]string{{":method", "GET"}, {":scheme", "http"}, {":authority", r.authority}, {":path", path}} {
		_ = r.enc.WriteField(hpack.HeaderField{Name: kv[0], Value: kv[1]})
	}
	_ = r.f.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: r.block.Bytes(), EndHeaders: true, EndStream: true})
}
