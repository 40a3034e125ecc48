package raw

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"
)

// Paced is requests at a fixed rate, whether the others have been answered or
// not.
type Paced struct {
	Addr        string
	TLS         *tls.Config // nil: h2c with prior knowledge
	Connections int
	Rate        float64 // requests per second over all connections
	Request     Request
	Paths       []string // one after the other; nil: the Request's
}

// Answer is one request, in time since the load began.
type Answer struct {
	Due    time.Duration // when it should have been sent: lateness counts as latency
	Done   time.Duration // when its answer had arrived
	Failed error         // why it has no answer with 2xx; only of Persist
}

// Run sends requests until stop is closed and waits for the answers to all. A
// request that is not answered with 2xx is an error.
func (p Paced) Run(ctx context.Context, start time.Time, stop <-chan struct{}) ([]Answer, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	each := make([][]Answer, p.Connections)
	var done sync.WaitGroup
	for i := range p.Connections {
		done.Go(func() {
			var err error
			if each[i], err = p.connection(ctx, i, start, stop); err != nil {
				cancel(err)
			}
		})
	}
	done.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	var all []Answer
	for _, a := range each {
		all = append(all, a...)
	}
	return all, nil
}

// connection sends every p.Connections-th request.
func (p Paced) connection(ctx context.Context, number int, start time.Time, stop <-chan struct{}) ([]Answer, error) {
	c, err := dial(ctx, p.Addr, p.TLS)
	if err != nil {
		return nil, err
	}
	defer c.net.Close()
	s := &paced{conn: c, due: map[uint32]time.Duration{}}
	received := make(chan error, 1)
	go func() { received <- s.receive(start) }()
	err = s.send(p, p.timetable(number, time.Since(start)), start, stop, received)
	if err == nil {
		s.finish()
		err = <-received
	}
	return s.answers, err
}

// timetable says when a connection sends what.
type timetable struct {
	n        int           // the number of the next request
	due      time.Duration // when it is to be sent
	step     int           // from one request to the next
	interval time.Duration
	until    time.Duration // what is due then is not sent any more
}

// timetable begins at from, in time since the load began.
func (p Paced) timetable(number int, from time.Duration) *timetable {
	interval := time.Duration(float64(p.Connections) / p.Rate * float64(time.Second))
	return &timetable{
		n: number, step: p.Connections, interval: interval, until: math.MaxInt64,
		due: from + interval*time.Duration(number)/time.Duration(p.Connections),
	}
}

func (t *timetable) next() {
	t.n += t.step
	t.due += t.interval
}

// paced is a connection with two goroutines: one sends, one receives.
type paced struct {
	conn    *conn
	persist bool     // requests may fail
	answers []Answer // owned by the receiver

	mu       sync.Mutex
	due      map[uint32]time.Duration // of the open streams; guarded by mu
	finished bool                     // nothing more is sent; guarded by mu
}

func (s *paced) send(p Paced, next *timetable, start time.Time, stop <-chan struct{}, failed chan error) error {
	list := p.Request.header()
	path := pathOf(list)
	clock, err := newClock()
	if err != nil {
		return err
	}
	defer clock.close()
	for {
		for next.due <= time.Since(start) && next.due < next.until {
			if p.Paths != nil {
				path.Value = p.Paths[next.n%len(p.Paths)]
			}
			// The lock is held until the id is in the map: the answer may be fast.
			s.mu.Lock()
			if s.full() {
				s.mu.Unlock()
				break
			}
			id, err := s.conn.request(list, p.Request.Body, true)
			if err == nil {
				s.due[id] = next.due
			}
			s.mu.Unlock()
			if errors.Is(err, errCredit) {
				break
			}
			if err != nil {
				return err
			}
			next.next()
		}
		if err := s.conn.flush(); err != nil {
			return err
		}
		if next.due >= next.until {
			return nil
		}
		pause := min(max(next.due-time.Since(start), leastPause), mostPause)
		if err := clock.sleep(pause); err != nil {
			return err
		}
		select {
		case <-stop:
			return nil
		case err := <-failed:
			return err
		default:
		}
	}
}

// How long a sender pauses at least, so that a load that cannot be sent takes no
// CPU, and at most, so that it notices when it is to stop.
const (
	leastPause = 50 * time.Microsecond
	mostPause  = 10 * time.Millisecond
)

// full says whether the server allows no more streams. It needs mu.
func (s *paced) full() bool {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	return uint32(len(s.due)) >= s.conn.maxConcurrent
}

// finish makes the receiver end with the last answer.
func (s *paced) finish() {
	s.mu.Lock()
	s.finished = true
	idle := len(s.due) == 0
	s.mu.Unlock()
	if idle {
		s.conn.net.Close()
	}
}

func (s *paced) receive(start time.Time) error {
	received := 0
	failed := map[uint32]error{} // streams with an answer that is not 2xx
	for {
		e, err := s.conn.frame()
		if err == nil && e.failed != nil {
			if !s.persist {
				return e.failed
			}
			failed[e.stream] = e.failed
		}
		now := time.Since(start)
		s.mu.Lock()
		over := s.finished && len(s.due) == 0
		if err == nil && e.ended {
			if due, ok := s.due[e.stream]; ok {
				s.answers = append(s.answers, Answer{Due: due, Done: now, Failed: failed[e.stream]})
			}
			delete(s.due, e.stream)
			delete(failed, e.stream)
			over = s.finished && len(s.due) == 0
		}
		s.mu.Unlock()
		if over {
			return nil
		}
		if err != nil {
			return err
		}
		if received += e.bytes; received > window/2 {
			if err := s.conn.credited(received); err != nil {
				return err
			}
			received = 0
		}
	}
}
