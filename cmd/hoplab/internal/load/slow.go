package load

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"time"
)

const (
	// slowClients is how many consumers are slow at once.
	slowClients = 3
	// slowBody is what each asks for, in bytes: far more than it will read.
	slowBody = 256 << 20
	// slowWindow is the receive window of their streams in bytes: what they get at
	// once makes an export a stream, not a unary request that is slow.
	slowWindow = 2 << 20
	// slowSip is read every slowPause: not stopped, so that no idle timeout
	// ends it, and far below what the service could send.
	slowSip   = 4 << 10
	slowPause = 5 * time.Second
	// slowPatience is how long a consumer reads before it gives up and begins again:
	// a span is kept when its stream ends, so traces come while the fault is on.
	slowPatience = 20 * time.Second
)

// consume reads large exports very slowly.
func (g *Generator) consume(ctx context.Context) {
	t := newTransport(slowWindow)
	defer t.CloseIdleConnections()
	for ctx.Err() == nil {
		// However it ended (the gateway may reset it), the next one begins.
		g.download(ctx, t, slowPatience)
		sleep(ctx, time.Second)
	}
}

func (g *Generator) download(ctx context.Context, t *http.Transport, patience time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s/orders/export?bytes=%d", g.base, slowBody), nil)
	if err != nil {
		return
	}
	req.Header.Set("traceparent", keptTraceparent())
	resp, err := t.RoundTrip(req)
	if err != nil {
		return
	}
	defer resp.Body.Close()
	for {
		if _, err := io.CopyN(io.Discard, resp.Body, slowSip); err != nil {
			return
		}
		sleep(ctx, slowPause)
	}
}

// keptTraceparent returns the W3C header of a trace that every probabilistic
// sampler keeps: one takes the ids below its share of all 64-bit numbers, and the
// lower half of this id is a number of 40 bits. Three streams among thousands of
// requests would rarely be in a sample, and they are what somebody looks for.
func keptTraceparent() string {
	return fmt.Sprintf("00-%016x%016x-%016x-01", rand.Uint64(), rand.Uint64()>>24|1, rand.Uint64()|1)
}
