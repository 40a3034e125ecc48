package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/record"
	"github.com/hopscope/hopscope/rules_test/recording"
)

// recordAll makes the recordings, as many at once as --parallel says. One that
// fails does not end the others.
func (f *recordFlags) recordAll(ctx context.Context, plan record.Plan, jobs []recordJob, show *recordProgress) error {
	slots := make(chan struct{}, f.parallel)
	errs := make([]error, len(jobs))
	var wg sync.WaitGroup
	for i, job := range jobs {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			if ctx.Err() != nil {
				errs[i] = fmt.Errorf("%s: %w", job.name, ctx.Err())
				return
			}
			began := time.Now()
			show.tell(i, record.Progress{Phase: record.Starting, Total: total(job.times)})
			mine := plan
			mine.Progress = func(p record.Progress) { show.tell(i, p) }
			rec, err := job.run(ctx, mine)
			if err == nil {
				err = rec.Write(f.out)
			}
			if err != nil {
				errs[i] = fmt.Errorf("%s: %w", job.name, err)
				show.end(i, "failed: "+err.Error())
				return
			}
			show.end(i, summary(f.out, rec, time.Since(began)))
		})
	}
	wg.Wait()
	show.close()
	return errors.Join(errs...)
}

func total(t record.Times) time.Duration { return t.Before + t.During + t.After }

// summary tells what was recorded and how large its files are.
func summary(dir string, rec recording.Recording, took time.Duration) string {
	size := func(ext string) string {
		info, err := os.Stat(filepath.Join(dir, rec.Meta.Scenario+ext))
		if err != nil {
			return "none"
		}
		return fmt.Sprintf("%.1f KB", float64(info.Size())/1000)
	}
	return fmt.Sprintf("%d scrapes, %d series for rules (%s), %d for dashboards (%s), %d exemplars, in %s", rec.Meta.Scrapes,
		len(rec.Series), size(recording.SeriesExt), len(rec.Panels), size(recording.PanelsExt), len(rec.Exemplars), took.Round(time.Second))
}

// recordProgress shows how far recordings are: on a terminal in one line that is drawn
// again and again, elsewhere a line whenever a recording goes on to its next phase.
type recordProgress struct {
	jobs  []recordJob
	width int // columns of the terminal; 0: it is none

	mu    sync.Mutex
	out   io.Writer         // guarded by mu
	state []record.Progress // guarded by mu
	ended []bool            // guarded by mu
}

func newRecordProgress(out io.Writer, jobs []recordJob) *recordProgress {
	p := &recordProgress{jobs: jobs, out: out, state: make([]record.Progress, len(jobs)), ended: make([]bool, len(jobs))}
	for i, j := range jobs {
		p.state[i].Total = total(j.times)
	}
	if file, ok := out.(*os.File); ok {
		if w, err := unix.IoctlGetWinsize(int(file.Fd()), unix.TIOCGWINSZ); err == nil {
			p.width = max(int(w.Col), 40)
		}
	}
	return p
}

// tell shows where a recording is.
func (p *recordProgress) tell(i int, now record.Progress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := p.state[i].Phase
	p.state[i] = now
	switch {
	case p.width > 0:
		fmt.Fprintf(p.out, "\r%s\x1b[K", p.line())
	case now.Phase != before:
		fmt.Fprintf(p.out, "%s: %s\n", p.jobs[i].name, now.Phase)
	}
}

// end shows how a recording ended.
func (p *recordProgress) end(i int, how string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended[i] = true
	p.state[i].Done = p.state[i].Total
	if p.width > 0 {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
	fmt.Fprintf(p.out, "%s: %s\n", p.jobs[i].name, how)
	if p.width > 0 {
		fmt.Fprintf(p.out, "%s\x1b[K", p.line())
	}
}

// close leaves the terminal's line.
func (p *recordProgress) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.width > 0 {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}

// line needs mu.
func (p *recordProgress) line() string {
	var done, all time.Duration
	var running []string
	ended := 0
	for i, s := range p.state {
		done, all = done+s.Done, all+s.Total
		switch {
		case p.ended[i]:
			ended++
		case s.Phase != "":
			running = append(running, fmt.Sprintf("%s %s %s/%s", p.jobs[i].name, s.Phase, s.Done.Round(time.Second), s.Total))
		}
	}
	full := 0
	if all > 0 {
		full = int(barWidth * done / all)
	}
	text := fmt.Sprintf("[%s%s] %d of %d  %s", strings.Repeat("#", full), strings.Repeat("-", barWidth-full), ended, len(p.jobs), strings.Join(running, ", "))
	return text[:min(len(text), p.width-1)]
}
