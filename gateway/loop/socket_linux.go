package loop

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// socket is a TCP or Unix connection driven by epoll, plain or under TLS.
type socket struct {
	l         *Loop
	poll      *epoll
	fd        int
	handler   Handler
	tls       *tls.Conn // nil: plain
	raw       *rawConn  // under tls
	wantWrite bool
	pending   int  // bytes of the next Write whose records wait in raw.out
	more      bool // there may be decrypted bytes that epoll cannot see
	closed    bool
	eof       bool
	linger    Timer
	unsent    int // bytes that the peer had not taken when linger was set
}

// maxUnsent is up to how many bytes the kernel takes that it cannot send yet:
// enough to keep a peer busy until the next batch. By default it takes megabytes
// for a peer that does not read, which have to be fetched from the other side
// first, and wait in front of what this one asks for next.
const maxUnsent = 128 << 10

// newSocket takes the descriptor of nc, which is closed.
func newSocket(l *Loop, nc net.Conn, h Handler) (*socket, error) {
	poll, ok := l.poll.(*epoll)
	if !ok {
		return nil, errors.ErrUnsupported
	}
	s := &socket{l: l, poll: poll, handler: h}
	under := nc
	if t, ok := nc.(*Detachable); ok {
		s.tls, s.raw, under = t.Conn, t.raw, t.raw.Conn
	}
	sc, ok := under.(syscall.Conn)
	if !ok {
		return nil, errors.ErrUnsupported
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil, err
	}
	err2 := raw.Control(func(fd uintptr) { s.fd, err = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0) })
	if err = errors.Join(err, err2); err != nil {
		return nil, err
	}
	// Only TCP has it; without it the kernel takes more.
	_ = unix.SetsockoptInt(s.fd, unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, maxUnsent)
	if err := poll.add(s); err != nil {
		unix.Close(s.fd)
		return nil, err
	}
	// The duplicate lives on; the original leaves the runtime's poller.
	_ = under.Close()
	if s.raw != nil {
		s.raw.fd, s.raw.detached = s.fd, true
		// The handshake may have read ahead.
		s.again()
	}
	return s, nil
}

func (s *socket) again() {
	s.more = true
	s.l.again = append(s.l.again, s)
}

func (s *socket) Read(p []byte) (int, error) {
	if s.closed {
		return 0, net.ErrClosed
	}
	if s.tls != nil {
		return s.readTLS(p)
	}
	n, err := readFD(s.fd, p)
	if err == io.EOF {
		s.eof = true
	}
	return n, err
}

// readTLS fills p with as many records as there are.
func (s *socket) readTLS(p []byte) (int, error) {
	total := 0
	for total < len(p) {
		n, err := s.tls.Read(p[total:])
		total += n
		if err == nil {
			continue
		}
		if len(s.raw.out) > 0 {
			s.writable() // an alert or a key update
		}
		if wouldBlock(err) {
			err = ErrWouldBlock
		} else if err == io.EOF {
			s.eof = true
		}
		if total > 0 {
			if err != ErrWouldBlock {
				s.again()
			}
			return total, nil
		}
		return 0, err
	}
	s.again()
	return total, nil
}

func (s *socket) Write(p []byte) (int, error) {
	if s.closed {
		return 0, net.ErrClosed
	}
	if s.tls == nil {
		n, err := writeFD(s.fd, p)
		if n < len(p) && err == nil {
			s.poll.want(s, true)
		}
		return n, err
	}
	return s.writeTLS(p)
}

func (s *socket) Unacked() int {
	n, err := unix.IoctlGetInt(s.fd, unix.SIOCOUTQ)
	if err != nil {
		return 0
	}
	return n
}

// writeTLS takes bytes when their records are out: until then they are only
// pending, so that nobody counts as sent what Close would discard.
func (s *socket) writeTLS(p []byte) (total int, err error) {
	for len(p) > 0 {
		if s.pending == 0 && len(s.raw.out) == 0 {
			if s.pending, err = s.tls.Write(p[:min(len(p), maxPlain)]); err != nil {
				return total, err
			}
		}
		if err = s.raw.flush(s); err != nil || len(s.raw.out) > 0 {
			return total, err // writable will tell when they are out
		}
		total += s.pending
		p = p[s.pending:]
		s.pending = 0
	}
	return total, nil
}

// retriesUnanswered is how often bytes, or probes of a window that was zero, have
// to be sent again in a row before the peer's system counts as silent.
const retriesUnanswered = 3

func (s *socket) Unanswered() bool {
	info, err := unix.GetsockoptTCPInfo(s.fd, unix.IPPROTO_TCP, unix.TCP_INFO)
	return err == nil && int(info.Retransmits)+int(info.Probes) >= retriesUnanswered
}

// writable is called when a socket that was full is not any more.
func (s *socket) writable() {
	if s.raw != nil && len(s.raw.out) > 0 {
		if err := s.raw.flush(s); err != nil {
			s.poll.want(s, false)
			s.handler.Readable() // it will find the error
			return
		}
		if len(s.raw.out) > 0 {
			return
		}
	}
	if s.wantWrite {
		s.poll.want(s, false)
		s.handler.Writable()
	}
}

func (s *socket) Close() {
	if s.closed {
		return
	}
	if s.tls != nil {
		_ = s.tls.CloseWrite() // into raw.out
		_ = s.raw.flush(s)
	}
	if s.eof || unix.Shutdown(s.fd, unix.SHUT_WR) != nil {
		s.release()
		return
	}
	s.poll.want(s, false)
	s.l.lingering++
	s.handler = (*lingerer)(s)
	s.linger.Owner = (*lingerer)(s)
	(*lingerer)(s).wait()
}

func (s *socket) release() {
	s.closed = true
	s.l.Wheel.Stop(&s.linger)
	s.poll.remove(s)
	unix.Close(s.fd)
}

// lingerer reads and discards until the peer has closed too, or takes nothing
// more.
type lingerer socket

func (g *lingerer) wait() {
	g.unsent, _ = unix.IoctlGetInt(g.fd, unix.SIOCOUTQ)
	g.l.Wheel.Set(&g.linger, int64(g.l.now.Add(lingerTime)))
}

func (g *lingerer) Readable() {
	var sink [4096]byte
	for range 16 {
		_, err := readFD(g.fd, sink[:])
		if err == ErrWouldBlock {
			return
		}
		if err != nil {
			g.release()
			return
		}
	}
}

func (g *lingerer) Writable() {}

// Fire implements Firer: the time is over.
func (g *lingerer) Fire() {
	before := g.unsent
	if g.wait(); g.unsent >= before {
		g.release()
	}
}

func (g *lingerer) release() {
	g.l.lingering--
	(*socket)(g).release()
}
