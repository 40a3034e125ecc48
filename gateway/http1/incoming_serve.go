package http1

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/hopscope/hopscope/gateway/h2/conn"
	"github.com/hopscope/hopscope/gateway/h2/header"
	"github.com/hopscope/hopscope/gateway/h2/rule"
	"github.com/hopscope/hopscope/gateway/h2/stream"
)

const (
	// continueAfter is how long a client waits for 100 (Continue) if the origin
	// sends none, as many do that speak HTTP/2. It is what curl waits.
	continueAfter = time.Second
	// lingerFor bounds the wait for the rest of a request after its response.
	lingerFor = 2 * time.Second
)

// serve is the http.Handler of every request. It writes the response; a second
// goroutine reads the request's body.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	c := r.Context().Value(clientKey{}).(*client)
	expecting := expects(r) // before requestHead has dropped anything
	v := c.nextRequest(r.ContentLength)
	var head conn.Head
	if v == rule.None {
		head, v = requestHead(r, c.info.TLS, &s.options)
	}
	if v != rule.None {
		c.malformed(v)
		c.linger(lingerFor)
		refuse(w, http.StatusBadRequest, "the request is malformed: %s", v)
		return
	}
	x := &serving{i: newIncoming(c, s.options.Window), w: w, r: r, expecting: expecting}
	x.ctl = http.NewResponseController(w)
	if err := x.ctl.EnableFullDuplex(); err != nil {
		refuse(w, http.StatusInternalServerError, "%s", err)
		return
	}
	if c.gateway.Post(begin{x.i, head}) != nil {
		refuse(w, http.StatusServiceUnavailable, "the gateway is stopping")
		return
	}
	x.run(head.End)
}

// serving is an Incoming as its goroutines see it.
type serving struct {
	i   *Incoming
	w   http.ResponseWriter
	r   *http.Request
	ctl *http.ResponseController

	// Of the goroutine that writes:
	expecting bool // the client waits for 100 (Continue)
	continued bool // and got it; only then the body is read
	headed    bool // the final header block was written

	read bodyState
}

// run writes the response to its end, or panics so that net/http breaks it off.
func (x *serving) run(noBody bool) {
	gone := context.AfterFunc(x.r.Context(), x.clientGone)
	defer gone()
	defer x.i.in.close()
	switch {
	case noBody:
		x.read.set(bodyEnded)
	case x.expecting:
		// The body is read, and with that asked for, when the origin wants it.
		t := time.AfterFunc(continueAfter, x.proceed)
		defer t.Stop()
	default:
		go x.readBody()
	}
	var p parcel
	for {
		var ok bool
		if p, ok = x.i.out.take(p.data); !ok {
			x.broken()
			return
		}
		if err := x.write(&p); err != nil {
			x.clientGone()
			panic(http.ErrAbortHandler)
		}
		if p.cut {
			if x.headed {
				_ = x.ctl.Flush()
			}
			panic(http.ErrAbortHandler)
		}
		if p.end {
			break
		}
	}
	if x.read.get() != bodyEnded {
		x.i.client.linger(lingerFor)
	}
	if !x.i.out.finish() {
		panic(http.ErrAbortHandler)
	}
	x.i.post(endWritten{to{&x.i.bridge}, true})
}

// broken answers a request whose body is malformed, if that can be, and breaks
// everything else off.
func (x *serving) broken() {
	if !x.headed && x.read.get() == bodyMalformed {
		x.i.client.linger(lingerFor)
		refuse(x.w, http.StatusBadRequest, "the request body is malformed")
		return
	}
	panic(http.ErrAbortHandler)
}

// clientGone tells the worker that the client is not there any more.
func (x *serving) clientGone() {
	if x.i.client.wasSlow() {
		x.lose(lost{code: conn.Calm, cause: stream.PeerViolation, violation: rule.SlowPeer})
	} else {
		x.lose(lost{code: conn.Cancel, cause: stream.ConnLost})
	}
	x.i.halt()
}

func (x *serving) lose(t lost) {
	t.b = &x.i.bridge
	x.i.post(t)
}

// proceed asks a client that waits for its body.
func (x *serving) proceed() {
	l := new(header.List)
	l.Add(":status", "100")
	x.i.out.putInterim(l)
}

func (x *serving) write(p *parcel) error {
	for _, l := range p.heads {
		x.writeHead(l)
	}
	if n := len(p.data); n > 0 {
		if _, err := x.w.Write(p.data); err != nil {
			return err
		}
		x.i.post(dataWritten{to{&x.i.bridge}, n})
	}
	switch {
	case p.end && p.trailers == nil:
		return nil // net/http flushes what is left
	case p.end:
		// Trailers need chunks, which net/http avoids for a short body otherwise.
		err := x.ctl.Flush()
		h := x.w.Header()
		for i := range p.trailers.Len() {
			setTrailer(h, p.trailers, i)
		}
		return err
	case x.headed && x.i.out.idle():
		return x.ctl.Flush()
	}
	return nil
}

func (x *serving) writeHead(l *header.List) {
	h, code := x.w.Header(), status(l)
	switch {
	case code < 200 && !x.r.ProtoAtLeast(1, 1):
		return // RFC 9110 §15.2
	case code < 200 && x.headed, code == http.StatusContinue && x.continued:
		return // the gateway's own 100, which came too late
	}
	for i := 1; i < l.Len(); i++ {
		setField(h, l, i)
	}
	if code >= 200 {
		x.headed = true
		x.setFraming(h)
	}
	x.w.WriteHeader(code)
	clear(h)
	if code == http.StatusContinue && x.expecting {
		x.continued = true
		go x.readBody()
	}
}

// setFraming decides how the final response ends, and whether its connection
// does.
func (x *serving) setFraming(h http.Header) {
	if len(h["Trailer"]) > 0 {
		delete(h, "Content-Length") // trailers need chunks
	}
	if _, ok := h["Content-Type"]; !ok {
		h["Content-Type"] = nil // net/http is not to guess
	}
	// The response may end before the request does. What is left of a request must
	// never be taken for the next one.
	if x.read.get() != bodyEnded || x.i.client.leaving() {
		h["Connection"] = []string{"close"}
	}
}

func setTrailer(h http.Header, l *header.List, i int) {
	h.Add(http.TrailerPrefix+http.CanonicalHeaderKey(string(l.Name(i))), clean(l.Value(i)))
}

// readBody reads the request's body until its end or the bridge's.
func (x *serving) readBody() {
	err := x.i.readBody(guardedBody{x.r.Body, x.i.client}, x.r.ContentLength, func() (*header.List, error) {
		x.read.set(bodyEnded)
		return trailerList(x.r.Trailer)
	})
	var n net.Error
	switch {
	case err == nil, errors.Is(err, errHalted):
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), errors.As(err, &n):
		x.clientGone()
	default:
		var v rule.Violation
		if !errors.As(err, &v) {
			v = rule.BadFrameSize // a chunk is what a DATA frame is in HTTP/2
		}
		x.read.set(bodyMalformed)
		x.i.client.refuses()
		x.lose(lost{code: conn.ProtocolError, cause: stream.PeerViolation, violation: v, err: err})
		x.i.out.halt()
	}
}
