package loop

import (
	"net"
	"time"
)

// pump drives any net.Conn with two goroutines: one reads and one writes, and
// each hands over to the loop. They end when the connection is closed or the loop
// ends.
type pump struct {
	l       *Loop
	nc      net.Conn
	handler Handler
	closed  bool

	in      []byte // read and not yet taken
	inErr   error
	resume  chan struct{} // the reader may go on
	full    bool          // Write took too few bytes
	writing bool
	outErr  error
	out     chan []byte
}

const pumpBuffer = 16 << 10

func newPump(l *Loop, nc net.Conn, h Handler) *pump {
	p := &pump{l: l, nc: nc, handler: h, resume: make(chan struct{}, 1), out: make(chan []byte, 1)}
	l.pumps[p] = struct{}{}
	go p.readLoop()
	go p.writeLoop()
	return p
}

// pumpEvent carries what a goroutine has done to the loop.
type pumpEvent struct {
	p     *pump
	data  []byte
	err   error
	wrote bool
}

func (e pumpEvent) Run() {
	p := e.p
	if e.wrote {
		p.writing, p.outErr = false, e.err
		if p.closed {
			p.shut()
		} else if p.full || e.err != nil {
			p.full = false
			p.handler.Writable()
		}
		return
	}
	if p.closed {
		return
	}
	p.in, p.inErr = e.data, e.err
	p.handler.Readable()
	if !p.closed && (len(p.in) > 0 || p.inErr != nil && p.inErr != ErrWouldBlock) {
		_ = p.l.Post(pumpEvent{p: p, data: p.in, err: p.inErr}) // it took only a part
	}
}

func (p *pump) readLoop() {
	buf := make([]byte, pumpBuffer)
	for {
		n, err := p.nc.Read(buf)
		if p.l.Post(pumpEvent{p: p, data: buf[:n], err: err}) != nil || err != nil {
			return
		}
		if _, ok := <-p.resume; !ok {
			return
		}
	}
}

func (p *pump) writeLoop() {
	defer p.nc.Close() // here, because TLS says good-bye, which can block
	for b := range p.out {
		_, err := p.nc.Write(b)
		if p.l.Post(pumpEvent{p: p, wrote: true, err: err}) != nil || err != nil {
			return
		}
	}
}

func (p *pump) Read(b []byte) (int, error) {
	if p.closed {
		return 0, net.ErrClosed
	}
	n := copy(b, p.in)
	p.in = p.in[n:]
	if n > 0 {
		if len(p.in) == 0 && p.inErr == nil {
			p.in = nil
			p.resume <- struct{}{}
		}
		return n, nil
	}
	if p.inErr != nil {
		return 0, p.inErr
	}
	return 0, ErrWouldBlock
}

func (p *pump) Write(b []byte) (int, error) {
	switch {
	case p.closed:
		return 0, net.ErrClosed
	case p.outErr != nil:
		return 0, p.outErr
	case p.writing:
		p.full = true
		return 0, nil
	}
	n := min(len(b), maxPlain)
	p.writing = true
	p.out <- append([]byte(nil), b[:n]...)
	p.full = n < len(b)
	return n, nil
}

func (p *pump) Unacked() int { return 0 }

func (p *pump) Unanswered() bool { return false }

func (p *pump) Close() {
	if p.closed {
		return
	}
	p.closed = true
	if !p.writing {
		p.shut()
		return
	}
	// What was taken may still go, but not for ever.
	_ = p.nc.SetWriteDeadline(time.Now().Add(lingerTime))
}

// shut ends the goroutines and the connection.
func (p *pump) shut() {
	if _, ok := p.l.pumps[p]; !ok {
		return
	}
	delete(p.l.pumps, p)
	p.closed = true
	if p.writing {
		_ = p.nc.SetWriteDeadline(time.Now())
	}
	close(p.out)
	close(p.resume)
}
