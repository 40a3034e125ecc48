package relay

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"

	"golang.org/x/net/http2"

	"github.com/hopscope/hopscope/gateway/config"
)

// A client that opens streams with large header blocks, all in one batch, makes the
// gateway hold no more than it may: they are held until there is a response, here
// because the origin has not said yet how many streams it takes.
func TestHeldHeaderBlocksCountAsBuffered(t *testing.T) {
	inBubble(t, silent, config.Route{}, func(t *testing.T, g *rig) {
		const limit, value = 22_000, 4000
		g.do(func() { g.w.table.Limits.MaxBufferedBytes = limit })
		g.w.table.Routes[0].Cluster.SetConnect(hang())
		large := strings.Repeat("x", value)
		request := []string{":method", "POST", ":scheme", "http", ":path", "/", ":authority", "a", "x", large}
		p := g.dial()
		const fit = limit/value + 1 // the last passes the limit
		var batch bytes.Buffer
		at := peer{Framer: http2.NewFramer(&batch, nil)}
		for i := range uint32(fit + 2) {
			at.headers(2*i+1, true, request...)
		}
		_, _ = p.nc.Write(batch.Bytes())
		p.expect(t, "rst 13 REFUSED_STREAM", "rst 15 REFUSED_STREAM")
		g.want("0 overload by gateway after 0s", "0 overload by gateway after 0s")
		held := func() (n int64) {
			g.do(func() { n = g.w.link.Env.Buffered })
			return n
		}
		if n := held(); n < fit*value || n > limit+value {
			t.Errorf("%d bytes count as held for %d header blocks of %d", n, fit, value)
		}
		_ = p.WriteRSTStream(1, http2.ErrCodeCancel)
		_ = p.WriteRSTStream(3, http2.ErrCodeCancel)
		g.want("0 client_reset by client after 0s", "0 client_reset by client after 0s")
		before := held()
		p.headers(17, false, request...) // there is room again
		p.headers(17, true, "x", large)
		synctest.Wait()
		if n := held() - before; n < 2*value || n > 2*value+1000 {
			t.Errorf("%d bytes count as held for header and trailers of %d each", n, value)
		}
		p.nc.Close()
		synctest.Wait()
		if n := held(); n != 0 {
			t.Errorf("%d bytes count as held when all is over", n)
		}
	})
}
