package gateway

import (
	"net"
	"testing"

	"github.com/hopscope/hopscope/gateway/config"
	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/http1"
	"github.com/hopscope/hopscope/gateway/loop"
)

// told is an http1.Gateway that is told of connections which say nothing.
type told struct {
	http1.Gateway
	tasks chan loop.Task
}

func (g told) Post(t loop.Task) error {
	g.tasks <- t
	return nil
}

// Reloads leave no servers behind but those that still have connections.
func TestServersOverHTTP1GoWithTheirConnections(t *testing.T) {
	var h http1Servers
	t.Cleanup(func() { h.each((*http1.Server).Close) })
	limits := config.Limits{MaxHeaderBytes: 1024}
	reload := func(want int) {
		t.Helper()
		limits.MaxHeaderFields++
		h.limit(&limits)
		h.limit(&limits) // the same again
		if got := len(h.all); got != want {
			t.Errorf("%d servers, want %d", got, want)
		}
	}
	reload(1)
	reload(1)
	ours, theirs := net.Pipe()
	g := told{tasks: make(chan loop.Task, 10)}
	h.serve(theirs, nil, g, &event.Conn{})
	<-g.tasks // it is open
	reload(2)
	reload(2)
	ours.Close()
	<-g.tasks // it is closed
	reload(1)
}
