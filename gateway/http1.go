package gateway

import (
	"log"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/hopscope/hopscope/gateway/config"
	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/http1"
)

// http1IdleTimeout is how long a client that speaks HTTP/1.1 may take between two
// requests.
const http1IdleTimeout = 3 * time.Minute

// http1Servers speak HTTP/1.1 with clients: one by the limits in force, which takes
// new connections, and those by earlier ones. Like over HTTP/2, a connection keeps
// the limits that it began with.
type http1Servers struct {
	log *log.Logger

	mu  sync.RWMutex
	all []*http1.Server // guarded by mu; the last takes connections
}

// limit puts limits in force for the connections that follow, and lets go of the
// servers that have none any more.
func (h *http1Servers) limit(l *config.Limits) {
	o := http1.Options{
		MaxHeaderBytes: int(l.MaxHeaderBytes), MaxHeaderFields: int(l.MaxHeaderFields),
		SlowPeerRate: l.SlowPeerRate, SlowPeerTimeout: l.SlowPeerTimeout,
		Window: int(l.StreamWindow), ReadHeaderTimeout: l.HeaderTimeout, IdleTimeout: http1IdleTimeout,
		ErrorLog: h.log,
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if n := len(h.all); n > 0 && h.all[n-1].Options() == o {
		return
	}
	h.all = slices.DeleteFunc(h.all, func(s *http1.Server) bool {
		if !s.Unused() {
			return false
		}
		s.Close()
		return true
	})
	h.all = append(h.all, http1.NewServer(o))
}

// serve takes over a connection, see [http1.Server.Serve].
func (h *http1Servers) serve(nc net.Conn, head []byte, g http1.Gateway, c *event.Conn) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	h.all[len(h.all)-1].Serve(nc, head, g, c)
}

// each calls f of every server. No reload, and so no limit, follows where a drain has
// begun.
func (h *http1Servers) each(f func(*http1.Server)) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for _, s := range h.all {
		f(s)
	}
}
