package relay

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/http2"

	"github.com/hopscope/hopscope/gateway/config"
	"github.com/hopscope/hopscope/gateway/h2/conn"
)

// silent reads and never answers.
func silent(p *peer) {
	for range p.lines {
	}
}

func inBubble(t *testing.T, origin func(*peer), r config.Route, f func(t *testing.T, g *rig)) {
	synctest.Test(t, func(t *testing.T) { f(t, newRig(t, origin, r)) })
}

func (p *peer) expect(t *testing.T, lines ...string) {
	t.Helper()
	for _, want := range lines {
		if got := <-p.lines; got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
}

func TestTimeoutBoundsTheWholeRequest(t *testing.T) {
	inBubble(t, silent, config.Route{Timeout: 10 * time.Second, IdleTimeout: time.Minute}, func(t *testing.T, g *rig) {
		p := g.dial()
		p.request(1, false)
		for range 9 { // it is not idle
			time.Sleep(time.Second)
			_ = p.WriteData(1, false, []byte("x"))
		}
		g.want()
		p.expect(t, "headers 1 504")
		g.want("504 timeout by gateway after 10s")
	})
}

func TestIdleTimeoutBeginsAnewWithEachFrame(t *testing.T) {
	inBubble(t, silent, config.Route{IdleTimeout: 10 * time.Second}, func(t *testing.T, g *rig) {
		p := g.dial()
		p.request(1, false)
		for range 5 {
			time.Sleep(9 * time.Second)
			_ = p.WriteData(1, false, []byte("x"))
		}
		p.expect(t, "headers 1 408")
		g.want("408 idle by gateway after 55s")
	})
}

// A stalled response is ended by the idle timeout, and with it its stall.
func TestIdleTimeoutEndsAStalledResponse(t *testing.T) {
	inBubble(t, func(p *peer) {
		for range p.lines {
			p.headers(1, false, ":status", "200")
			_ = p.WriteData(1, false, make([]byte, 1000))
		}
	}, config.Route{IdleTimeout: 10 * time.Second}, func(t *testing.T, g *rig) {
		p := g.dial(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 100})
		p.request(1, true)
		p.expect(t, "headers 1 200")
		synctest.Wait()
		g.do(func() {
			if g.sink.stalls != 1 {
				t.Errorf("%d stalls", g.sink.stalls)
			}
		})
		p.expect(t, "rst 1 CANCEL")
		g.want("200 idle by gateway after 10s")
	})
}

func TestRefusalIsKeptForFiveSeconds(t *testing.T) {
	inBubble(t, silent, config.Route{Timeout: time.Second}, func(t *testing.T, g *rig) {
		p := g.dial(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0})
		p.request(1, true)
		p.expect(t, "headers 1 504", "rst 1 CANCEL")
		g.want("504 timeout by gateway after 6s")
	})
}

// An origin that accepts and then hangs costs the connect timeout, not the idle
// timeout.
func TestOriginWithoutSettingsIsUnreachable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t, nil, config.Route{IdleTimeout: time.Hour})
		g.w.table.Routes[0].Cluster.SetConnect(hang())
		p := g.dial()
		p.request(1, true)
		p.expect(t, "headers 1 503")
		g.want("503 upstream_unreachable by upstream after 5s")
		time.Sleep(2 * time.Second)
		g.do(func() {
			if len(g.w.pools) != 1 || g.w.stats().Conns[0].Conn.Endpoint != nil {
				t.Errorf("the silent connection is kept: %+v", g.w.stats().Conns)
			}
		})
	})
}

// An origin that works on as many streams as it takes, on as many connections as
// one may have, is not unreachable.
func TestOriginThatIsFullHasNoStreamSlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t, silent, config.Route{IdleTimeout: time.Hour})
		g.takes = []http2.Setting{{ID: http2.SettingMaxConcurrentStreams, Val: 1}}
		p := g.dial()
		for i := range uint32(11) {
			p.request(2*i+1, true)
			synctest.Wait()
		}
		p.expect(t, "headers 21 503")
		g.want("503 no_stream_slot by upstream after 5s")
	})
}

// The answered upload that goes on gets a moment; RFC 9113 §8.1.
func TestAnsweredUploadLingers(t *testing.T) {
	inBubble(t, func(p *peer) {
		for range p.lines {
			p.headers(1, true, ":status", "200")
		}
	}, config.Route{}, func(t *testing.T, g *rig) {
		p := g.dial()
		p.request(1, false)
		p.expect(t, "headers 1 200")
		begin := time.Now()
		g.want("200 completed by upstream after 0s")
		p.expect(t, "rst 1 NO_ERROR")
		if d := time.Since(begin); d < time.Second || d > 3*time.Second {
			t.Errorf("it lingered for %v", d)
		}
	})
}

// What a client sends before it can know that its listener is gone is served.
func TestRemovedListenerDrainsInTwoSteps(t *testing.T) {
	inBubble(t, func(p *peer) {
		for id := uint32(1); <-p.lines != ""; id += 2 {
			p.headers(id, true, ":status", "200")
		}
	}, config.Route{}, func(t *testing.T, g *rig) {
		p := g.dial()
		p.request(1, true)
		p.expect(t, "headers 1 200")
		g.do(func() {
			for _, d := range g.w.downs {
				DropListener{Worker: g.w, Listener: d.info.listener.Event}.Run()
			}
		})
		p.expect(t, "goaway 2147483647")
		p.request(3, true)
		p.expect(t, "headers 3 200", "goaway 3") // its PING was not answered
		if got, more := <-p.lines; more {
			t.Errorf("got %q, want the end", got)
		}
	})
}

