package main

import (
	"maps"
	"os"
	"syscall"
	"time"
)

// pollEvery is how often the files are looked at. Polling sees every way in which
// a file can be replaced, mounted volumes and symbolic links included.
const pollEvery = time.Second

// watch reloads and upgrades until the process is to end. It reports whether
// another one has taken its place.
func (s *server) watch() (replaced bool) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		select {
		case sig := <-s.signals:
			switch sig {
			case syscall.SIGHUP:
				s.reload("signal")
			case syscall.SIGUSR2:
				s.beginUpgrade()
			default:
				s.log.Info("draining", "signal", sig.String(), "grace", s.cfg.Limits.DrainGrace.String())
				return s.abandonUpgrade()
			}
		case r := <-s.upgraded():
			if s.endUpgrade(r) {
				return true
			}
		case <-tick.C:
			if s.files.changed() {
				s.reload("file changed")
			}
		}
	}
}

// files are the files that a configuration was read from, as they were then. They
// belong to one goroutine.
type files struct {
	read map[string]os.FileInfo // before they were read
	seen map[string]os.FileInfo // at the last look
}

// mark notes how the files at paths are. It is to be called before they are read,
// so that what changes meanwhile is read again.
func (f *files) mark(paths []string) {
	f.read = make(map[string]os.FileInfo, len(paths))
	for _, path := range paths {
		f.read[path] = stat(path, nil)
	}
	f.seen = maps.Clone(f.read)
}

// changed reports whether a file is another than the one that was read, and all
// have been quiet since the last look: a certificate and its key are written one
// after the other, and so is half a file. A file that is gone has not changed.
func (f *files) changed() bool {
	changed, quiet := false, true
	for path, seen := range f.seen {
		now := stat(path, seen)
		f.seen[path] = now
		quiet = quiet && same(now, seen)
		changed = changed || !same(now, f.read[path])
	}
	return changed && quiet
}

// stat returns what is known of a file, following links, or before if it cannot
// be looked at.
func stat(path string, before os.FileInfo) os.FileInfo {
	info, err := os.Stat(path)
	if err != nil {
		return before
	}
	return info
}

// same reports whether nothing happened to a file that a look at its folder shows.
func same(a, b os.FileInfo) bool {
	if a == nil || b == nil {
		return a == b
	}
	return os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size() && a.Mode() == b.Mode()
}
