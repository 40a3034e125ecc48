package relay

import (
	"errors"
	"time"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/header"
)

// timeouts is an Exchange as the owner of its timer. One timer serves the
// timeout, the idle timeout, the wait for a slot and the progress log of sampled
// streams: it is set to the earliest, and looks at all when it fires.
type timeouts Exchange

// arm sets the deadline of a request: the route's timeout, or grpc-timeout if
// that is shorter.
func (x *Exchange) arm(l *header.List) {
	d := x.route.Timeout
	if x.rec.GRPC {
		if v, ok := l.Get(header.GRPCTimeout); ok {
			if t, ok := parseGRPCTimeout(v); ok && (d == 0 || t < d) {
				d = max(t, 1)
			}
		}
	}
	if d > 0 {
		x.deadline = x.w.now().Add(d)
	}
	x.rearm()
}

// progressEvery is how often a sampled stream that lasts logs how far it is.
const progressEvery = 30 * time.Second

func (x *Exchange) rearm() {
	at := event.Time(0)
	earliest := func(t event.Time) {
		if at == 0 || t < at {
			at = t
		}
	}
	if x.deadline != 0 {
		earliest(x.deadline)
	}
	if x.route != nil && x.route.IdleTimeout > 0 {
		earliest(x.lastActive.Add(x.route.IdleTimeout))
	}
	if x.attempt.waiting {
		earliest(x.rec.Attempt.Begin.Add(x.table.Limits.ConnectTimeout))
	}
	if x.rec.Trace.Sampled {
		age := x.w.now().Sub(x.rec.Begin)
		earliest(x.rec.Begin.Add((age/progressEvery + 1) * progressEvery))
	}
	if at == 0 {
		x.w.link.Loop.Wheel.Stop(&x.timer)
		return
	}
	x.w.link.Loop.Wheel.Set(&x.timer, int64(at))
}

// Fire implements loop.Firer.
func (t *timeouts) Fire() {
	x := (*Exchange)(t)
	now := x.w.now()
	switch {
	case x.deadline != 0 && now >= x.deadline:
		x.mark(event.MarkTimeout, 0)
		x.expire(event.EndTimeout, 504, "the request did not complete in time")
	case x.route != nil && x.route.IdleTimeout > 0 && now >= x.lastActive.Add(x.route.IdleTimeout):
		x.mark(event.MarkIdleKill, 0)
		if !x.request.ended && !x.answered {
			x.expire(event.EndIdle, 408, "the request stalled for longer than the idle timeout")
		} else {
			x.expire(event.EndIdle, 504, "the stream was idle for longer than the idle timeout")
		}
	case x.attempt.waiting && now >= x.rec.Attempt.Begin.Add(x.table.Limits.ConnectTimeout):
		x.endpoint.Leave(x)
		if x.endpoint.Full() {
			x.Failed(errNoSlot)
		} else {
			x.Failed(errNoConnection)
		}
	default:
		if x.rec.Trace.Sampled && now.Sub(x.rec.Begin) >= progressEvery {
			x.mark(event.MarkProgress, int64(x.rec.ResponseBytes))
		}
		x.rearm()
	}
}

// Why nobody took a request that has waited for connect_timeout.
var (
	errNoSlot       = errors.New("no stream slot became free in time")
	errNoConnection = errors.New("no connection could be had in time")
)

func (x *Exchange) expire(reason event.EndReason, status int, text string) {
	x.refuse(refusal{status, reason, text})
}

// parseGRPCTimeout reads a grpc-timeout: at most eight digits and a unit.
func parseGRPCTimeout(v []byte) (time.Duration, bool) {
	if len(v) < 2 || len(v) > 9 {
		return 0, false
	}
	var unit time.Duration
	switch v[len(v)-1] {
	case 'H':
		unit = time.Hour
	case 'M':
		unit = time.Minute
	case 'S':
		unit = time.Second
	case 'm':
		unit = time.Millisecond
	case 'u':
		unit = time.Microsecond
	case 'n':
		unit = time.Nanosecond
	default:
		return 0, false
	}
	var n int64
	for _, c := range v[:len(v)-1] {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	const longest = 1<<63 - 1
	if n > longest/int64(unit) {
		return longest, true
	}
	return time.Duration(n) * unit, true
}
