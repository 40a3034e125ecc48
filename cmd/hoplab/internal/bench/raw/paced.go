package raw

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Paced is requests at a fixed rate, whether the others have been answered or
// not.
type Paced struct {
	Addr        string
	Connections int
	Rate        float64 // requests per second over all connections
	Request     Request
	Paths       []string // one after the other; nil: the Request's
}

// Answer is one request, in time since the load began.
type Answer struct {
	Due  time.Duration // when it should have been sent: lateness counts as latency
	Done time.Duration // when its answer had arrived
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
	c, err := dial(ctx, p.Addr, nil)
	if err != nil {
		return nil, err
	}
	defer c.net.Close()
	s := &paced{conn: c, due: map[uint32]time.Duration{}}
	received := make(chan error, 1)
	go func() { received <- s.receive(start) }()
	err = s.send(p, number, start, stop, received)
	if err == nil {
		s.finish()
		err = <-received
	}
	return s.answers, err
}

// paced is a connection with two goroutines: one sends, one receives.
type paced struct {
	conn    *conn
	answers []Answer // owned by the receiver

	mu       sync.Mutex
	due      map[uint32]time.Duration // of the open streams; guarded by mu
	finished bool                     // nothing more is sent; guarded by mu
}

func (s *paced) send(p Paced, number int, start time.Time, stop <-chan struct{}, failed chan error) error {
	interval := time.Duration(float64(p.Connections) / p.Rate * float64(time.Second))
	due := time.Since(start) + interval*time.Duration(number)/time.Duration(p.Connections)
	list := p.Request.header()
	path := pathOf(list)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for n := number; ; {
		for due <= time.Since(start) {
			if p.Paths != nil {
				path.Value = p.Paths[n%len(p.Paths)]
			}
			// The lock is held until the id is in the map: the answer may be fast.
			s.mu.Lock()
			id, err := s.conn.request(list, p.Request.Body, true)
			if err == nil {
				s.due[id] = due
			}
			s.mu.Unlock()
			if errors.Is(err, errCredit) {
				break
			}
			if err != nil {
				return err
			}
			n += p.Connections
			due += interval
		}
		if err := s.conn.flush(); err != nil {
			return err
		}
		timer.Reset(max(due-time.Since(start), 100*time.Microsecond))
		select {
		case <-timer.C:
		case <-stop:
			return nil
		case err := <-failed:
			return err
		}
	}
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
	for {
		e, err := s.conn.frame()
		now := time.Since(start)
		s.mu.Lock()
		over := s.finished && len(s.due) == 0
		if err == nil && e.ended {
			s.answers = append(s.answers, Answer{Due: s.due[e.stream], Done: now})
			delete(s.due, e.stream)
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
