package accept

import (
	"bytes"
	"container/list"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"time"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/loop"
)

// newcomer is a connection that has not been handed on. Until its first bytes are
// there its worker's loop waits for them, which takes no goroutine; most have sent
// them by the time they are accepted. It belongs to the accepting goroutine, then
// to the worker's, then to its own, if it gets one.
type newcomer struct {
	l       *Listener
	nc      net.Conn
	to      Worker
	tls     *tls.Config // nil: plain text
	entered time.Time   // when it got its place

	place *list.Element // in l.intro; nil: it had to go. Guarded by l.mu
}

// firstLine is how many bytes are read at first: a preface, most likely.
const firstLine = 64

// until is when it must have said what it speaks.
func (p *newcomer) until() time.Time { return p.entered.Add(p.l.limits.Load().Time) }

// begin looks at a connection that was just accepted, and has its worker wait if
// there is nothing to see.
func (p *newcomer) begin() {
	if p.look(p.post) {
		return
	}
	if p.to.Post(p) != nil {
		p.Cancel()
	}
}

// Run implements loop.Task: the worker begins to wait.
func (p *newcomer) Run() {
	if p.to.Await(p.nc, p, p.until().Sub(p.l.now())) != nil {
		go p.introduce(nil)
	}
}

// Cancel implements loop.Canceller.
func (p *newcomer) Cancel() { p.giveUp(loop.ErrStopped) }

// Arrived implements loop.Waiter.
func (p *newcomer) Arrived() {
	if !p.look(loop.Task.Run) {
		p.Run()
	}
}

// Missed implements loop.Waiter.
func (p *newcomer) Missed(err error) { p.giveUp(err) }

// look hands the connection on if it has said what it speaks, by run on the
// worker, gives it up if it has ended, and goes on with a goroutine of its own if
// it has said something else. It reports whether it did any of that.
func (p *newcomer) look(run func(loop.Task)) bool {
	if p.tls != nil {
		if !loop.Ready(p.nc) {
			return false
		}
		go p.introduce(nil)
		return true
	}
	head := make([]byte, firstLine)
	n, err := loop.ReadNow(p.nc, head)
	head = head[:n]
	switch i := bytes.IndexByte(head, '\n'); {
	case err == loop.ErrWouldBlock:
		return false
	case err != nil:
		p.giveUp(err)
	case i < 0:
		go p.introduce(head)
	default:
		p.handOn(p.nc, head, !requestLine(head[:i]), run)
	}
	return true
}

// post has the worker run a task.
func (p *newcomer) post(t loop.Task) {
	if p.to.Post(t) != nil {
		t.(loop.Canceller).Cancel()
	}
}

// introduce finds out what a connection speaks, of which head was read before, and
// hands it on.
//
// A goroutine begins with a stack of 2 KiB, or 4 where the runtime sees that stacks
// grow anyway (GODEBUG=adaptivestackstart). Until the first line or the ClientHello
// is there the calls are few and have small frames, so that it suffices: whoever
// sends it byte by byte costs no more. What needs more comes after.
func (p *newcomer) introduce(head []byte) {
	_ = p.nc.SetDeadline(p.until())
	if p.tls != nil {
		head, err := readHello(p.nc)
		p.secure(head, err)
		return
	}
	head, h2, err := sniff(p.nc, head)
	if err != nil {
		p.giveUp(err)
		return
	}
	_ = p.nc.SetDeadline(time.Time{})
	p.handOn(p.nc, head, h2, p.post)
}

// secure completes the TLS handshake of a connection of which head was read, with
// err if that was less than the first record, and hands the connection on.
func (p *newcomer) secure(head []byte, err error) {
	l := p.l
	var t *loop.Detachable
	if err == nil {
		t = loop.ServerTLS(p.nc, head, p.tls)
		err = t.Handshake() // its time is bounded by nc's deadline
	}
	l.observer.Handshake(l.name, nil, err)
	if err != nil {
		l.log.Debug("TLS handshake failed", "listener", l.name.Name, "peer", p.nc.RemoteAddr().String(), "error", err)
		p.giveUp(err)
		return
	}
	_ = p.nc.SetDeadline(time.Time{})
	p.handOn(t, nil, t.ConnectionState().NegotiatedProtocol == "h2", p.post)
}

// handOn gives the connection away as nc.
func (p *newcomer) handOn(nc net.Conn, head []byte, h2 bool, run func(loop.Task)) {
	defer p.l.done.Done()
	switch {
	case !p.l.leave(p):
		nc.Close()
		p.l.hand.TakeBack()
	case h2:
		run(p.to.HTTP2(nc, head))
	default:
		p.to.HTTP1(nc, head)
	}
}

// giveUp closes a connection that nobody has taken.
func (p *newcomer) giveUp(err error) {
	defer p.l.done.Done()
	if p.l.leave(p) && errors.Is(err, os.ErrDeadlineExceeded) {
		p.l.refused(p.nc, event.RefusedTimeout)
	}
	p.nc.Close()
	p.l.hand.TakeBack()
}

// evict takes the connection's place away. Whoever waits for it finds it at its
// end and gives it up: only they may close it. l.mu is held.
func (p *newcomer) evict() {
	p.l.intro.Remove(p.place)
	p.place = nil
	if c, ok := p.nc.(interface {
		CloseRead() error
		CloseWrite() error
	}); ok {
		_, _ = c.CloseRead(), c.CloseWrite()
		return
	}
	p.nc.Close() // no socket: no loop waits for it
}
