//go:build !unix

package main

import (
	"os"
	"syscall"
)

// upgradeSignal never comes: a process cannot hand its sockets over here.
const upgradeSignal = syscall.Signal(-1)

func descriptor(fd int, name string) *os.File { return os.NewFile(uintptr(fd), name) }
