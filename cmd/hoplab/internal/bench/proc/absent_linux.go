package proc

import (
	"errors"
	"os"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// glance is how long a watch sleeps between two looks at a CPU.
	glance = 500 * time.Microsecond
	// late is by how much later it has to wake up for the CPU to have been absent: more
	// than an interrupt takes.
	late = 300 * time.Microsecond
)

// Watch notices when CPUs are absent: when the host of a virtual machine gives them
// to others, which Stolen counts, but only in units of ten milliseconds. On each of
// them it has a thread that sleeps a little, again and again, and that nothing in
// this machine keeps from waking up in time: its priority is that of a real-time
// process. It takes about a twentieth of an idle CPU.
type Watch struct {
	stop    chan struct{}
	release func()
	threads sync.WaitGroup

	mu     sync.Mutex
	absent []Absence // guarded by mu
}

// Absence is a time for which a CPU was absent; it may have been so for up to half a
// millisecond less.
type Absence struct{ From, To time.Time }

// NewWatch watches some CPUs until Stop is called. An error says that they cannot be
// watched, for want of the right to it (CAP_SYS_NICE) most likely.
func NewWatch(cpus []int) (*Watch, error) {
	// The threads sleep most of the time and are not to take turns with others then.
	procs := runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + len(cpus))
	w := &Watch{stop: make(chan struct{}), release: func() { runtime.GOMAXPROCS(procs) }}
	begun := make(chan error, len(cpus))
	for _, cpu := range cpus {
		w.threads.Go(func() { w.watch(cpu, begun) })
	}
	var err error
	for range cpus {
		err = errors.Join(err, <-begun)
	}
	if err != nil {
		w.Stop()
		return nil, err
	}
	return w, nil
}

// Stop ends the watch and returns when a CPU was absent, in the order of time.
func (w *Watch) Stop() []Absence {
	close(w.stop)
	w.threads.Wait()
	w.release()
	slices.SortFunc(w.absent, func(a, b Absence) int { return a.From.Compare(b.From) })
	return w.absent
}

func (w *Watch) watch(cpu int, begun chan<- error) {
	// The thread must not end with its goroutine: processes that it started die with
	// it (Pdeathsig, in ownGroup).
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	restore, err := alert(cpu, 1)
	defer restore()
	if begun <- err; err != nil {
		return
	}
	for {
		select {
		case <-w.stop:
			return
		default:
		}
		from := time.Now()
		pause := unix.NsecToTimespec(int64(glance))
		_ = unix.Nanosleep(&pause, nil) // a signal ends it early, which is not late
		if to := time.Now(); to.Sub(from) > glance+late {
			w.mu.Lock()
			w.absent = append(w.absent, Absence{from, to})
			w.mu.Unlock()
		}
	}
}

// alert has the calling thread run on a CPU as soon as it can, whatever else with a
// lower real-time priority could run there, until it calls restore.
func alert(cpu, priority int) (restore func(), err error) {
	var was, set unix.CPUSet
	set.Set(cpu)
	if err := unix.SchedGetaffinity(0, &was); err != nil {
		return func() {}, os.NewSyscallError("sched_getaffinity", err)
	}
	before, err := unix.SchedGetAttr(0, 0)
	if err != nil {
		return func() {}, os.NewSyscallError("sched_getattr", err)
	}
	restore = func() {
		_ = unix.SchedSetAttr(0, before, 0)
		_ = unix.SchedSetaffinity(0, &was)
	}
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return restore, os.NewSyscallError("sched_setaffinity", err)
	}
	how := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Priority: uint32(priority)}
	return restore, os.NewSyscallError("sched_setattr", unix.SchedSetAttr(0, &how, 0))
}
