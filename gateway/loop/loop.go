package loop

import (
	"errors"
	"net"
	"sync"
	"time"

	"github.com/hopscope/hopscope/gateway/event"
)

// Task is something to run on the loop's goroutine.
type Task interface{ Run() }

// Handler is told what happens to a socket.
type Handler interface {
	// Readable: Read returns something, if only an error.
	Readable()
	// Writable: the socket takes bytes again after Write took too few.
	Writable()
}

// Socket is a connection that never blocks. It belongs to its loop's goroutine.
type Socket interface {
	// Read returns ErrWouldBlock if there is nothing to read now.
	Read(p []byte) (int, error)
	// Write takes as many bytes as it can now. If it takes fewer than all, the
	// handler's Writable follows, and the next Write begins with the same bytes.
	Write(p []byte) (int, error)
	// Unacked returns how many of the bytes taken the peer's system has not got yet;
	// 0 where that is not known.
	Unacked() int
	// Unanswered reports whether the peer's system does not answer although bytes were
	// sent to it again; false where that is not known.
	Unanswered() bool
	// Close sends what was taken and ends the connection. The handler is not
	// called any more.
	Close()
}

// Waiter is told of a connection that Loop.Await waits for: one of the two, once.
type Waiter interface {
	// Arrived: there is something to read, if only an error.
	Arrived()
	// Missed: nothing came in time (os.ErrDeadlineExceeded), or the loop has ended
	// (ErrStopped).
	Missed(err error)
}

// maxArrived is of how many connections a batch tells that their first bytes have
// come: what follows is far more than what an open connection takes, and those are
// not to wait for a crowd of newcomers.
const maxArrived = 16

// ErrWouldBlock is returned by Socket.Read when there is nothing to read.
var ErrWouldBlock = errors.New("loop: would block")

// ErrStopped is returned by Post after the loop has ended.
var ErrStopped = errors.New("loop: stopped")

// maxPlain is how much a socket under TLS, or one driven by goroutines, takes at
// once, and so holds beside its caller.
const maxPlain = 64 << 10

// lingerTime is how long a closed connection is still read, so that the peer
// gets our last bytes instead of a reset (RFC 9112 §9.6 has the reason). It is
// counted anew as long as the peer takes any.
const lingerTime = time.Second

// Loop waits for sockets, timers and tasks.
type Loop struct {
	// Wheel holds the loop's timers.
	Wheel Wheel

	poll  poller
	clock *event.Clock
	now   event.Time
	again []*socket // sockets with more to read that the poller cannot see
	pumps map[*pump]struct{}

	arrived   int // connections whose first bytes have come in this batch
	lingering int // sockets that are closed and wait for their peer

	mu      sync.Mutex
	inbox   []Task // guarded by mu
	awake   bool   // guarded by mu: a wake-up is on its way
	stopped bool   // guarded by mu
	tasks   []Task // taken from inbox
}

// poller waits for what a loop runs.
type poller interface {
	// wait returns when a socket is ready, when a timer is due, or after a wake.
	wait(l *Loop)
	// dispatch tells the handlers of the sockets that are ready.
	dispatch(l *Loop)
	// wake may be called from any goroutine.
	wake()
	close()
}

// New makes a loop; Run has to be called to start it.
func New(clock *event.Clock) (*Loop, error) {
	p, err := newPoller()
	if err != nil {
		return nil, err
	}
	return newLoop(clock, p), nil
}

// NewPumped makes a loop that drives every connection by goroutines, on whatever
// system. All it waits for is in memory, so it runs on the time of a
// testing/synctest bubble.
func NewPumped(clock *event.Clock) *Loop { return newLoop(clock, newSignal()) }

func newLoop(clock *event.Clock, p poller) *Loop {
	l := &Loop{clock: clock, poll: p, pumps: make(map[*pump]struct{})}
	l.now = clock.Now()
	l.Wheel.now = int64(l.now) >> tickShift
	return l
}

// Lingering returns how many closed sockets wait for their peer to take what was
// sent to it. If the loop ends before, the peer may lose it.
func (l *Loop) Lingering() int { return l.lingering }

// Now returns the time of the current batch.
func (l *Loop) Now() event.Time { return l.now }

// Post runs t on the loop's goroutine, in the order of posting. It may be called
// from any goroutine.
func (l *Loop) Post(t Task) error {
	l.mu.Lock()
	if l.stopped {
		l.mu.Unlock()
		return ErrStopped
	}
	l.inbox = append(l.inbox, t)
	wake := !l.awake
	l.awake = true
	l.mu.Unlock()
	if wake {
		l.poll.wake()
	}
	return nil
}

// Batcher frames each round of the loop.
type Batcher interface {
	// BatchBegin is called when something woke the loop, with the time.
	BatchBegin(now event.Time)
	// BatchEnd is called when everything of the round was handled. It returns
	// false to end the loop.
	BatchEnd() bool
}

// Run drives the loop until the batcher ends it.
func (l *Loop) Run(b Batcher) {
	defer l.stop()
	for {
		l.poll.wait(l)
		l.now = l.clock.Now()
		l.arrived = 0
		b.BatchBegin(l.now)
		l.poll.dispatch(l)
		l.readAgain()
		l.runTasks()
		l.Wheel.Advance(int64(l.now))
		if !b.BatchEnd() {
			return
		}
	}
}

func (l *Loop) stop() {
	l.mu.Lock()
	l.stopped = true
	left := l.inbox
	l.inbox = nil
	l.mu.Unlock()
	for _, t := range left {
		if c, ok := t.(Canceller); ok {
			c.Cancel()
		}
	}
	for p := range l.pumps {
		p.shut()
	}
	l.poll.close()
}

// Canceller is implemented by tasks that must know that they will never run.
type Canceller interface{ Cancel() }

func (l *Loop) runTasks() {
	l.mu.Lock()
	l.tasks, l.inbox = l.inbox, l.tasks[:0]
	l.awake = false
	l.mu.Unlock()
	for i, t := range l.tasks {
		l.tasks[i] = nil
		t.Run()
	}
}

func (l *Loop) readAgain() {
	again := l.again
	l.again = nil
	for _, s := range again {
		if !s.closed && s.more {
			s.more = false
			s.handler.Readable()
		}
	}
}

// timeout returns how long the loop may wait: -1 for ever.
func (l *Loop) timeout() time.Duration {
	if len(l.again) > 0 {
		return 0
	}
	at, ok := l.Wheel.Next()
	if !ok {
		return -1
	}
	return max(time.Duration(at-int64(l.clock.Now())), 0)
}

// Add drives nc by the loop, which owns it from then on. h is called in later
// batches.
func (l *Loop) Add(nc net.Conn, h Handler) Socket {
	if s, err := newSocket(l, nc, h); err == nil {
		return s
	}
	return newPump(l, nc, h) // not a descriptor that epoll takes
}

// Clock returns the loop's clock, which may be read from any goroutine.
func (l *Loop) Clock() *event.Clock { return l.clock }
