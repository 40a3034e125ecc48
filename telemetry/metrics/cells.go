package metrics

import (
	"sync"
	"sync/atomic"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/telemetry/catalog"
)

// cell is a number that one worker changes and a scrape reads.
type cell struct{ atomic.Int64 }

// linePad keeps what follows it out of the cache lines of what stands before.
type linePad [64]byte

// perWorker holds one T for each worker. A worker makes its own when it first
// needs it and then reaches it without a lock.
type perWorker[T any] struct {
	grow sync.Mutex // guards replacing all
	all  atomic.Pointer[[]*T]
}

// of returns worker n's T.
func (p *perWorker[T]) of(n int) *T {
	if s := p.all.Load(); s != nil && n < len(*s) && (*s)[n] != nil {
		return (*s)[n]
	}
	p.grow.Lock()
	defer p.grow.Unlock()
	var list []*T
	if s := p.all.Load(); s != nil {
		list = append(list, *s...)
	}
	for len(list) <= n {
		list = append(list, nil)
	}
	if list[n] == nil {
		list[n] = new(T)
	}
	p.all.Store(&list)
	return list[n]
}

// each calls f with every T that a worker has made.
func (p *perWorker[T]) each(f func(*T)) {
	if s := p.all.Load(); s != nil {
		for _, c := range *s {
			if c != nil {
				f(c)
			}
		}
	}
}

// sum adds up one number over the workers.
func (p *perWorker[T]) sum(of func(*T) *cell) float64 {
	var n int64
	p.each(func(c *T) { n += of(c).Load() })
	return float64(n)
}

// numStatusClasses counts the values of the label status_class: none, 1xx to 5xx.
const numStatusClasses = 6

// numGRPCStatuses counts the values of the label grpc_status: the codes from 0,
// other, none.
const numGRPCStatuses = catalog.MaxGRPCStatus + 3

// routeCells is what one worker counts of one route.
type routeCells struct {
	_        linePad
	open     cell
	failures cell
	requests [numStatusClasses][numGRPCStatuses]cell
	ends     [event.NumEndReasons][event.NumOrigins]cell
	idle     [2]cell // before, after the response headers
	messages [event.NumDirs]cell

	mu sync.Mutex // guards what follows, between the worker and a scrape
	distributions
}

// distributions are the histograms of one route.
type distributions struct {
	duration, firstByte, overhead [2]histogram // unary, stream
	streamDuration                histogram
	size, messageSize             [event.NumDirs]histogram
}

// upstreamCells is what one worker counts of one upstream.
type upstreamCells struct {
	_       linePad
	retries [event.NumRetryResults]cell
	stalls  [event.NumSides][event.NumScopes]stallCells

	mu       sync.Mutex // guards what follows, between the worker and a scrape
	slotWait histogram
}

// endpointCells is what one worker counts of one endpoint.
type endpointCells struct {
	_        linePad
	streams  cell // open
	conns    cell // open
	attempts [numAttemptResults]cell
}

// wireCells is what one worker counts of frames and connections.
type wireCells struct {
	frames      [event.NumSides][event.NumDirs][event.NumFrameTypes]cell
	bytes       [event.NumSides][event.NumDirs][event.NumFrameTypes]cell
	credit      [event.NumSides][event.NumDirs]cell
	resets      [event.NumSides][event.NumDirs][event.NumCodes]cell
	goAways     [event.NumSides][event.NumDirs][event.NumCodes]cell
	violations  [event.NumSides][event.NumViolations]cell
	pings       [event.NumSides]cell // not answered
	connsOpen   [event.NumSides][event.NumProtos]cell
	connsOpened [event.NumSides][event.NumProtos]cell
	connsClosed [event.NumSides][event.NumCloseReasons]cell
	_           linePad
}
