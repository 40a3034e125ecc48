package http1

import (
	"io"
	"net/http"

	"github.com/hopscope/hopscope/gateway/h2/header"
)

// requestBody is the request's body as net/http reads it, on a goroutine of its
// own.
type requestBody struct {
	o       *Origin
	trailer http.Header // filled in before the end is told

	left  []byte // of part's data
	part  parcel
	given int // bytes of the last Read, which the next one knows to be written
	ended bool
}

// Read implements io.Reader.
func (b *requestBody) Read(p []byte) (int, error) {
	if b.given > 0 {
		b.o.post(dataWritten{to{&b.o.bridge}, b.given})
		b.given = 0
	}
	for len(b.left) == 0 {
		if b.part.end {
			b.finish()
			return 0, io.EOF
		}
		part, ok := b.o.out.take(b.part.data)
		if !ok {
			return 0, errHalted
		}
		b.part, b.left = part, part.data
	}
	b.given = copy(p, b.left)
	b.left = b.left[b.given:]
	return b.given, nil
}

// finish gives net/http the trailers and tells that the end is on its way.
func (b *requestBody) finish() {
	if b.ended {
		return
	}
	b.ended = true
	if l := b.part.trailers; l != nil && b.trailer != nil {
		for i := range l.Len() {
			if t := l.Token(i); t != header.ContentLength && t != header.Trailer {
				setField(b.trailer, l, i)
			}
		}
	}
	b.o.post(endWritten{to{&b.o.bridge}, false})
}

// Close implements io.Closer: net/http wants no more.
func (b *requestBody) Close() error {
	b.o.out.halt()
	return nil
}
