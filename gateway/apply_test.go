package gateway

import (
	"testing"

	"github.com/hopscope/hopscope/gateway/config"
)

// Connections that have said nothing take at most half of the room.
func TestPendingConnectionsLeaveRoomForOthers(t *testing.T) {
	for _, c := range []struct{ configured, all, want int64 }{
		{10000, 0, 10000}, {10000, 30000, 10000}, {10000, 1000, 500}, {50, 1000, 50}, {50, 1, 1},
	} {
		if n := maxPending(&config.Limits{MaxPendingConnections: c.configured}, c.all); n != c.want {
			t.Errorf("%d configured, %d in all: %d, want %d", c.configured, c.all, n, c.want)
		}
	}
}
