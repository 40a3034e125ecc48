package http1

import (
	"context"
	"net/http"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/conn"
	"github.com/hopscope/hopscope/gateway/h2/header"
	"github.com/hopscope/hopscope/gateway/h2/rule"
	"github.com/hopscope/hopscope/gateway/h2/stream"
)

// Origin is a request to an HTTP/1.1 endpoint. Its methods belong to the
// worker's goroutine.
type Origin struct {
	bridge
	progress progress
}

// Open begins a request to the endpoint at address (host:port). head is the
// complete request header block, valid and without trace fields that are not to
// be sent; it is copied. end says that there is no body. At most window bytes of
// response body are read ahead of Credit. h is told what comes, on the worker's
// goroutine and not before Open has returned; of its calls, Sent is left out if
// end is set.
//
// A connection that is made for it probes an endpoint that is silent as patience
// says; see [Origin.Vanished].
//
// t has to have DisableCompression set, and should bound what it reads by
// MaxResponseHeaderBytes.
func Open(p Poster, t *http.Transport, scheme, address string, head *header.List, end bool, window int, patience Patience, h stream.Handler) *Origin {
	ctx, cancel := context.WithCancel(context.Background())
	o := &Origin{}
	o.init(p, window, func() {
		cancel()
		o.out.halt()
		o.in.close()
	})
	o.handler, o.ended = h, end
	req := newRequest(scheme, address, head, end)
	if req.Body == nil && !end {
		req.Body = &requestBody{o: o, trailer: req.Trailer}
	}
	req = req.WithContext(o.progress.watch(ctx, o, patience))
	go o.run(t, req)
	return o
}

// Err returns why the request failed, after the handler's Reset.
func (o *Origin) Err() error { return o.err }

// WriteHeaders does nothing: a request's header block was given to Open.
func (o *Origin) WriteHeaders(*header.List, bool) {}

// WriteData sends request body.
func (o *Origin) WriteData(p []byte, end bool) {
	if o.over || o.ended {
		return
	}
	o.ended = end
	o.out.put(parcel{data: p, end: end})
	if len(p) > 0 {
		o.queued(len(p))
	}
}

// WriteTrailers sends the request's trailer section and ends it. They are lost
// if the request declared its length: HTTP/1.1 has no place for them then.
func (o *Origin) WriteTrailers(l *header.List) {
	if o.over || o.ended {
		return
	}
	o.ended = true
	trailers := new(header.List)
	trailers.CopyFrom(l)
	o.out.put(parcel{trailers: trailers, end: true})
}

// Cancel gives the request up: its connection is closed, unless the response was
// read to its end. HTTP/1.1 cannot tell the endpoint why.
func (o *Origin) Cancel(event.Code) {
	o.close()
	o.halt()
}

// run sends the request and reads the response. It ends with the response, or
// when the bridge is halted.
func (o *Origin) run(t *http.Transport, req *http.Request) {
	resp, err := t.RoundTrip(req)
	if err != nil {
		o.failed(err)
		return
	}
	defer resp.Body.Close()
	list, v := responseHead(resp)
	if v != rule.None {
		o.lose(lost{code: conn.ProtocolError, cause: stream.PeerViolation, violation: v, err: v})
		return
	}
	if resp.Body == http.NoBody {
		o.post(headersRead{to{&o.bridge}, list, true})
		return
	}
	o.post(headersRead{to{&o.bridge}, list, false})
	err = o.readBody(resp.Body, resp.ContentLength, func() (*header.List, error) { return trailerList(resp.Trailer) })
	if err != nil && req.Context().Err() == nil {
		o.lose(o.progress.cut(err))
	}
}

// failed tells that there will be no response.
func (o *Origin) failed(err error) {
	o.lose(o.progress.failure(err))
}

// lose tells the handler of the end and gives up what still runs.
func (o *Origin) lose(t lost) {
	t.b = &o.bridge
	o.post(t)
	o.halt()
}

// responseHead returns the final response header block, or the rule it breaks.
func responseHead(resp *http.Response) (*header.List, rule.Violation) {
	if resp.StatusCode < 200 {
		return nil, rule.BadInformational // 101: nobody asked for an upgrade
	}
	l := responseFields(resp.StatusCode, resp.Header)
	addTrailerNames(l, resp.Trailer)
	_, v := header.ValidateResponse(l)
	return l, v
}
