package metrics

import "github.com/hopscope/hopscope/gateway/event"

// stallCounts adds up stalls of one kind. The time that the open ones have lasted
// at a moment t is open·t − begins, so it can be read at any time without a list
// of them.
type stallCounts struct {
	begun    uint64
	open     uint64
	begins   uint64 // sum of the begins of the open ones, modulo 2^64
	finished uint64 // nanoseconds
}

func (s *stallCounts) begin(at event.Time) {
	s.begun++
	s.open++
	s.begins += uint64(at)
}

func (s *stallCounts) end(since, at event.Time) {
	s.open--
	s.begins -= uint64(since)
	s.finished += uint64(max(at-since, 0))
}

func (s *stallCounts) add(part *stallCounts) {
	s.begun += part.begun
	s.open += part.open
	s.begins += part.begins
	s.finished += part.finished
}

// nanoseconds returns how long the stalls have lasted by now. Only the difference
// of the two sums has to fit: 2^63 nanoseconds are 292 years of stalls.
func (s *stallCounts) nanoseconds(now event.Time) int64 {
	ongoing := int64(s.open*uint64(now) - s.begins)
	return int64(s.finished) + max(ongoing, 0)
}
