package metrics

import (
	"sync"

	"github.com/hopscope/hopscope/gateway/event"
)

// stallCells adds up the stalls of one kind that one worker saw. The time that
// the open ones have lasted at a moment t is open·t − begins, so it can be read
// at any time without a list of them.
type stallCells struct {
	mu       sync.Mutex // between the worker and a scrape
	begun    uint64
	open     uint64
	begins   uint64 // sum of the begins of the open ones, modulo 2^64
	finished uint64 // nanoseconds
}

func (s *stallCells) begin(at event.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.begun++
	s.open++
	s.begins += uint64(at)
}

func (s *stallCells) end(since, at event.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open--
	s.begins -= uint64(since)
	s.finished += uint64(max(at-since, 0))
}

// stallSum is what stallCells add up to at a moment.
type stallSum struct {
	begun, open uint64
	nanoseconds int64
}

// add adds s as of now. Only the difference of the two sums has to fit: 2^63
// nanoseconds are 292 years of stalls.
func (t *stallSum) add(s *stallCells, now event.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t.begun += s.begun
	t.open += s.open
	ongoing := int64(s.open*uint64(now) - s.begins)
	t.nanoseconds += int64(s.finished) + max(ongoing, 0)
}
