package relay

import (
	"time"

	"github.com/hopscope/hopscope/gateway/config"
	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/route"
	"github.com/hopscope/hopscope/gateway/upstream"
)

// Table is what one configuration says about requests. It is immutable and
// shared by the workers; an exchange keeps the table that it began with.
type Table struct {
	Match  *route.Table
	Routes []Route // by index in the configuration
	Limits config.Limits
}

// Route is a route and where it leads.
type Route struct {
	Event       *event.Route
	Cluster     *upstream.Cluster
	HostRewrite string
	Timeout     time.Duration // 0: none
	IdleTimeout time.Duration // 0: none
	Retry       config.Retry
}

// Listener is what a worker has to know of the listener that a connection came
// from.
type Listener struct {
	Event  *event.Listener
	Scheme string // http or https
	// Trusted reports whether a peer's x-forwarded fields are kept.
	Trusted func(peer string) bool
}
