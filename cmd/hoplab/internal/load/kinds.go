package load

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"google.golang.org/grpc/backoff"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/services/profilesv1"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/services/usersv1"
)

const (
	// bodySize is an exported or imported body in bytes: many windows long.
	bodySize = 512 << 10
	// maxUser bounds the ids of users.
	maxUser = 1000
	// watchLength and watchInterval make a watched stream last about 15 s.
	watchLength   = 60
	watchInterval = 250 * time.Millisecond
	// maxImports is how many uploads are under way at most.
	maxImports = 8
	// maxErrorBody is how much of an error's body is told, in bytes.
	maxErrorBody = 200
)

// kind is one sort of request.
type kind struct {
	name     string
	rate     float64 // per second
	inFlight int
	timeout  time.Duration
	do       func(ctx context.Context, n int, user uint64) error
}

func (g *Generator) kinds() []kind {
	return []kind{
		{"users", g.cfg.Rate, 200, 10 * time.Second, g.getUser},
		{"place", g.cfg.Rate / 10, 50, 10 * time.Second, g.placeOrder},
		{"export", g.cfg.Rate / 20, 16, 30 * time.Second, g.exportOrders},
		// Few at once and for long: stalled uploads must hang, not fail, and leave
		// the connection's window at the service open for others.
		{"import", g.cfg.Rate / 20, maxImports, 4 * time.Minute, g.importOrders},
	}
}

func (g *Generator) getUser(ctx context.Context, n int, user uint64) error {
	_, err := g.users[n%len(g.users)].Get(ctx, &usersv1.GetRequest{Id: user})
	return err
}

func (g *Generator) placeOrder(ctx context.Context, _ int, user uint64) error {
	body := fmt.Appendf(nil, `{"user_id":%d}`, user)
	return g.send(ctx, http.MethodPost, "/orders", bytes.NewReader(body))
}

func (g *Generator) exportOrders(ctx context.Context, _ int, _ uint64) error {
	return g.send(ctx, http.MethodGet, fmt.Sprintf("/orders/export?bytes=%d", bodySize), nil)
}

func (g *Generator) importOrders(ctx context.Context, _ int, _ uint64) error {
	return g.send(ctx, http.MethodPost, "/orders/import", io.LimitReader(zeros{}, bodySize))
}

// send makes a request, reads the whole answer and fails unless it is a 200.
func (g *Generator) send(ctx context.Context, method, path string, body io.Reader) error {
	req, err := http.NewRequestWithContext(ctx, method, g.base+path, body)
	if err != nil {
		return err
	}
	resp, err := g.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody)) // the status is the error
		return fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, bytes.TrimSpace(text))
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

// watcher keeps one profile stream open until the context ends.
func (g *Generator) watcher(ctx context.Context, n int) {
	for ctx.Err() == nil {
		begin := time.Now()
		err := g.watchOnce(ctx, uint64(n%maxUser)+1)
		if ctx.Err() != nil {
			return
		}
		g.stats.add("watch", time.Since(begin), err)
		if err != nil {
			sleep(ctx, time.Second)
		}
	}
}

func (g *Generator) watchOnce(ctx context.Context, user uint64) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	stream, err := g.watch.Watch(ctx, &profilesv1.WatchRequest{
		UserId: user, Count: watchLength, IntervalMs: uint32(watchInterval / time.Millisecond),
	})
	if err != nil {
		return err
	}
	for {
		if _, err := stream.Recv(); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
	}
}

// newTransport speaks HTTP/2 with prior knowledge. A window above 0 is the
// receive window of a stream in bytes; 0 is the library's own.
func newTransport(window int) *http.Transport {
	p := new(http.Protocols)
	p.SetUnencryptedHTTP2(true)
	return &http.Transport{
		Protocols: p,
		HTTP2:     &http.HTTP2Config{MaxReceiveBufferPerStream: window},
	}
}

func quickBackoff() backoff.Config {
	return backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 2 * time.Second}
}

// sleep returns early when the context ends.
func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// zeros is an endless body.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
