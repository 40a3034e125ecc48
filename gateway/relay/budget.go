package relay

import (
	"time"

	"github.com/hopscope/hopscope/gateway/event"
)

// budget bounds retries to a fifth of the requests and ten a second (the policy
// of finagle and linkerd), so that a failing origin is not hit harder.
type budget struct {
	tokens float64
	last   event.Time
}

const (
	budgetShare  = 0.2
	budgetRate   = 10.0 // per second
	budgetWindow = 10 * time.Second
	budgetMax    = budgetRate * 10 // what a window without retries leaves over
)

// deposit notes a request.
func (b *budget) deposit() { b.tokens = min(b.tokens+budgetShare, 2*budgetMax) }

// take reports whether a retry is within the budget, and uses it up.
func (b *budget) take(now event.Time) bool {
	if b.last != 0 {
		idle := min(now.Sub(b.last), budgetWindow)
		b.tokens = min(b.tokens+idle.Seconds()*budgetRate, 2*budgetMax)
	} else {
		b.tokens += budgetMax
	}
	b.last = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}
