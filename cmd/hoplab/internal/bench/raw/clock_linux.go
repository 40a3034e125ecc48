package raw

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// clock wakes one goroutine to within some microseconds. Go's own timers are up to
// a millisecond late in a program that has nothing else to do, because that is the
// unit of the poller's timeout; a timer of the kernel's is something to be polled.
type clock struct{ timer *os.File }

func newClock() (*clock, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("timerfd_create", err)
	}
	return &clock{os.NewFile(uintptr(fd), "timerfd")}, nil
}

// sleep returns after d, which is more than zero.
func (c *clock) sleep(d time.Duration) error {
	connection, err := c.timer.SyscallConn()
	if err != nil {
		return err
	}
	var set error
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(d.Nanoseconds())}
	if err := connection.Control(func(fd uintptr) { set = unix.TimerfdSettime(int(fd), 0, &spec, nil) }); err != nil {
		return err
	}
	if set != nil {
		return os.NewSyscallError("timerfd_settime", set)
	}
	var expirations [8]byte
	_, err = c.timer.Read(expirations[:])
	return err
}

func (c *clock) close() { c.timer.Close() }
