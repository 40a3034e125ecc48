package relay

import (
	"net"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/conn"
)

// Accepted is a task: a worker takes over a downstream connection.
type Accepted struct {
	Worker   *Worker
	Conn     net.Conn
	Head     []byte // read from Conn before
	Listener *Listener
}

// Run implements loop.Task.
func (a Accepted) Run() { a.Worker.Accept(a) }

// Cancel implements loop.Canceller.
func (a Accepted) Cancel() {
	a.Conn.Close()
	a.Worker.shared.Connections.Add(-1)
}

// Reload is a task: a worker takes over a configuration.
type Reload struct {
	Worker *Worker
	Table  *Table
	Done   func() // called when it has
}

// Run implements loop.Task.
func (r Reload) Run() {
	r.Worker.SetTable(r.Table)
	r.Done()
}

// Cancel implements loop.Canceller.
func (r Reload) Cancel() { r.Done() }

// Phase is a step of a drain.
type Phase uint8

// The phases, in order.
const (
	// DrainBegin sends each client the first GOAWAY and a PING.
	DrainBegin Phase = iota
	// DrainStop sends the GOAWAY with the real last id to those who have not
	// answered.
	DrainStop
	// DrainEnd resets what is still open and ends the loop when its peers have had
	// a moment to take what was sent to them.
	DrainEnd
	// DrainAbort resets what is still open and ends the loop at once.
	DrainAbort
)

// Drain is a task: a worker takes a step of a drain.
type Drain struct {
	Worker *Worker
	Phase  Phase
	Done   func() // called when it has
}

// Run implements loop.Task.
func (d Drain) Run() {
	d.Worker.drainStep(d.Phase)
	d.Done()
}

// Cancel implements loop.Canceller.
func (d Drain) Cancel() { d.Done() }

// DropListener is a task: the connections of a listener that a reload removed
// are drained.
type DropListener struct {
	Worker   *Worker
	Listener *event.Listener
}

// Run implements loop.Task.
func (d DropListener) Run() {
	for _, c := range d.Worker.downs {
		if c.info.listener.Event == d.Listener {
			c.drain(event.CloseReplaced)
		}
	}
	for info, c := range d.Worker.http1 {
		if info.Listener == d.Listener && c.drainAt == 0 {
			c.drain(d.Worker.now(), event.CloseReplaced)
		}
	}
}

type drainState struct {
	on     bool
	ending bool // the loop ends when no socket lingers
}

func (w *Worker) drainStep(p Phase) {
	switch p {
	case DrainBegin:
		w.drain.on = true
		for _, d := range w.downs {
			d.drain(event.CloseDrain)
		}
	case DrainStop:
		for c, d := range w.downs {
			if d.mayAsk() {
				continue // the sweep follows
			}
			if c.AwaitsDrainPing() {
				w.sink.PingTimeout(c.Info)
			}
			c.DrainNow(event.CloseDrain)
		}
	case DrainEnd, DrainAbort:
		for x := w.exchanges; x != nil; {
			next := x.next
			x.end(event.EndDrain, event.ByGateway, conn.Cancel)
			x.abort(conn.Cancel)
			x = next
		}
		for c := range w.downs {
			c.Abort(event.CloseDrain)
		}
		for _, p := range w.pools {
			p.Each(func(c *conn.Conn) { c.Abort(event.CloseDrain) })
		}
		w.drain.ending, w.quit = p == DrainEnd, p == DrainAbort
	}
}
