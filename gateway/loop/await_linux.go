package loop

import (
	"errors"
	"net"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Await tells w, once, when nc has something to read, or that it had not for
// limit. Until then nc must not be read or closed. An error says that nc cannot be
// waited for here.
func (l *Loop) Await(nc net.Conn, w Waiter, limit time.Duration) error {
	poll, ok := l.poll.(*epoll)
	sc, isSocket := nc.(syscall.Conn)
	if !ok || !isSocket {
		return errors.ErrUnsupported
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return err
	}
	a := &awaited{waiter: w}
	a.handler, a.linger.Owner = a, a
	a.l, a.poll = l, poll
	if err2 := raw.Control(func(fd uintptr) { a.fd = int(fd) }); err2 != nil {
		return err2
	}
	if err := poll.add(&a.socket); err != nil {
		return err
	}
	l.Wheel.Set(&a.linger, int64(l.now.Add(limit)))
	return nil
}

// awaited is a connection whose first bytes are waited for. The descriptor is its
// net.Conn's.
type awaited struct {
	socket
	waiter Waiter
}

// Readable implements Handler.
func (a *awaited) Readable() {
	if a.l.arrived == maxArrived {
		return // the poller tells again in the next batch
	}
	a.l.arrived++
	a.letGo()
	a.waiter.Arrived()
}

// Writable implements Handler.
func (a *awaited) Writable() {}

// Fire implements Firer: nothing came.
func (a *awaited) Fire() { a.end(os.ErrDeadlineExceeded) }

func (a *awaited) end(err error) {
	a.letGo()
	a.waiter.Missed(err)
}

func (a *awaited) letGo() {
	a.closed = true
	a.l.Wheel.Stop(&a.linger)
	a.poll.remove(&a.socket)
}

// ReadNow reads what nc has, without waiting: ErrWouldBlock if that is nothing. It
// may be called on any goroutine.
func ReadNow(nc net.Conn, p []byte) (n int, err error) {
	if err2 := control(nc, func(fd int) { n, err = readFD(fd, p) }); err2 != nil {
		return 0, err2
	}
	return n, err
}

// Ready reports whether nc has something to read, if only its end. It may be
// called on any goroutine.
func Ready(nc net.Conn) bool {
	var err error
	err2 := control(nc, func(fd int) {
		_, _, err = unix.Recvfrom(fd, make([]byte, 1), unix.MSG_PEEK|unix.MSG_DONTWAIT)
	})
	return err2 == nil && err != unix.EAGAIN
}

// control calls f with the descriptor of nc; ErrWouldBlock if it has none.
func control(nc net.Conn, f func(fd int)) error {
	sc, ok := nc.(syscall.Conn)
	if !ok {
		return ErrWouldBlock
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return err
	}
	return raw.Control(func(fd uintptr) { f(int(fd)) })
}
