package load

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/fault"
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

// SlowConsumer is the name of the load's fault.
const SlowConsumer = "slow-consumer"

// Faults returns what the load can be made to do wrong.
func (g *Generator) Faults() []fault.Fault {
	return []fault.Fault{{
		Name: SlowConsumer, About: "three clients ask orders for large bodies and hardly read them",
		Apply: func(_ context.Context, on bool) error {
			g.slow.set(on)
			return nil
		},
	}}
}

// slowConsumers are clients that read large exports very slowly.
type slowConsumers struct {
	base string

	// Guarded by mu.
	mu     sync.Mutex
	cancel context.CancelFunc // nil while they are off
	wg     sync.WaitGroup
}

func (s *slowConsumers) set(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case on && s.cancel == nil:
		var ctx context.Context
		ctx, s.cancel = context.WithCancel(context.Background())
		for range slowClients {
			s.wg.Go(func() { s.consume(ctx) })
		}
	case !on && s.cancel != nil:
		s.cancel()
		s.cancel = nil
		s.wg.Wait()
	}
}

func (s *slowConsumers) consume(ctx context.Context) {
	t := newTransport(slowWindow)
	defer t.CloseIdleConnections()
	for ctx.Err() == nil {
		// However it ended (the gateway may reset it), the next one begins.
		s.download(ctx, t)
		sleep(ctx, time.Second)
	}
}

func (s *slowConsumers) download(ctx context.Context, t *http.Transport) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s/orders/export?bytes=%d", s.base, slowBody), nil)
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
