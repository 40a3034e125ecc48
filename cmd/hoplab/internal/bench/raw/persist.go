package raw

import (
	"context"
	"errors"
	"sync"
	"time"
)

const (
	// patience is how long a client that persists waits for its last answers.
	patience = time.Second
	// redial is how long it waits before it connects again.
	redial = 10 * time.Millisecond
)

var (
	errSilence = errors.New("no answer in time")
	errUnsent  = errors.New("could not be sent")
)

// Persist sends the requests that are due before a time since the load began, as
// Run does, but takes failures as they come: it connects again, and says of each
// request what became of it. Those that could not be sent have failed, too, so
// there are rate × until answers, however late the machine is with them.
func (p Paced) Persist(ctx context.Context, start time.Time, until time.Duration) []Answer {
	ctx, cancel := context.WithDeadline(ctx, start.Add(until+patience))
	defer cancel()
	each := make([][]Answer, p.Connections)
	var done sync.WaitGroup
	for i := range p.Connections {
		done.Go(func() { each[i] = p.persist(ctx, i, start, until) })
	}
	done.Wait()
	var all []Answer
	for _, a := range each {
		all = append(all, a...)
	}
	return all
}

func (p Paced) persist(ctx context.Context, number int, start time.Time, until time.Duration) []Answer {
	next := p.timetable(number, 0)
	next.until = until
	all := make([]Answer, 0, until/next.interval+1) // whoever copies meanwhile is late
	for {
		var err error
		all, err = p.session(ctx, next, start, all)
		if err == nil {
			return all
		}
		now := min(time.Since(start), until)
		if ctx.Err() != nil {
			now, err = until, errUnsent
		}
		for ; next.due < now; next.next() {
			all = append(all, Answer{Due: next.due, Done: now, Failed: err})
		}
		if next.due >= until {
			return all
		}
		pause := time.NewTimer(redial)
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
		}
	}
}

// session is a connection until it fails, or until its last answers have come, which
// it appends to answers.
func (p Paced) session(ctx context.Context, next *timetable, start time.Time, answers []Answer) ([]Answer, error) {
	session, cancel := context.WithCancel(ctx)
	defer cancel() // closes the connection
	c, err := dial(session, p.Addr, p.TLS)
	if err != nil {
		return answers, err
	}
	s := &paced{conn: c, persist: true, answers: answers, due: map[uint32]time.Duration{}}
	received := make(chan error, 1)
	go func() { received <- s.receive(start); close(received) }()
	if err = s.send(p, next, start, nil, received); err == nil {
		s.finish()
		err = <-received
	}
	cancel()
	<-received
	why := err
	if ctx.Err() != nil {
		why = errSilence
	}
	now := time.Since(start)
	for _, due := range s.due {
		s.answers = append(s.answers, Answer{Due: due, Done: now, Failed: why})
	}
	return s.answers, err
}
