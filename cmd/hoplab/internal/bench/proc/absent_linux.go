package proc

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Watch notices when CPUs are absent: when the host of a virtual machine gives them
// to others, which Stolen counts, but only in units of ten milliseconds. For each of
// them it has a [Lookout].
type Watch struct {
	lookouts []*lookout

	mu     sync.Mutex
	absent []Absence // guarded by mu
}

// Absence is a time for which a CPU was absent; it may have been so for up to half a
// millisecond less.
type Absence struct{ From, To time.Time }

// lookout is a process that is a Lookout.
type lookout struct {
	process *Process
	stay    *os.File // its end ends the process
}

// NewWatch watches some CPUs until Stop is called. The program has to call Lookout
// before anything else. An error says that they cannot be watched, for want of the
// right to it (CAP_SYS_NICE) most likely.
func NewWatch(cpus []int) (*Watch, error) {
	if err := mayBeAlert(); err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	w := &Watch{}
	for _, cpu := range cpus {
		if err := w.post(self, cpu); err != nil {
			_, _ = w.Stop()
			return nil, fmt.Errorf("watch CPU %d: %w", cpu, err)
		}
	}
	return w, nil
}

// mayBeAlert returns the error with which a thread is not given a real-time priority.
func mayBeAlert() error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	restore, err := alert(nil, 1)
	restore()
	return err
}

// post starts the lookout of a CPU and waits until it is there.
func (w *Watch) post(self string, cpu int) error {
	r, stay, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	here, zero := make(chan struct{}, 1), monotonicZero()
	p, err := Start(lookoutCommand(self, cpu, r), func(line string) {
		if line == lookoutReady {
			here <- struct{}{}
			return
		}
		var from, to time.Duration
		if _, err := fmt.Sscanf(line, lookoutAbsent, &from, &to); err == nil {
			w.mu.Lock()
			w.absent = append(w.absent, Absence{zero.Add(from), zero.Add(to)})
			w.mu.Unlock()
		}
	})
	if err != nil {
		stay.Close()
		return err
	}
	w.lookouts = append(w.lookouts, &lookout{p, stay})
	select {
	case <-here:
		return nil
	case <-p.Exited():
		return p.Ended()
	}
}

// Stop ends the watch and returns when a CPU was absent, in the order of time. An
// error says that nobody was looking at one of them any more.
func (w *Watch) Stop() ([]Absence, error) {
	var err error
	for _, l := range w.lookouts {
		l.stay.Close()
	}
	for _, l := range w.lookouts {
		<-l.process.Exited()
		if !l.process.cmd.ProcessState.Success() {
			err = errors.Join(err, l.process.Ended())
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	slices.SortFunc(w.absent, func(a, b Absence) int { return a.From.Compare(b.From) })
	return w.absent, err
}

// alert has the calling thread run, on a CPU if one is given, as soon as it can,
// whatever else with a lower real-time priority could run there, until it calls
// restore.
func alert(cpus []int, priority int) (restore func(), err error) {
	var was, set unix.CPUSet
	for _, cpu := range cpus {
		set.Set(cpu)
	}
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
	if len(cpus) > 0 {
		if err := unix.SchedSetaffinity(0, &set); err != nil {
			return restore, os.NewSyscallError("sched_setaffinity", err)
		}
	}
	how := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Priority: uint32(priority)}
	return restore, os.NewSyscallError("sched_setattr", unix.SchedSetAttr(0, &how, 0))
}
