//go:build !linux

package proc

import (
	"errors"
	"os/exec"
	"syscall"
	"time"
)

var errLinux = errors.New("benchmarks need Linux: CPU time and memory of a process are read from its kernel")

func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func start(cmd *exec.Cmd, _ []int) error { return cmd.Start() }

// CPUs needs Linux.
func CPUs() ([]int, error) { return nil, errLinux }

// CPUTime needs Linux.
func (p *Process) CPUTime() (time.Duration, error) { return 0, errLinux }

// RSS needs Linux.
func (p *Process) RSS() (int64, error) { return 0, errLinux }

// Children needs Linux.
func (p *Process) Children() ([]int, error) { return nil, errLinux }

// ResetPeak needs Linux.
func (p *Process) ResetPeak() error { return errLinux }

// PeakRSS needs Linux.
func (p *Process) PeakRSS() (int64, error) { return 0, errLinux }

// Stolen needs Linux.
func Stolen() (time.Duration, error) { return 0, errLinux }

// Watch needs Linux.
type Watch struct{}

// Absence needs Linux.
type Absence struct{ From, To time.Time }

// Lookout is of no use where there is no watch.
func Lookout() bool { return false }

// NewWatch needs Linux.
func NewWatch(_ []int) (*Watch, error) { return nil, errLinux }

// Stop needs Linux.
func (w *Watch) Stop() ([]Absence, error) { return nil, errLinux }

// Yield needs Linux.
func Yield() error { return errLinux }

// Confine needs Linux.
func Confine(_ []int) (release func() error, err error) { return nil, errLinux }
