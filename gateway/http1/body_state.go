package http1

import "sync/atomic"

// bodyState is how far a request's body was read. It is safe for concurrent use.
type bodyState struct{ v atomic.Int32 }

const (
	bodyOpen int32 = iota
	bodyEnded
	bodyMalformed
)

func (s *bodyState) get() int32  { return s.v.Load() }
func (s *bodyState) set(v int32) { s.v.Store(v) }
