package proc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// burnFor is how much CPU time a child uses.
const burnFor = 100 * time.Millisecond

// TestMain makes this program the child of its own tests.
func TestMain(m *testing.M) {
	if Lookout() {
		return
	}
	switch os.Getenv("PROC_TEST") {
	case "burn":
		burn()
	case "peak":
		peak()
	case "yield":
		yield()
	case "cpus":
		cpus, err := CPUs()
		fmt.Println(cpus, err)
	default:
		os.Exit(m.Run())
	}
}

// burn uses burnFor of CPU time by its own clock, tells how much, and waits to be
// stopped.
func burn() {
	var used time.Duration
	for used < burnFor {
		var ts unix.Timespec
		if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &ts); err != nil {
			fmt.Println(err)
			return
		}
		used = time.Duration(ts.Nano())
	}
	fmt.Println("burnt", used)
	_, _ = io.Copy(io.Discard, os.NewFile(waitFD(), "wait"))
}

// peakOf is how many bytes a child takes, and gives back.
const peakOf = 32 << 20

// peak takes memory for a moment and waits to be stopped.
func peak() {
	p, err := unix.Mmap(-1, 0, peakOf, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_POPULATE)
	if err == nil {
		err = unix.Munmap(p)
	}
	fmt.Println("took and gave back", err)
	_, _ = io.Copy(io.Discard, os.NewFile(waitFD(), "wait"))
}

// waitFD returns a descriptor that nothing ever comes from.
func waitFD() uintptr {
	var p [2]int
	if err := unix.Pipe(p[:]); err != nil {
		panic(err)
	}
	return uintptr(p[0])
}

// line starts a program and returns it with the first line that it prints.
func line(t *testing.T, c Command) (*Process, string) {
	t.Helper()
	lines := make(chan string, 100)
	p, err := Start(c, func(l string) { lines <- l })
	if err != nil {
		t.Fatal(err)
	}
	select {
	case l := <-lines:
		return p, l
	case <-p.Exited():
		t.Fatal(p.Ended())
	}
	return nil, ""
}

func self(t *testing.T, role string) Command {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return Command{Path: path, Env: []string{"PROC_TEST=" + role}}
}

func TestUsageIsWhatTheProcessUsed(t *testing.T) {
	p, said := line(t, self(t, "burn"))
	defer func() {
		if err := p.Stop(); err != nil {
			t.Error(err)
		}
	}()
	own, err := time.ParseDuration(strings.TrimPrefix(said, "burnt "))
	if err != nil {
		t.Fatal(err)
	}
	used, err := p.CPUTime()
	if err != nil || used < own || used > own+burnFor {
		t.Errorf("the clock says %v, %v; the process itself said %v", used, err, own)
	}
	if rss, err := p.RSS(); err != nil || rss < 1<<20 {
		t.Errorf("resident: %d bytes, %v", rss, err)
	}
	if children, err := p.Children(); err != nil || len(children) != 0 {
		t.Errorf("children %v, %v", children, err)
	}
}

func TestPeakIsSinceItsReset(t *testing.T) {
	p, said := line(t, self(t, "peak"))
	if said != "took and gave back <nil>" {
		t.Fatal(said)
	}
	before, err := p.PeakRSS()
	if err != nil || before < peakOf {
		t.Errorf("%d bytes at most, %v", before, err)
	}
	if err := p.ResetPeak(); err != nil {
		t.Fatal(err)
	}
	after, err := p.PeakRSS()
	if err != nil || after > before-peakOf/2 || after == 0 {
		t.Errorf("%d bytes at most after %d, %v", after, before, err)
	}
}

func TestConfinedThreadsComeBack(t *testing.T) {
	all, err := CPUs()
	if err != nil {
		t.Fatal(err)
	}
	procs := runtime.GOMAXPROCS(0)
	release, err := Confine(all[:1])
	if err != nil {
		t.Fatal(err)
	}
	if got := everywhere(t); !slices.Equal(got, all[:1]) {
		t.Errorf("confined to %v: %v", all[:1], got)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	if got := everywhere(t); !slices.Equal(got, all) || runtime.GOMAXPROCS(0) != procs {
		t.Errorf("released: %v, %d at a time", got, runtime.GOMAXPROCS(0))
	}
}

// everywhere returns where a thread of this process may run; all must say the same.
func everywhere(t *testing.T) []int {
	t.Helper()
	var all []int
	var mu sync.Mutex
	var done sync.WaitGroup
	for range 20 {
		done.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			cpus, err := CPUs()
			mu.Lock()
			defer mu.Unlock()
			if err != nil || all != nil && !slices.Equal(cpus, all) {
				t.Errorf("%v unlike %v, %v", cpus, all, err)
			}
			all = cpus
		})
	}
	done.Wait()
	return all
}

