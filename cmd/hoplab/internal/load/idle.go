package load

import (
	"context"
	"time"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/services/profilesv1"
)

const (
	// idleClients is how many streams are idle at once.
	idleClients = 24
	// idleInterval is the time between two messages of such a stream: longer than
	// any idle timeout that the demo's gateway has.
	idleInterval = time.Minute
	// idlePause is how long a client waits before it opens its stream again.
	idlePause = time.Second
)

// idle keeps a stream open on which nothing moves.
func (g *Generator) idle(ctx context.Context) {
	for ctx.Err() == nil {
		stream, err := g.watch.Watch(ctx, &profilesv1.WatchRequest{
			UserId: 1, Count: watchLength, IntervalMs: uint32(idleInterval / time.Millisecond),
		})
		// However it ended: that the gateway ends it is what the fault is about.
		for err == nil {
			_, err = stream.Recv()
		}
		sleep(ctx, idlePause)
	}
}
