//go:build unix

package gateway

import "golang.org/x/sys/unix"

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
