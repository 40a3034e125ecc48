package http1

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"strconv"
	"sync/atomic"

	"github.com/hopscope/hopscope/gateway/h2/conn"
	"github.com/hopscope/hopscope/gateway/h2/header"
	"github.com/hopscope/hopscope/gateway/h2/rule"
	"github.com/hopscope/hopscope/gateway/h2/stream"
)

// maxInformational bounds the 1xx responses of one request.
const maxInformational = 64

// progress is how far net/http has come with a request, so that a failure can be
// named. It is safe for concurrent use.
type progress struct {
	connected     atomic.Bool // a connection was had
	sent          atomic.Bool // the header block was written
	answered      atomic.Bool // the first byte of a response was read
	informational atomic.Int32
	socket        socket
}

var errVanished = errors.New("it has been silent and its system does not answer")

// watch returns a context by which net/http reports o's progress and passes on
// interim responses.
func (p *progress) watch(ctx context.Context, o *Origin, patience Patience) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) {
			if !info.Reused {
				patience.probe(info.Conn)
			}
			p.socket.tcp.Store(socketOf(info.Conn))
			p.connected.Store(true)
			p.sent.Store(false) // net/http may try a second connection
			p.answered.Store(false)
		},
		WroteHeaders:         func() { p.sent.Store(true) },
		GotFirstResponseByte: func() { p.answered.Store(true) },
		Got1xxResponse: func(code int, h textproto.MIMEHeader) error {
			l := responseFields(code, http.Header(h))
			if _, v := header.ValidateResponse(l); v != rule.None {
				return v
			}
			if p.informational.Add(1) > maxInformational {
				return rule.BadInformational
			}
			o.post(headersRead{to{&o.bridge}, l, false})
			return nil
		},
	})
}

func responseFields(code int, h http.Header) *header.List {
	l := new(header.List)
	l.Add(":status", strconv.Itoa(code))
	addFields(l, h)
	return l
}

// failure says what an error before the response means.
func (p *progress) failure(err error) lost {
	t := lost{err: err}
	switch {
	case !p.connected.Load(), !p.answered.Load() && isAlert(err):
		// With TLS 1.3 an endpoint that refuses our certificate says so only after
		// the handshake; no request passes it before.
		t.code, t.cause = conn.InternalError, stream.Unreachable
	case !p.sent.Load():
		// A kept connection that turned out to be closed. What the endpoint got,
		// if anything, was no request.
		t.code, t.cause = conn.RefusedStream, stream.Unprocessed
	default:
		return p.cut(err)
	}
	return t
}

// cut says what an error means after the request was sent: that the endpoint
// broke a rule, or that the connection was lost.
func (p *progress) cut(err error) lost {
	var v rule.Violation
	switch {
	case errors.As(err, &v):
	case p.answered.Load() && !isLoss(err):
		v = rule.BadHeaderBlock
	default:
		return lost{code: conn.InternalError, cause: stream.ConnLost, err: err}
	}
	return lost{code: conn.ProtocolError, cause: stream.PeerViolation, violation: v, err: err}
}

// isAlert reports whether err is a TLS alert from the endpoint.
func isAlert(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "remote error"
}

// isLoss reports whether err came from a connection and not from what was read.
func isLoss(err error) bool {
	var n net.Error
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, context.Canceled) ||
		errors.Is(err, net.ErrClosed) || errors.As(err, &n)
}
