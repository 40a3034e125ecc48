package load

import (
	"context"
	"sync"
)

// crew is a number of goroutines that do the same until they are told to stop.
type crew struct {
	n    int
	work func(ctx context.Context) // returns when ctx ends

	// Guarded by mu.
	mu     sync.Mutex
	cancel context.CancelFunc // nil while they are off
	wg     sync.WaitGroup
}

// set begins or ends the work, and waits for its end.
func (c *crew) set(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case on && c.cancel == nil:
		var ctx context.Context
		ctx, c.cancel = context.WithCancel(context.Background())
		for range c.n {
			c.wg.Go(func() { c.work(ctx) })
		}
	case !on && c.cancel != nil:
		c.cancel()
		c.cancel = nil
		c.wg.Wait()
	}
}
