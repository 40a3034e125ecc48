package loop

import (
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// epoll is a poller that waits with epoll(7). The epoll descriptor itself waits in the Go runtime's
// poller, so an idle loop holds no thread and is woken like any goroutine.
type epoll struct {
	epfd    int
	evfd    int
	file    *os.File
	raw     syscall.RawConn
	events  []unix.EpollEvent
	n       int
	sockets []*socket // by descriptor
	armed   time.Time // the deadline that file has; zero: none
	poll    func(fd uintptr) bool
}

func newPoller() (poller, error) {
	epfd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	evfd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		unix.Close(epfd)
		return nil, os.NewSyscallError("eventfd", err)
	}
	if err = unix.SetNonblock(epfd, true); err == nil {
		err = unix.EpollCtl(epfd, unix.EPOLL_CTL_ADD, evfd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(evfd)})
	}
	if err != nil {
		unix.Close(epfd)
		unix.Close(evfd)
		return nil, os.NewSyscallError("epoll_ctl", err)
	}
	p := &epoll{epfd: epfd, evfd: evfd, file: os.NewFile(uintptr(epfd), "epoll"), events: make([]unix.EpollEvent, 128)}
	p.raw, err = p.file.SyscallConn()
	return p, err
}

// wait returns when there are events, when a timer is due, or after a wake.
func (p *epoll) wait(l *Loop) {
	several := p.n > 1
	p.n = 0
	timeout := l.timeout()
	if timeout == 0 {
		p.ready(uintptr(p.epfd))
		return
	}
	if several {
		// Under load, peers that wait for this processor come first: what they send
		// meanwhile makes the next batch larger. If none do, this returns at once.
		yieldCPU()
	}
	p.arm(timeout)
	if p.poll == nil {
		p.poll = p.ready
	}
	// The only errors are a deadline that passed and a closed file.
	_ = p.raw.Read(p.poll)
}

func (p *epoll) arm(timeout time.Duration) {
	if timeout < 0 {
		if !p.armed.IsZero() {
			p.armed = time.Time{}
			_ = p.file.SetReadDeadline(p.armed)
		}
		return
	}
	at := time.Now().Add(timeout)
	// A deadline that is still ahead and not later than needed wakes the loop
	// early at worst, which costs less than moving it for every batch.
	if !p.armed.IsZero() && !at.Before(p.armed) && time.Until(p.armed) > 0 {
		return
	}
	p.armed = at
	_ = p.file.SetReadDeadline(at)
}

// ready polls without waiting and reports whether there are events.
func (p *epoll) ready(fd uintptr) bool {
	var err error
	p.n, err = pollFD(int(fd), p.events)
	return p.n > 0 || err != nil
}

func (p *epoll) dispatch(l *Loop) {
	for _, ev := range p.events[:p.n] {
		if int(ev.Fd) == p.evfd {
			var b [8]byte
			_, _ = unix.Read(p.evfd, b[:])
			continue
		}
		s := p.socket(int(ev.Fd))
		if s == nil {
			continue
		}
		if ev.Events&(unix.EPOLLIN|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
			s.handler.Readable()
		}
		if ev.Events&(unix.EPOLLOUT|unix.EPOLLERR) != 0 && !s.closed && s.wantWrite {
			s.writable()
		}
	}
}

func (p *epoll) socket(fd int) *socket {
	if fd < len(p.sockets) {
		return p.sockets[fd]
	}
	return nil
}

func (p *epoll) add(s *socket) error {
	err := unix.EpollCtl(p.epfd, unix.EPOLL_CTL_ADD, s.fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(s.fd)})
	if err != nil {
		return os.NewSyscallError("epoll_ctl", err)
	}
	for s.fd >= len(p.sockets) {
		p.sockets = append(p.sockets, make([]*socket, max(64, len(p.sockets)))...)
	}
	p.sockets[s.fd] = s
	return nil
}

// want says whether the loop is to be told that s can be written.
func (p *epoll) want(s *socket, write bool) {
	if s.wantWrite == write {
		return
	}
	s.wantWrite = write
	ev := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(s.fd)}
	if write {
		ev.Events |= unix.EPOLLOUT
	}
	_ = unix.EpollCtl(p.epfd, unix.EPOLL_CTL_MOD, s.fd, &ev)
}

func (p *epoll) remove(s *socket) {
	p.sockets[s.fd] = nil
	_ = unix.EpollCtl(p.epfd, unix.EPOLL_CTL_DEL, s.fd, nil)
}

func (p *epoll) wake() {
	one := [8]byte{1}
	_, _ = unix.Write(p.evfd, one[:])
}

func (p *epoll) close() {
	for _, s := range p.sockets {
		if s == nil {
			continue
		}
		if a, ok := s.handler.(*awaited); ok {
			a.end(ErrStopped)
			continue
		}
		unix.Close(s.fd)
	}
	p.file.Close()
	unix.Close(p.evfd)
}
