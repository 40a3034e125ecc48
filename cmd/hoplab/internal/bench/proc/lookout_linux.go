package proc

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// glance is how long a lookout sleeps between two looks at its CPU.
	glance = 500 * time.Microsecond
	// late is by how much later it has to wake up for the CPU to have been absent: more
	// than an interrupt takes.
	late = 300 * time.Microsecond
)

// lookoutCPU is the environment variable that makes a process a lookout, and says of
// which CPU. It says lookoutReady when it is there, and then lookoutAbsent with the
// time on CLOCK_MONOTONIC, which all processes share, in nanoseconds.
const (
	lookoutCPU    = "HOPLAB_LOOKOUT_CPU"
	lookoutReady  = "ready"
	lookoutAbsent = "absent from %d to %d"
)

// lookoutCommand is what makes the program self a lookout until stay ends. There is
// nobody in it but the goroutine that looks, not even a collector.
func lookoutCommand(self string, cpu int, stay *os.File) Command {
	return Command{Path: self, Stdin: stay, Env: []string{
		lookoutCPU + "=" + strconv.Itoa(cpu), "GOMAXPROCS=1", "GOGC=off", "GODEBUG=asyncpreemptoff=1",
	}}
}

// Lookout is the work of a process that NewWatch has started: it notices when a CPU is
// absent. Its thread sleeps a little, again and again, and nothing in this machine
// keeps it from waking up in time, for its priority is that of a real-time process. It
// takes about a twentieth of an idle CPU. Lookout returns false if this is no such
// process.
//
// It is a process of its own because the threads of a Go program wait for each other
// by spinning, in the belief that all of them get on. One that spins with such a
// priority for another on the same CPU takes all of it, until after 0.95 seconds the
// kernel lets others run. So here no system call while it looks goes by the scheduler.
func Lookout() bool {
	text, ok := os.LookupEnv(lookoutCPU)
	if !ok {
		return false
	}
	cpu, err := strconv.Atoi(text)
	if err == nil {
		err = lookOut(cpu)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s=%s: %v\n", lookoutCPU, text, err)
		os.Exit(1)
	}
	return true
}

func lookOut(cpu int) error {
	runtime.LockOSThread()
	_, err := alert([]int{cpu}, 1)
	// A goroutine that is tied to a thread gives way to itself by way of another thread;
	// this one stays where it is, for it never blocks as far as the scheduler knows.
	runtime.UnlockOSThread()
	if err != nil {
		return err
	}
	zero := monotonicZero()
	said := append(make([]byte, 0, 100), lookoutReady+"\n"...)
	say(said)
	to := time.Now()
	for ended := false; !ended; {
		from := to // so that what comes between two looks counts
		ended = endsWithin(glance)
		if to = time.Now(); to.Sub(from) > glance+late {
			said = fmt.Appendf(said[:0], lookoutAbsent+"\n", from.Sub(zero), to.Sub(zero))
			say(said)
		}
	}
	return nil
}

// endsWithin waits for a time, or for the end of standard input, and reports whether
// that came.
func endsWithin(d time.Duration) bool {
	in := unix.PollFd{Fd: int32(os.Stdin.Fd()), Events: unix.POLLIN}
	timeout := unix.NsecToTimespec(int64(d))
	n, _, _ := unix.RawSyscall6(unix.SYS_PPOLL, uintptr(unsafe.Pointer(&in)), 1, uintptr(unsafe.Pointer(&timeout)), 0, 0, 0)
	return n == 1
}

// say writes something to standard output. Nobody is there any more if it fails.
func say(p []byte) {
	_, _, _ = unix.RawSyscall(unix.SYS_WRITE, os.Stdout.Fd(), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)))
}

// monotonicZero returns when CLOCK_MONOTONIC was 0.
func monotonicZero() time.Time {
	var ts unix.Timespec
	now := time.Now()
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts) // it exists wherever Go runs
	return now.Add(-time.Duration(ts.Nano()))
}
