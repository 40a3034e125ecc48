package metrics

import "github.com/hopscope/hopscope/gateway/event"

// attempts counts those on one upstream connection. It belongs to the connection's
// worker.
type attempts struct {
	ended, failed uint64
	bounds        []float64         // of the durations; shared
	counts        [maxBounds]uint64 // of unary ones by duration, as a histogram's
}

var _ event.Describer = (*attempts)(nil)

// end counts an attempt; bucket is its duration's, negative if it was not unary.
func (a *attempts) end(r attemptResult, bucket int) {
	a.ended++
	if r.failed() {
		a.failed++
	}
	if bucket >= 0 {
		a.counts[bucket%maxBounds]++
	}
}

// Describe implements [event.Describer].
func (a *attempts) Describe(i *event.ConnectionInfo) {
	i.Attempts = &event.AttemptsInfo{Ended: a.ended, Failed: a.failed, Duration: event.DurationInfo{
		ExplicitBounds: a.bounds, BucketCounts: append([]uint64(nil), a.counts[:len(a.bounds)+1]...),
	}}
}