func TestDrainHasItsPhases(t *testing.T) {
	inBubble(t, silent, config.Route{}, func(t *testing.T, g *rig) {
		p := g.dial()
		p.request(1, true)
		synctest.Wait()
		g.do(func() { g.w.drainStep(DrainBegin) })
		p.expect(t, "goaway 2147483647")
		p.request(3, true) // on its way; it is taken
		synctest.Wait()
		g.do(func() { g.w.drainStep(DrainStop) })
		p.expect(t, "goaway 3")
		p.request(5, false) // ignored
		_ = p.WriteData(5, true, []byte("x"))
		synctest.Wait()
		g.do(func() {
			if g.w.open != 2 || g.w.shared.Downstream.Load() != 1 {
				t.Errorf("%d streams on %d connections", g.w.open, g.w.shared.Downstream.Load())
			}
			g.w.drainStep(DrainAbort)
			g.w.quit = false // to look at what is left
		})
		p.expect(t, "rst 3 CANCEL", "rst 1 CANCEL")
		g.want("0 drain by gateway after 0s", "0 drain by gateway after 0s")
	})
}

// A client that has just connected gets its first request answered, and only who
// asks nothing for a second is told to go without.
func TestDrainLetsANewClientAsk(t *testing.T) {
	inBubble(t, func(p *peer) {
		for range p.lines {
			p.headers(1, true, ":status", "200")
		}
	}, config.Route{}, func(t *testing.T, g *rig) {
		asks, silent := g.dial(), g.dial()
		synctest.Wait()
		begin := time.Now()
		g.do(func() { g.w.drainStep(DrainBegin) })
		g.do(func() { g.w.drainStep(DrainStop) })
		time.Sleep(pingWait / 2)
		asks.request(1, true)
		asks.expect(t, "goaway 2147483647", "headers 1 200")
		silent.expect(t, "goaway 0")
		asks.expect(t, "goaway 1")
		if d := time.Since(begin); d < pingWait || d > 3*pingWait {
			t.Errorf("the end came after %v", d)
		}
		g.want("200 completed by upstream after 0s")
	})
}

// However many requests the orderly end of a connection refuses, all are sent
// again: the budget is for an origin in trouble.
func TestOrderlyGoAwayCostsNoBudget(t *testing.T) {
	const clients, streams = 3, 90
	var read atomic.Int64
	inBubble(t, func(p *peer) {
		again := read.Load() == clients*streams
		for line := range p.lines {
			if !again {
				if read.Add(1) == clients*streams {
					_ = p.WriteGoAway(0, http2.ErrCodeNo, nil)
				}
				continue
			}
			var id uint32
			if _, err := fmt.Sscanf(line, "headers %d", &id); err == nil {
				p.headers(id, true, ":status", "200")
			}
		}
	}, config.Route{Retry: config.RetrySafe}, func(t *testing.T, g *rig) {
		for range clients {
			p := g.dial()
			for n := range streams {
				p.request(uint32(2*n+1), true)
			}
		}
		synctest.Wait()
		time.Sleep(time.Second)
		g.do(func() {
			if len(g.sink.ends) != clients*streams {
				t.Errorf("%d requests ended, want %d", len(g.sink.ends), clients*streams)
			}
			for _, end := range g.sink.ends {
				if !strings.HasPrefix(end, "200 completed") {
					t.Errorf("a request ended %q", end)
					break
				}
			}
		})
	})
}

func TestUnusedConnectionsAreClosedInOrder(t *testing.T) {
	inBubble(t, func(p *peer) {
		for range p.lines {
			p.headers(1, true, ":status", "200")
		}
	}, config.Route{}, func(t *testing.T, g *rig) {
		synctest.Wait()
		g.do(func() { g.w.table.Limits.IdleConnectionTimeout = time.Minute })
		p := g.dial()
		time.Sleep(50 * time.Second)
		p.request(1, true)
		p.expect(t, "headers 1 200")
		begin := time.Now()
		p.expect(t, "goaway 2147483647", "goaway 1") // it may have sent a request before it read the first
		if d := time.Since(begin).Round(time.Second); d < time.Minute || d > 63*time.Second {
			t.Errorf("closed after %v without a stream", d)
		}
		if line, open := <-p.lines; open {
			t.Errorf("got %q, want the end", line)
		}
		g.want("200 completed by upstream after 0s")
		g.do(func() {
			for _, pool := range g.w.pools {
				pool.Each(func(*conn.Conn) { t.Error("the connection to the origin is still there") })
			}
		})
	})
}

// An origin that hangs, and says so by its silence, costs neither the idle timeout
// nor the streams that come after.
func TestHungOriginIsFoundOutByAPing(t *testing.T) {
	inBubble(t, silent, config.Route{IdleTimeout: time.Hour}, func(t *testing.T, g *rig) {
		synctest.Wait()
		g.do(func() {
			g.w.table.Limits.PingAfter, g.w.table.Limits.PingTimeout = 20*time.Second, 10*time.Second
		})
		p := g.dial()
		p.alive.Store(true)
		p.request(1, true)
		p.expect(t, "headers 1 502")
		synctest.Wait()
		g.do(func() {
			if len(g.sink.ends) != 1 || !strings.HasPrefix(g.sink.ends[0], "502 upstream_gone by upstream after 3") {
				t.Errorf("ended %q", g.sink.ends)
			}
			if g.sink.pingTimeouts != 1 {
				t.Errorf("%d PING timeouts", g.sink.pingTimeouts)
			}
		})
	})
}
