package proc

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// ownGroup keeps Ctrl-C in a terminal from ending the process before the
// benchmark does, and takes it down with a benchmark that is killed.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// start starts cmd on the given CPUs. A child inherits the affinity of the thread
// that makes it, before it runs its first instruction.
func start(cmd *exec.Cmd, cpus []int) error {
	if cpus == nil {
		return cmd.Start()
	}
	runtime.LockOSThread()
	var old, set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &old); err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("sched_getaffinity: %w", err)
	}
	for _, cpu := range cpus {
		set.Set(cpu)
	}
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("sched_setaffinity %v: %w", cpus, err)
	}
	err := cmd.Start()
	if back := unix.SchedSetaffinity(0, &old); back != nil {
		// The thread stays locked: it must not serve others.
		return fmt.Errorf("sched_setaffinity back: %w", back)
	}
	runtime.UnlockOSThread()
	return err
}

// maxCPUs is how many CPUs an affinity mask of the kernel's interface names.
const maxCPUs = 1024

// CPUs returns the CPUs that this process may use.
func CPUs() ([]int, error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return nil, fmt.Errorf("sched_getaffinity: %w", err)
	}
	var cpus []int
	for cpu := range maxCPUs {
		if set.IsSet(cpu) {
			cpus = append(cpus, cpu)
		}
	}
	return cpus, nil
}

// cpuTime reads the CPU clock of a process, in nanoseconds where /proc counts in
// hundredths of a second. The clock's number is the kernel's encoding of a
// process id (clock_getcpuclockid(3)).
func cpuTime(pid int) (time.Duration, error) {
	const sched = 2
	var ts unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|sched), &ts); err != nil {
		return 0, fmt.Errorf("CPU clock of process %d: %w", pid, err)
	}
	return time.Duration(ts.Nano()), nil
}

// CPUTime returns the CPU time of all the threads of the process.
func (p *Process) CPUTime() (time.Duration, error) { return cpuTime(p.PID()) }

// RSS returns the resident memory of the process in bytes, counted page by page:
// the figure in /proc/PID/status lags behind.
func (p *Process) RSS() (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", p.PID()))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "Rss:" {
			kib, err := strconv.ParseInt(f[1], 10, 64)
			return kib << 10, err
		}
	}
	return 0, fmt.Errorf("/proc/%d/smaps_rollup has no Rss", p.PID())
}

// Children returns the ids of the processes that the process has started. One
// with children does its work where CPUTime and RSS do not see it.
func (p *Process) Children() ([]int, error) {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", p.PID()))
	if err != nil {
		return nil, err
	}
	var pids []int
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // the thread is gone
		}
		for f := range bytes.FieldsSeq(text) {
			pid, err := strconv.Atoi(string(f))
			if err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
			pids = append(pids, pid)
		}
	}
	return pids, nil
}

// ResetPeak makes PeakRSS count from now on.
func (p *Process) ResetPeak() error {
	const peakOnly = "5" // proc(5), clear_refs
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", p.PID()), []byte(peakOnly), 0)
}

// PeakRSS returns the most resident memory in bytes that the process has had
// since ResetPeak. It may lag behind RSS by a few hundred kB.
func (p *Process) PeakRSS() (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.PID()))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "VmHWM:" {
			kib, err := strconv.ParseInt(f[1], 10, 64)
			return kib << 10, err
		}
	}
	return 0, fmt.Errorf("/proc/%d/status has no VmHWM", p.PID())
}

// niceness is that of a process that yields.
const niceness = 10

// Yield has this process, all threads of it and what it starts, run where others
// leave the CPU idle, or nearly so: a tenth of a CPU that they want is left to it.
func Yield() error {
	// The system call counts from 40, the least nice, downwards.
	if left, err := unix.Getpriority(unix.PRIO_PROCESS, 0); err == nil && 20-left >= niceness {
		return nil
	}
	// Of the process group, because for a process Linux takes its one thread.
	if err := unix.Setpriority(unix.PRIO_PGRP, 0, niceness); err != nil {
		return os.NewSyscallError("setpriority", err)
	}
	return nil
}

// Confine lets this process, all threads of it, run on some CPUs alone until
// release is called.
func Confine(cpus []int) (release func() error, err error) {
	all, err := CPUs()
	if err != nil {
		return nil, err
	}
	procs := runtime.GOMAXPROCS(len(cpus))
	release = func() error {
		runtime.GOMAXPROCS(procs)
		return setThreads(all)
	}
	if err := setThreads(cpus); err != nil {
		return nil, errors.Join(err, release())
	}
	return release, nil
}

// setThreads sets where every thread of this process may run. New threads are as
// the one that makes them; so it is done again until there is none that is not.
func setThreads(cpus []int) error {
	var set unix.CPUSet
	for _, cpu := range cpus {
		set.Set(cpu)
	}
	done := map[string]bool{}
	for changed := true; changed; {
		changed = false
		tasks, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return err
		}
		for _, t := range tasks {
			tid, err := strconv.Atoi(t.Name())
			if err != nil {
				return err
			}
			if done[t.Name()] {
				continue
			}
			if err := unix.SchedSetaffinity(tid, &set); err != nil && !errors.Is(err, syscall.ESRCH) {
				return fmt.Errorf("sched_setaffinity of thread %d: %w", tid, err)
			}
			done[t.Name()], changed = true, true
		}
	}
	return nil
}
