package loop

import (
	"io"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The calls below are made without telling Go's scheduler. They never block, so
// there is nothing to hand over; told of one that copies 64 KiB, the scheduler
// takes it for blocked, gives the worker's processor to another thread, and the
// worker then has to wait for it.

// readFD reads what is there; ErrWouldBlock: nothing is.
func readFD(fd int, p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for {
		n, _, err := unix.RawSyscall(unix.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)))
		switch {
		case err == unix.EINTR:
		case err == unix.EAGAIN:
			return 0, ErrWouldBlock
		case err != 0:
			return 0, os.NewSyscallError("read", err)
		case n == 0:
			return 0, io.EOF
		default:
			return int(n), nil
		}
	}
}

// writeFD writes as much as there is room for, if only nothing.
func writeFD(fd int, p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for {
		n, _, err := unix.RawSyscall(unix.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)))
		switch {
		case err == unix.EINTR:
		case err == unix.EAGAIN:
			return 0, nil
		case err != 0:
			return 0, os.NewSyscallError("write", err)
		default:
			return int(n), nil
		}
	}
}

// pollFD returns the number of events that are there now.
func pollFD(epfd int, events []unix.EpollEvent) (int, error) {
	for {
		n, _, err := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(epfd), uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)), 0, 0, 0)
		switch {
		case err == unix.EINTR:
		case err != 0:
			return 0, os.NewSyscallError("epoll_pwait", err)
		default:
			return int(n), nil
		}
	}
}

// yieldCPU lets other threads that are ready to run on this processor go first.
func yieldCPU() { _, _, _ = unix.RawSyscall(unix.SYS_SCHED_YIELD, 0, 0, 0) }
