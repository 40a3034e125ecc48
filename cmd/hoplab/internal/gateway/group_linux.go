package gateway

import "syscall"

// ownGroup keeps Ctrl-C in a terminal from reaching the gateway before its
// parent has stopped the load, and takes the gateway down with a parent that is
// killed.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
