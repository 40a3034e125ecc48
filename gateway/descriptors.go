//go:build unix

package gateway

import (
	"os"

	"golang.org/x/sys/unix"
)

// maxConnections returns how many client connections are taken if the
// configuration does not say: three quarters of the descriptors that the process
// may have. The rest is for connections to endpoints. Go's runtime has raised the
// soft limit to the hard one.
func maxConnections() int64 {
	var l unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &l) != nil || l.Cur > 1<<32 {
		return 0
	}
	return int64(l.Cur) / 4 * 3
}

// maxReserved is for how many descriptors at most the kernel's table is made at the
// beginning: 8 bytes for each.
const maxReserved = 1 << 16

// reserveDescriptors has the kernel make its table of descriptors as large as it gets.
// Otherwise it doubles whenever it is full, and in a process with several threads the
// one that needs a descriptor then waits for a grace period of RCU (expand_fdtable in
// Linux's fs/file.c): some milliseconds, in which the worker that accepts or connects does
// nothing else.
func reserveDescriptors() {
	var l unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &l) != nil || l.Cur == 0 {
		return
	}
	f, err := os.Open(os.DevNull)
	if err != nil {
		return // the table grows as it is needed
	}
	defer f.Close()
	if fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, int(min(l.Cur, maxReserved))-1); err == nil {
		unix.Close(fd)
	}
}
