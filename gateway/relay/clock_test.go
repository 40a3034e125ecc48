package relay

import (
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hopscope/hopscope/gateway/config"
	"github.com/hopscope/hopscope/gateway/event"
)

// jumps is a clock that a test can move.
type jumps struct{ ahead atomic.Int64 }

func (j *jumps) clock() *event.Clock {
	start := time.Now()
	return event.ClockFrom(start, func() time.Duration { return time.Since(start) + time.Duration(j.ahead.Load()) },
		func() time.Duration { return 0 })
}

// jump moves the clock, and wakes the worker.
func (j *jumps) jump(g *rig, d time.Duration) {
	j.ahead.Add(int64(d))
	g.do(func() {})
}

// answering answers each request when told to, and PINGs at once.
func answering(answer <-chan struct{}) func(*peer) {
	return func(p *peer) {
		p.alive.Store(true)
		id := uint32(1)
		for line := range p.lines {
			if !strings.HasPrefix(line, "headers ") {
				continue
			}
			<-answer
			p.headers(id, true, ":status", "200")
			id += 2
		}
	}
}

// Time that passed while nobody ran, as when a machine is paused: a stream without
// a timeout goes on, because its peers are asked before they are given up.
func TestStreamsOutlastALongPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var j jumps
		answer := make(chan struct{}, 2)
		g := newRigOn(j.clock(), t, answering(answer), config.Route{})
		g.do(func() {
			g.w.table.Limits.PingAfter, g.w.table.Limits.PingTimeout = 20*time.Second, 10*time.Second
		})
		p := g.dial()
		p.alive.Store(true)
		p.request(1, true)
		synctest.Wait()
		for range 3 {
			j.jump(g, 1000*time.Hour)
			time.Sleep(30 * time.Second) // sweeps, PINGs and answers
		}
		g.want()
		answer <- struct{}{}
		p.expect(t, "headers 1 200")
		p.request(3, true)
		answer <- struct{}{}
		p.expect(t, "headers 3 200")
		g.do(func() {
			if g.sink.pingTimeouts != 0 {
				t.Errorf("%d PING timeouts", g.sink.pingTimeouts)
			}
		})
	})
}

// Those with a timeout have it, once, and the worker goes on.
func TestTimeoutsAreDueAfterALongPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var j jumps
		answer := make(chan struct{}, 1)
		g := newRigOn(j.clock(), t, answering(answer), config.Route{Timeout: time.Minute, IdleTimeout: time.Hour})
		p := g.dial()
		p.request(1, true)
		synctest.Wait()
		j.jump(g, 1000*time.Hour)
		p.expect(t, "headers 1 504")
		answer <- struct{}{} // of the first, which nobody waits for
		p.request(3, true)
		answer <- struct{}{}
		p.expect(t, "headers 3 200")
		g.want("504 timeout by gateway after 1000h0m0s", "200 completed by upstream after 0s")
	})
}
