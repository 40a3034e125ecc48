package hostile

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// tick is how often an attacker sends what is due.
	tick = time.Millisecond
	// comeback is how long an attacker that was ended stays away.
	comeback = 100 * time.Millisecond
	// burst bounds what an attacker that was held up makes good, in time.
	burst = 10 * time.Millisecond
	// DialPause lies between two connections of an attack: faster, it would be this
	// program's dialling that is measured.
	DialPause = 400 * time.Microsecond
	// lastWords is how long what a server says to an attacker that has stopped is
	// waited for.
	lastWords = 200 * time.Millisecond
)

// Outcome is what became of an attack.
type Outcome struct {
	End         End   // of the first connection that was ended, else of the first whose streams were
	Connections int   // made, over the whole attack
	Ended       int   // of them, by the server
	Steps       int64 // that were carried out
	Bytes       int64 // that were sent
}

// Run attacks a server until stop is closed.
func (a Attack) Run(ctx context.Context, addr string, stop <-chan struct{}) Outcome {
	r := &running{attack: a, addr: addr, stop: stop}
	var done sync.WaitGroup
	for i := range a.Connections {
		done.Go(func() {
			// The first attacks in any case, be the time ever so short.
			if i == 0 || wait(ctx, stop, time.Duration(i)*DialPause) {
				r.attacker(ctx)
			}
		})
	}
	done.Wait()
	r.outcome.Steps, r.outcome.Bytes = r.steps.Load(), r.bytes.Load()
	return r.outcome
}

// running is an attack that goes on.
type running struct {
	attack       Attack
	addr         string
	stop         <-chan struct{}
	steps, bytes atomic.Int64

	mu      sync.Mutex
	outcome Outcome // guarded by mu while attackers run
}

// attacker makes one connection after the other.
func (r *running) attacker(ctx context.Context) {
	for {
		r.connection(ctx)
		if !wait(ctx, r.stop, comeback) {
			return
		}
	}
}

// wait waits; it is false if there is nothing to wait for any more.
func wait(ctx context.Context, stop <-chan struct{}, d time.Duration) bool {
	pause := time.NewTimer(d)
	defer pause.Stop()
	select {
	case <-pause.C:
		return true
	case <-stop:
	case <-ctx.Done():
	}
	return false
}

// connection attacks until the server ends the connection or the attack is over.
func (r *running) connection(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c, err := dial(ctx, r.addr, r.attack.Deaf, &r.bytes)
	r.mu.Lock()
	r.outcome.Connections++
	r.mu.Unlock()
	if err != nil {
		r.add(End{How: Closed})
		return
	}
	if r.attack.Begin != nil {
		r.attack.Begin(c)
	} else {
		c.begin()
	}
	c.flush()
	if !r.attack.Mute {
		c.settle()
	}
	if !r.attack.Deaf {
		go c.read()
	}
	sending, enough := context.WithCancel(ctx)
	defer enough()
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		r.send(sending, c)
	}()
	select {
	case <-r.stop:
	case <-ctx.Done():
	case <-c.over:
	case <-sent: // a write failed
	}
	if r.attack.Deaf { // only now: what it was told is found at the end
		enough()
		_ = c.net.SetDeadline(time.Now())
		<-sent
		_ = c.net.SetDeadline(time.Time{})
		hear(c.net, lastBuffer)
		go c.read()
	}
	// What the server said last may still be on its way.
	timeout := time.NewTimer(lastWords)
	defer timeout.Stop()
	select {
	case <-c.over:
	case <-timeout.C:
	case <-ctx.Done():
	}
	end := c.ended()
	enough()
	cancel() // closes the connection: a write that is stuck ends
	<-sent
	<-c.over
	r.add(end)
}

// add takes what became of a connection.
func (r *running) add(end End) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if end.How >= Closed {
		r.outcome.Ended++
	}
	if end.How > r.outcome.End.How {
		r.outcome.End = end
	}
}

// send carries out the attack on a connection until a write fails or the context
// ends.
func (r *running) send(ctx context.Context, c *Conn) {
	a := r.attack
	c.ask(a.Asks)
	if a.First != nil {
		a.First(c)
	}
	c.flush()
	if a.Step == nil {
		<-ctx.Done()
		return
	}
	interval := time.Duration(float64(time.Second) * float64(a.Connections) / float64(a.Rate))
	clock := time.NewTicker(max(tick, interval))
	defer clock.Stop()
	due := time.Now()
	for i := 0; c.failed == nil; {
		select {
		case <-clock.C:
		case <-ctx.Done():
			return
		}
		now := time.Now()
		if late := now.Add(-max(burst, interval)); due.Before(late) {
			due = late
		}
		for ; !due.After(now) && c.failed == nil; due = due.Add(interval) {
			a.Step(c, i)
			i++
			r.steps.Add(1)
		}
		c.flush()
	}
}
