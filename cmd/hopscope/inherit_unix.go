//go:build unix

package main

import (
	"os"
	"syscall"
)

// upgradeSignal asks for an upgrade.
const upgradeSignal = syscall.SIGUSR2

// descriptor returns an inherited descriptor, which no process that is started
// from here inherits again.
func descriptor(fd int, name string) *os.File {
	syscall.CloseOnExec(fd)
	return os.NewFile(uintptr(fd), name)
}
