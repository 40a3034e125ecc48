//go:build unix

package accept

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// Socket returns a descriptor of its own for the socket, which its caller closes.
// Whoever listens on it shares the queue of connections with l.
func (l *Listener) Socket() (*os.File, error) { return Socket(l.ln) }

// Socket returns a descriptor of its own for ln's socket.
//
// TCPListener.File would not do: starting a process with its file makes the
// socket blocking, here too, and then Close waits for the next connection.
func Socket(ln net.Listener) (*os.File, error) {
	sc, ok := ln.(syscall.Conn)
	if !ok {
		return nil, fmt.Errorf("a listener of type %T has no descriptor", ln)
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil, err
	}
	var fd int
	err2 := raw.Control(func(of uintptr) { fd, err = unix.FcntlInt(of, unix.F_DUPFD_CLOEXEC, 0) })
	if err = errors.Join(err, err2); err != nil {
		return nil, os.NewSyscallError("fcntl", err)
	}
	return os.NewFile(uintptr(fd), ln.Addr().String()), nil
}
