package upstream

import (
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/http2"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/conn"
)

// opened is a pool for one endpoint, whose connections it looks at.
type opened struct {
	*rig
	t *testing.T
}

// enter asks for a stream and lets everything come to rest.
func (o opened) enter() (w *waiter) {
	o.t.Helper()
	o.do(func() { w = o.rig.enter(o.t) })
	synctest.Wait()
	return w
}

// want says why the connections were opened, in their order.
func (o opened) want(reasons ...event.OpenReason) {
	o.t.Helper()
	o.do(func() {
		var got []event.OpenReason
		o.pool.Each(func(c *conn.Conn) { got = append(got, c.Info.OpenedFor) })
		for i, r := range reasons {
			if len(got) != len(reasons) || got[i] != r {
				o.t.Fatalf("connections were opened for %v, want %v", got, reasons)
			}
		}
	})
}

// first returns the oldest connection; on the loop's goroutine.
func (o opened) first() *conn.Conn { return o.pool.current[0].conns[0] }

func TestConnectionsKnowWhyTheyWereOpened(t *testing.T) {
	cases := map[event.OpenReason]func(opened){
		event.OpenFirst: func(o opened) {
			o.enter()
			o.want(event.OpenFirst)
		},
		event.OpenSlots: func(o opened) {
			o.origin = holding(1)
			o.enter()
			o.enter()
			o.want(event.OpenFirst, event.OpenSlots)
		},
		event.OpenPing: func(o opened) {
			o.pool.cfg.PingAfter, o.pool.cfg.PingTimeout = time.Second, time.Minute
			o.enter()
			for range 3 { // it is asked, and the answer is awaited for longer than a second
				time.Sleep(2 * time.Second)
				o.do(func() { o.first().Sweep(o.work.Loop.Now()) })
			}
			o.enter()
			o.want(event.OpenFirst, event.OpenPing)
		},
		event.OpenGoAway: func(o opened) {
			o.origin = func(n int, f *http2.Framer) {
				_ = f.WriteSettings()
				for n == 0 {
					h, err := f.ReadFrame()
					if err != nil {
						return
					}
					if _, ok := h.(*http2.HeadersFrame); ok {
						_ = f.WriteGoAway(1, http2.ErrCodeNo, nil) // and the stream stays open
					}
				}
				holding(100)(n, f)
			}
			open := o.enter()
			o.enter()
			o.want(event.OpenFirst, event.OpenGoAway)
			o.do(func() { open.stream.Cancel(conn.Cancel) })
			synctest.Wait()
			o.want(event.OpenGoAway)
		},
		event.OpenLost: func(o opened) {
			o.origin = func(n int, f *http2.Framer) {
				if n > 0 {
					holding(100)(n, f)
					return
				}
				_ = f.WriteSettings()
				for {
					if h, err := f.ReadFrame(); err != nil || h.Header().Type == http2.FramePing {
						return
					}
				}
			}
			o.enter()
			time.Sleep(2 * minLife)
			o.do(func() { o.first().Ping([8]byte{1}) }) // the origin ends at that
			synctest.Wait()
			o.enter()
			o.want(event.OpenLost)
		},
		event.OpenIdle: func(o opened) {
			w := o.enter()
			time.Sleep(2 * minLife)
			o.do(func() {
				w.stream.Cancel(conn.Cancel)
				o.first().DrainNow(event.CloseIdle)
			})
			synctest.Wait()
			o.want()
			o.enter()
			o.want(event.OpenIdle)
		},
		event.OpenRetry: func(o opened) {
			o.setRefuse(true)
			o.enter()
			o.setRefuse(false)
			time.Sleep(2 * maxBackoff)
			o.enter()
			o.want(event.OpenRetry)
		},
	}
	for r := range event.NumOpenReasons {
		t.Run(r.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := opened{newRig(t, "a:1"), t}
				o.origin = holding(100)
				cases[r](o)
			})
		})
	}
}

// What is wrong with the connections that there are says more than how earlier
// ones ended.
func TestReasonsAreThoseOfTheMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := opened{newRig(t, "a:1"), t}
		o.origin = holding(1)
		o.enter()
		o.setRefuse(true)
		o.enter() // is refused a connection, and waits
		o.setRefuse(false)
		time.Sleep(2 * maxBackoff)
		synctest.Wait()
		o.want(event.OpenFirst, event.OpenSlots)
		// Lost, and the worker asks for another before it has put the old one away.
		o.do(func() {
			for _, c := range o.pool.current[0].conns {
				c.Lost(event.ClosePeer, nil)
			}
			o.rig.enter(t)
		})
		synctest.Wait()
		o.want(event.OpenLost)
	})
}
