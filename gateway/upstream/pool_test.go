package upstream

import (
	"errors"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/http2"

	"github.com/hopscope/hopscope/gateway/config"
	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/conn"
)

func TestPickTakesTheBetterOfTwo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "a:1", "b:1", "c:1")
		r.do(func() {
			if _, err := r.pool.Pick(nil); err != nil {
				t.Error(err)
			}
			for i, e := range r.pool.current {
				e.Bridged(i)
			}
			picked := map[string]int{}
			for range 3000 {
				e, err := r.pool.Pick(nil)
				if err != nil {
					t.Error(err)
					return
				}
				picked[e.Info.Address]++
			}
			// Of three pairs, a wins two, b one and the fullest none.
			if a, b := picked["a:1"], picked["b:1"]; picked["c:1"] != 0 || a < 1800 || b < 800 {
				t.Errorf("picked %v", picked)
			}
			tried := []*event.Endpoint{r.pool.current[0].Info, r.pool.current[1].Info}
			if e, err := r.pool.Pick(tried); err != nil || e.Info.Address != "c:1" {
				t.Errorf("%v, %v after the others were tried", e, err)
			}
			tried = append(tried, r.pool.current[2].Info)
			if _, err := r.pool.Pick(tried); err != ErrAllTried {
				t.Error(err)
			}
		})
	})
}

func TestBackoffGrowsAndResets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "a:1")
		var e *Endpoint
		r.do(func() { e, _ = r.pool.Pick(nil) })
		for n := range 12 {
			r.do(func() {
				e.Fail(errRefused)
				want := min(minBackoff<<n, maxBackoff)
				if d := e.retryAt.Sub(r.work.Loop.Now()); d < want/2 || d > want+want/2 {
					t.Errorf("failure %d: backs off for %v, want about %v", n, d, want)
				}
				if _, err := r.pool.Pick(nil); err != errRefused {
					t.Errorf("picked while backing off: %v", err)
				}
			})
			time.Sleep(2 * maxBackoff)
			r.do(func() {
				if _, err := r.pool.Pick(nil); err != nil {
					t.Errorf("not picked after the back-off: %v", err)
				}
			})
		}
		r.do(func() {
			e.Works()
			e.Fail(errRefused)
			if d := e.retryAt.Sub(r.work.Loop.Now()); d > 2*minBackoff {
				t.Errorf("backs off for %v after a success", d)
			}
		})
	})
}

func TestWaitersGetSlotsInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "a:1")
		r.origin = holding(1)
		var ws []*waiter
		r.do(func() {
			for range maxConns + 3 {
				ws = append(ws, r.enter(t))
			}
		})
		synctest.Wait()
		r.do(func() {
			for i, w := range ws {
				if got := w.stream != nil; got != (i < maxConns) {
					t.Errorf("waiter %d: has a stream: %v", i, got)
				}
			}
			ws[maxConns].endpoint.Leave(ws[maxConns])
			ws[3].stream.Cancel(conn.Cancel)
			if ws[maxConns].stream != nil || ws[maxConns+1].stream == nil || ws[maxConns+2].stream != nil {
				t.Error("the free slot did not go to the first that waits")
			}
		})
		if n := r.dialled(); n != maxConns {
			t.Errorf("%d dials, want %d", n, maxConns)
		}
	})
}

func TestFailedDialTellsThoseWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "a:1")
		r.setRefuse(true)
		var ws []*waiter
		r.do(func() { ws = append(ws, r.enter(t), r.enter(t)) })
		synctest.Wait()
		r.do(func() {
			for i, w := range ws {
				if !errors.Is(w.err, errRefused) || w.err.Error() != "cannot connect to a:1: refused" {
					t.Errorf("waiter %d: %v", i, w.err)
				}
			}
		})
	})
}

