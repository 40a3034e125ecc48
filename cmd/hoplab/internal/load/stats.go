package load

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Stat is what happened to one kind of request since the last Take.
type Stat struct {
	Kind      string
	Done      int           // ended, well or not
	Failed    int           // of these, with an error
	Skipped   int           // due, but too many were in flight
	Mean      time.Duration // of those done
	LastError string        // "" if none failed
}

// table counts per kind. It is safe for concurrent use.
type table struct {
	mu    sync.Mutex
	kinds map[string]*count // guarded by mu
}

type count struct {
	done, failed, skipped int
	total                 time.Duration
	lastError             string
}

func (t *table) update(kind string, f func(*count)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.kinds == nil {
		t.kinds = map[string]*count{}
	}
	c := t.kinds[kind]
	if c == nil {
		c = &count{}
		t.kinds[kind] = c
	}
	f(c)
}

func (t *table) add(kind string, took time.Duration, err error) {
	t.update(kind, func(c *count) {
		c.done++
		c.total += took
		if err != nil {
			c.failed++
			c.lastError = err.Error()
		}
	})
}

func (t *table) skip(kind string) { t.update(kind, func(c *count) { c.skipped++ }) }

// Take returns the counts since the last Take, sorted by kind.
func (g *Generator) Take() []Stat {
	t := &g.stats
	t.mu.Lock()
	defer t.mu.Unlock()
	list := make([]Stat, 0, len(t.kinds))
	for name, c := range t.kinds {
		s := Stat{Kind: name, Done: c.done, Failed: c.failed, Skipped: c.skipped, LastError: c.lastError}
		if c.done > 0 {
			s.Mean = c.total / time.Duration(c.done)
		}
		list = append(list, s)
		*c = count{}
	}
	slices.SortFunc(list, func(a, b Stat) int { return strings.Compare(a.Kind, b.Kind) })
	return list
}

// Line writes the statistics of this span of time for a terminal; what failed
// last goes on a second line.
func Line(now time.Time, since time.Duration, stats []Stat) string {
	var b strings.Builder
	b.WriteString(now.Format(time.TimeOnly))
	lastError := ""
	for _, s := range stats {
		fmt.Fprintf(&b, "  %s %.1f/s", s.Kind, float64(s.Done)/since.Seconds())
		if s.Done > 0 {
			fmt.Fprintf(&b, " %s", short(s.Mean))
		}
		if s.Failed > 0 {
			fmt.Fprintf(&b, " (%d failed)", s.Failed)
			lastError = s.Kind + ": " + s.LastError
		}
		if s.Skipped > 0 {
			fmt.Fprintf(&b, " (%d held back)", s.Skipped)
		}
	}
	if lastError != "" {
		fmt.Fprintf(&b, "\n          last error: %.200s", strings.ReplaceAll(lastError, "\n", " "))
	}
	return b.String()
}

// short rounds to what a reader can use.
func short(d time.Duration) time.Duration {
	if d > time.Second {
		return d.Round(10 * time.Millisecond)
	}
	return d.Round(100 * time.Microsecond)
}
