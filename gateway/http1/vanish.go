package http1

import (
	"net"
	"sync/atomic"
	"time"

	"github.com/hopscope/hopscope/gateway/h2/conn"
	"github.com/hopscope/hopscope/gateway/h2/stream"
)

// Patience is how long an endpoint's system may be silent while a request is open.
// HTTP/1.1 has no PING: the kernel's keep-alive probes stand for it.
type Patience struct {
	After   time.Duration // of silence it is asked; 0: never
	Timeout time.Duration // for an answer
}

// leastProbePause is the shortest pause between two probes that systems know.
const leastProbePause = time.Second

// probe has the kernel ask the peer of a connection after a silence. Should nobody
// call Vanished, the kernel ends the connection soon after that would have.
func (p Patience) probe(nc net.Conn) {
	tcp := socketOf(nc)
	if tcp == nil || p.After <= 0 {
		return
	}
	pause := max(p.Timeout/4, leastProbePause)
	_ = tcp.SetKeepAliveConfig(net.KeepAliveConfig{ // without it, it is as patient as the system
		Enable: true, Idle: p.After, Interval: pause, Count: int(p.Timeout/pause) + 4,
	})
}

// socketOf returns the TCP socket below a connection; nil: there is none.
func socketOf(nc net.Conn) *net.TCPConn {
	if t, ok := nc.(interface{ NetConn() net.Conn }); ok {
		nc = t.NetConn()
	}
	tcp, _ := nc.(*net.TCPConn)
	return tcp
}

// socket is the one that a request was sent on. It is safe for concurrent use.
type socket struct{ tcp atomic.Pointer[net.TCPConn] }

// Vanished reports whether the endpoint's system has not answered for so long what
// it was sent, or was asked. A window that stays shut is an answer. It is called now
// and then; the kernel is not asked about an endpoint of which something was read
// since the last time.
func (o *Origin) Vanished(p Patience) bool {
	if o.heard {
		o.heard = false
		return false
	}
	tcp := o.progress.socket.tcp.Load()
	return tcp != nil && p.After > 0 && !o.over && silent(tcp, p.After+p.Timeout)
}

// Lost ends the request because its endpoint has vanished. Its handler is told.
func (o *Origin) Lost() {
	lost{to: to{&o.bridge}, code: conn.InternalError, cause: stream.ConnLost, err: errVanished}.Run()
	o.halt()
}
