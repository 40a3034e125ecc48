//go:build !linux

package gateway

import "syscall"

// ownGroup keeps Ctrl-C in a terminal from reaching the gateway before its
// parent has stopped the load. Only Linux can tie it to its parent's life.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
