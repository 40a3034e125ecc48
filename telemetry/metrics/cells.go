package metrics

import (
	"sync"
	"sync/atomic"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/telemetry/catalog"
)

// counts is a set of numbers.
type counts[T any] interface {
	*T
	// take makes the set equal to from, with which it then shares nothing.
	take(from *T)
}

// cells are what one worker counts, and the copy of it that scrapes read. The
// worker makes the copy between two of its batches, so counting needs neither a
// lock nor an atomic operation.
type cells[T any, P counts[T]] struct {
	_    linePad
	live T // only the worker's goroutine touches it

	mu    sync.Mutex // guards what follows
	shown T
}

// linePad keeps what follows it out of the cache lines of what stands before.
type linePad [64]byte

// show copies what was counted. Only the worker calls it, or someone else once the
// worker has ended.
func (c *cells[T, P]) show() {
	c.mu.Lock()
	defer c.mu.Unlock()
	P(&c.shown).take(&c.live)
}

// read calls f with what was last shown, which f must not keep.
func (c *cells[T, P]) read(f func(*T)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f(&c.shown)
}

// perWorker holds cells for each worker. A worker makes its own when it first
// needs them and then reaches them without a lock.
type perWorker[T any, P counts[T]] struct {
	grow sync.Mutex // guards replacing all
	all  atomic.Pointer[[]*cells[T, P]]
}

// of returns what worker n counts; only worker n calls it.
func (p *perWorker[T, P]) of(n int) *T {
	if c := p.at(n); c != nil {
		return &c.live
	}
	return p.grown(n)
}

// at returns worker n's cells, nil if it has none yet.
func (p *perWorker[T, P]) at(n int) *cells[T, P] {
	if s := p.all.Load(); s != nil && uint(n) < uint(len(*s)) {
		return (*s)[n]
	}
	return nil
}

func (p *perWorker[T, P]) grown(n int) *T {
	p.grow.Lock()
	defer p.grow.Unlock()
	var list []*cells[T, P]
	if s := p.all.Load(); s != nil {
		list = append(list, *s...)
	}
	for len(list) <= n {
		list = append(list, nil)
	}
	list[n] = new(cells[T, P])
	p.all.Store(&list)
	return &list[n].live
}

// show implements [shower].
func (p *perWorker[T, P]) show(worker int) {
	if c := p.at(worker); c != nil {
		c.show()
	}
}

// read calls f with what each worker has last shown.
func (p *perWorker[T, P]) read(f func(*T)) {
	if s := p.all.Load(); s != nil {
		for _, c := range *s {
			if c != nil {
				c.read(f)
			}
		}
	}
}

// numStatusClasses counts the values of the label status_class: none, 1xx to 5xx.
const numStatusClasses = 6

// numGRPCStatuses counts the values of the label grpc_status: the codes from 0,
// other, none.
const numGRPCStatuses = catalog.MaxGRPCStatus + 3

// routeCells is what one worker counts of one route.
type routeCells struct {
	routeCounts
	distributions
}

func (c *routeCells) take(from *routeCells) {
	c.routeCounts = from.routeCounts
	c.distributions.take(&from.distributions)
}

// routeCounts are the counters and gauges of one route.
type routeCounts struct {
	open     int64
	failures int64
	requests [numStatusClasses][numGRPCStatuses]int64
	ends     [event.NumEndReasons][event.NumOrigins]int64
	idle     [2]int64 // before, after the response headers
	messages [event.NumDirs]int64
}

func (c *routeCounts) add(part *routeCounts) {
	c.open += part.open
	c.failures += part.failures
	for i := range c.requests {
		addEach(c.requests[i][:], part.requests[i][:])
	}
	for i := range c.ends {
		addEach(c.ends[i][:], part.ends[i][:])
	}
	addEach(c.idle[:], part.idle[:])
	addEach(c.messages[:], part.messages[:])
}

// addEach adds each number of part to that of sum in the same place.
func addEach(sum, part []int64) {
	for i, n := range part {
		sum[i] += n
	}
}

// upstreamCells is what one worker counts of one upstream.
type upstreamCells struct {
	retries  [event.NumRetryResults]int64
	stalls   [event.NumSides][event.NumScopes]stallCounts
	slotWait histogram
}

func (c *upstreamCells) take(from *upstreamCells) {
	c.retries, c.stalls = from.retries, from.stalls
	c.slotWait.take(&from.slotWait)
}

func (c *upstreamCells) add(part *upstreamCells) {
	addEach(c.retries[:], part.retries[:])
	for side := range c.stalls {
		for scope := range c.stalls[side] {
			c.stalls[side][scope].add(&part.stalls[side][scope])
		}
	}
	c.slotWait.add(&part.slotWait, false)
}

// endpointCells is what one worker counts of one endpoint.
type endpointCells struct {
	streams  int64 // open
	conns    int64 // open
	attempts [numAttemptResults]int64
	duration histogram
}

func (c *endpointCells) take(from *endpointCells) {
	c.streams, c.conns, c.attempts = from.streams, from.conns, from.attempts
	c.duration.take(&from.duration)
}

// add adds a part, with native buckets if those are wanted.
func (c *endpointCells) add(part *endpointCells, natives bool) {
	c.streams += part.streams
	c.conns += part.conns
	addEach(c.attempts[:], part.attempts[:])
	c.duration.add(&part.duration, natives)
}

// wireCells is what one worker counts of frames and connections.
type wireCells [event.NumSides]struct {
	frames      [event.NumDirs][event.NumFrameTypes]int64
	bytes       [event.NumDirs][event.NumFrameTypes]int64
	credit      [event.NumDirs]int64
	resets      [event.NumDirs][event.NumCodes]int64
	goAways     [event.NumDirs][event.NumCodes]int64
	violations  [event.NumViolations]int64
	pings       int64 // not answered
	connsOpen   [event.NumProtos]int64
	connsOpened [event.NumProtos]int64
	connsClosed [event.NumCloseReasons]int64
}

func (c *wireCells) take(from *wireCells) { *c = *from }

func (c *wireCells) add(part *wireCells) {
	for side := range c {
		s, p := &c[side], &part[side]
		for dir := range event.NumDirs {
			addEach(s.frames[dir][:], p.frames[dir][:])
			addEach(s.bytes[dir][:], p.bytes[dir][:])
			addEach(s.resets[dir][:], p.resets[dir][:])
			addEach(s.goAways[dir][:], p.goAways[dir][:])
		}
		addEach(s.credit[:], p.credit[:])
		addEach(s.violations[:], p.violations[:])
		s.pings += p.pings
		addEach(s.connsOpen[:], p.connsOpen[:])
		addEach(s.connsOpened[:], p.connsOpened[:])
		addEach(s.connsClosed[:], p.connsClosed[:])
	}
}
