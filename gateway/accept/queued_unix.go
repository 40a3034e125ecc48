//go:build unix

package accept

import (
	"net"
	"os"
	"syscall"
)

// queued accepts what waits in the kernel's queue, without waiting for more. What
// is left when a socket is closed would be reset, though its client has connected.
func queued(ln net.Listener, take func(net.Conn)) error {
	sc, ok := ln.(syscall.Conn)
	if !ok {
		return nil // not a socket, so it has no such queue
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return err
	}
	for range maxQueued {
		fd := -1
		err2 := raw.Control(func(of uintptr) {
			// As os and net do: a process that is started meanwhile must not get it.
			syscall.ForkLock.RLock()
			defer syscall.ForkLock.RUnlock()
			if fd, _, err = syscall.Accept(int(of)); err == nil {
				syscall.CloseOnExec(fd)
			}
		})
		switch {
		case err2 != nil:
			return err2
		case err == syscall.ECONNABORTED || err == syscall.EINTR:
			continue // who has left meanwhile
		case err == syscall.EAGAIN:
			return nil
		case err != nil:
			return os.NewSyscallError("accept", err)
		}
		f := os.NewFile(uintptr(fd), "accepted")
		nc, err := net.FileConn(f) // with a descriptor of its own
		f.Close()
		if err != nil {
			return err
		}
		take(nc)
	}
	return nil
}

// maxQueued bounds what is accepted at the end: clients that connect faster than
// that must not keep a listener from closing.
const maxQueued = 4096