func TestClockOfAProcessThatIsGoneIsAnError(t *testing.T) {
	p, _ := line(t, self(t, "burn"))
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
	if used, err := p.CPUTime(); err == nil {
		t.Errorf("used %v", used)
	}
}

func TestChildrenAreSeenAndStopped(t *testing.T) {
	p, said := line(t, Command{Path: "/bin/sh", Args: []string{"-c", "sleep 1000 & echo $!; wait"}})
	if children, err := p.Children(); err != nil || fmt.Sprint(children) != "["+said+"]" {
		t.Errorf("children %v, %v; the shell said %s", children, err, said)
	}
	// Exited is closed once nobody holds the output: the child is gone too.
	if err := p.Stop(); err != nil {
		t.Error(err)
	}
}

// yield tells the niceness of each thread of a process that yields.
func yield() {
	if err := Yield(); err != nil {
		fmt.Println(err)
		return
	}
	threads, _ := filepath.Glob("/proc/self/task/*/stat")
	for _, file := range threads {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // the thread is gone
		}
		_, fields, _ := strings.Cut(string(text), ") ")
		fmt.Println(strings.Fields(fields)[16]) // proc_pid_stat(5): the 19th of all
	}
}

func TestProcessYieldsWithAllItsThreads(t *testing.T) {
	c := self(t, "yield")
	// A group of its own, which Output gives it: this process stays as it is.
	out, err := Output(t.Context(), c)
	threads := strings.Fields(out)
	if err != nil || len(threads) < 2 {
		t.Fatalf("%q, %v", out, err)
	}
	for _, text := range threads {
		if nice, err := strconv.Atoi(text); err != nil || nice < niceness {
			t.Errorf("a thread has niceness %q, want at least %d", text, niceness)
		}
	}
}

func TestProgramIsTiedToItsCPUFromTheStart(t *testing.T) {
	all, err := CPUs()
	if err != nil {
		t.Fatal(err)
	}
	last := all[len(all)-1:]
	c := self(t, "cpus")
	c.CPU = last
	out, err := Output(t.Context(), c)
	if want := fmt.Sprintln(last, nil); err != nil || out != want {
		t.Errorf("got %q, %v, want %q", out, err, want)
	}
	if now, err := CPUs(); err != nil || len(now) != len(all) {
		t.Errorf("this process may use %v, %v; before %v", now, err, all)
	}
}

func TestStopSaysThatAProcessHadEndedBefore(t *testing.T) {
	p, err := Start(Command{Path: "/bin/sh", Args: []string{"-c", "echo no such option >&2; exit 3"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	<-p.Exited()
	if err := p.Stop(); err == nil || !strings.Contains(err.Error(), "exit status 3") || !strings.Contains(err.Error(), "no such option") {
		t.Errorf("got %v", err)
	}
}

func TestMissingProgramSaysHowToGetIt(t *testing.T) {
	if _, err := Start(Command{Path: "/nowhere/nghttpx"}, nil); err == nil || !strings.Contains(err.Error(), "make bench") {
		t.Errorf("got %v", err)
	}
	if _, err := Output(t.Context(), Command{Path: "/nowhere/h2load"}); err == nil || !strings.Contains(err.Error(), "make bench") {
		t.Errorf("got %v", err)
	}
}

func TestOutputEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Output(ctx, self(t, "burn")); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestLogKeepsTheLatestLines(t *testing.T) {
	p, err := Start(Command{Path: "/bin/sh", Args: []string{"-c", "seq 1 1000"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	<-p.Exited()
	if log := p.Log(); strings.Count(log, "\n") != lastLines-1 || !strings.HasSuffix(log, "  1000") {
		t.Errorf("got %s", log)
	}
}
