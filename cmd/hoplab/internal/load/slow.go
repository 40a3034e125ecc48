package load

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

const (
	// slowClients is how many consumers are slow at once.
	slowClients = 3
	// slowBody is what each asks for, in bytes: far more than it will read.
	slowBody = 256 << 20
	// slowWindow is the receive window of their streams in bytes.
	slowWindow = 64 << 10
	// slowSip is read every slowPause: not stopped, so that no idle timeout
	// ends it, and far below what the service could send.
	slowSip   = 4 << 10
	slowPause = 5 * time.Second
)

// consume reads large exports very slowly.
func (g *Generator) consume(ctx context.Context) {
	t := newTransport(slowWindow)
	defer t.CloseIdleConnections()
	for ctx.Err() == nil {
		// However it ended (the gateway may reset it), the next one begins.
		g.download(ctx, t)
		sleep(ctx, time.Second)
	}
}

func (g *Generator) download(ctx context.Context, t *http.Transport) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s/orders/export?bytes=%d", g.base, slowBody), nil)
	if err != nil {
		return
	}
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
