//go:build !linux

package http1

import (
	"net"
	"time"
)

// silent reports false: the kernel's keep-alive ends the connection.
func silent(*net.TCPConn, time.Duration) bool { return false }