// A stream that waits beside a full connection has others dialled, in the rhythm
// of the back-off.
func TestDialsKeepToTheBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "a:1")
		r.origin = holding(1)
		var first, second *waiter
		r.do(func() { first = r.enter(t) })
		synctest.Wait()
		r.setRefuse(true)
		r.do(func() { second = r.enter(t) })
		for range 1000 { // what happens on the connection is no reason to dial
			time.Sleep(10 * time.Millisecond)
			r.do(func() { (*owner)(r.pool.current[0]).Changed(first.stream.Conn()) })
		}
		if n := r.dialled(); n < 5 || n > 16 {
			t.Errorf("%d dials in ten seconds of failure", n)
		}
		r.setRefuse(false)
		time.Sleep(2 * maxBackoff)
		r.do(func() {
			if second.stream == nil || second.err != nil {
				t.Errorf("no slot after the endpoint came back: %v", second.err)
			}
		})
	})
}

// An origin that sends GOAWAY to every stream is not dialled in a loop.
func TestGoAwayLoopBacksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "a:1")
		r.origin = func(_ int, f *http2.Framer) {
			_ = f.WriteSettings()
			for {
				h, err := f.ReadFrame()
				if err != nil {
					return
				}
				if _, ok := h.(*http2.HeadersFrame); ok {
					_ = f.WriteGoAway(0, http2.ErrCodeNo, nil)
				}
			}
		}
		for range 1000 {
			r.do(func() {
				if e, err := r.pool.Pick(nil); err == nil {
					e.Enter(&waiter{})
				}
			})
			time.Sleep(10 * time.Millisecond)
		}
		if n := r.dialled(); n < 5 || n > 30 {
			t.Errorf("%d dials in ten seconds of GOAWAY", n)
		}
	})
}

// An endpoint that is resolved away lets its streams finish; until then its
// connections are known.
func TestEndpointThatIsGoneFinishesItsStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "a:1", "b:1")
		r.origin = holding(1)
		var open, waits *waiter
		var e *Endpoint
		r.do(func() {
			_, _ = r.pool.Pick(nil)
			e = r.pool.current[0]
			open = &waiter{}
			e.Enter(open)
		})
		synctest.Wait()
		conns := func() (n int) {
			r.pool.Each(func(*conn.Conn) { n++ })
			return n
		}
		r.do(func() {
			r.setRefuse(true)
			waits = &waiter{}
			e.Enter(waits)
			left := slices.Clone(r.pool.Cluster.Endpoints())[1:]
			r.pool.Cluster.endpoints.Store(&left)
			if p, err := r.pool.Pick(nil); err != nil || p == e {
				t.Errorf("picked %v, %v", p, err)
			}
			if waits.err != errGone || open.reset || conns() != 1 {
				t.Errorf("the one that waited was told %v; reset %v; %d connections", waits.err, open.reset, conns())
			}
			open.stream.Cancel(conn.Cancel)
		})
		synctest.Wait()
		r.do(func() {
			if conns() != 0 || len(r.pool.known) != 1 {
				t.Errorf("%d connections, %d endpoints are still known", conns(), len(r.pool.known))
			}
		})
	})
}

func TestNamesAreResolved(t *testing.T) {
	c, err := NewCluster(config.Upstream{Name: "web", Protocol: config.H2C, Endpoints: []string{"dns:localhost:4711", "b:1", "dns:53"}},
		&event.UpstreamName{Name: "web"}, 5*time.Second, observer{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var got []string
	for _, e := range c.Endpoints() {
		got = append(got, e.Address)
		if want := map[string]string{"b:1": "b", "dns:53": "dns"}[e.Address]; e.Host != want && (want != "" || e.Host != "localhost") {
			t.Errorf("the host of %s is %q", e.Address, e.Host)
		}
	}
	if got[0] != "b:1" || got[1] != "dns:53" || !slices.Contains(got, "127.0.0.1:4711") && !slices.Contains(got, "[::1]:4711") {
		t.Errorf("endpoints %v", got)
	}
}
