package http1

import (
	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/header"
	"github.com/hopscope/hopscope/gateway/h2/rule"
	"github.com/hopscope/hopscope/gateway/h2/stream"
)

// to is the bridge that a task belongs to.
type to struct{ b *bridge }

// Cancel implements loop.Canceller: the worker has ended.
func (t to) Cancel() { t.b.halt() }

// headersRead tells the handler of a response header block.
type headersRead struct {
	to
	list *header.List
	end  bool
}

func (t headersRead) Run() {
	t.b.heard = true
	if !t.b.over {
		t.b.handler.Headers(t.list, t.end)
	}
}

// dataRead tells the handler of a part of a body.
type dataRead struct {
	to
	buf []byte // of the intake
	n   int
	end bool
}

func (t dataRead) Run() {
	t.b.heard = true
	if !t.b.over {
		t.b.handler.Data(t.buf[:t.n], t.end)
	}
	t.b.in.recycle(t.buf)
}

// trailersRead tells the handler of a trailer section.
type trailersRead struct {
	to
	list *header.List
}

func (t trailersRead) Run() {
	if !t.b.over {
		t.b.handler.Trailers(t.list)
	}
}

// dataWritten tells that bytes left for the socket.
type dataWritten struct {
	to
	n int
}

func (t dataWritten) Run() {
	if !t.b.over {
		t.b.written(t.n)
	}
}

// endWritten tells that our end is on its way. If last is set, nothing follows.
type endWritten struct {
	to
	last bool
}

func (t endWritten) Run() {
	if t.b.over {
		return
	}
	t.b.handler.Sent()
	if t.last {
		t.b.close()
	}
}

// lost tells that the exchange is over before its time.
type lost struct {
	to
	code      event.Code
	cause     stream.Cause
	violation rule.Violation
	err       error
}

func (t lost) Run() {
	if t.b.over {
		return
	}
	t.b.err = t.err
	t.b.close()
	t.b.handler.Reset(t.code, t.cause, t.violation)
}
