package relay

import (
	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/conn"
	"github.com/hopscope/hopscope/gateway/h2/header"
	"github.com/hopscope/hopscope/gateway/h2/hpack"
)

// newClientInfo describes the clients of a connection.
func newClientInfo(l *Listener, c *event.Conn) *clientInfo {
	ci := &clientInfo{listener: l, conn: c, trusted: l.Trusted(c.Peer)}
	ci.added.AddRepeated("x-forwarded-for", []byte(hostOf(c.Peer)))
	ci.added.AddRepeated("x-forwarded-proto", []byte(l.Scheme))
	hpack.Index(&ci.added)
	return ci
}

// Fields of clientInfo.added.
const (
	addedFor = iota
	addedProto
)

// prepare changes the request's header block in place into the one for the
// origin: without what ends here, with what the gateway adds. Trace context is
// added for each attempt; of the client's, only tracestate is kept, apart.
func (x *Exchange) prepare(h conn.Head) {
	p, l := &x.w.prepared, h.List
	p.of, p.list, p.tracestate = x, l, p.tracestate[:0]
	scheme, rewrite := x.route.Cluster.Scheme(), x.route.HostRewrite
	fwd := forwarded{chain: x.w.chain[:0]}
	seenScheme, seenAuthority := false, false
	n := 0
	for i := range l.Len() {
		t := l.Token(i)
		switch {
		case t == header.Unknown, t == header.Method, t == header.Path:
		case t == header.Host:
			continue
		case t.IsTrace():
			if t == header.Tracestate {
				p.tracestate = appendTracestate(p.tracestate, l.Value(i))
			}
			continue
		case t >= header.XForwardedFor && t <= header.XForwardedHost:
			if !x.client.trusted || !fwd.keeps(t, l.Value(i)) {
				continue
			}
		}
		l.Keep(n, i)
		switch t {
		case header.Scheme:
			if seenScheme = true; string(l.Value(n)) != scheme {
				l.Replace(n, ":scheme", scheme, 0)
			}
		case header.Authority:
			if seenAuthority = true; rewrite != "" {
				l.Replace(n, ":authority", rewrite, header.Repeated)
			}
		}
		n++
	}
	l.Truncate(n)
	if !seenScheme {
		l.Add(":scheme", scheme)
		l.ToFront(l.Len() - 1)
	}
	authority := h.Request.Authority
	if !seenAuthority && (rewrite != "" || len(authority) > 0) { // it came as host
		if rewrite != "" {
			l.AddRepeated(":authority", []byte(rewrite))
		} else {
			l.AddBytes([]byte(":authority"), authority, false)
		}
		l.ToFront(l.Len() - 1)
	}
	p.common = 0
	if !x.client.trusted && rewrite == "" {
		p.common = l.Len()
	}
	x.addForwarded(l, &fwd, authority)
}

// forwarded is what a trusted proxy has said already.
type forwarded struct {
	chain       []byte // of x-forwarded-for
	proto, host bool
}

// keeps takes note of an x-forwarded field and reports whether it stays as it is.
func (f *forwarded) keeps(t header.Token, value []byte) bool {
	switch t {
	case header.XForwardedFor:
		f.chain = append(append(f.chain, value...), ", "...)
		return false
	case header.XForwardedProto:
		f.proto = true
	case header.XForwardedHost:
		f.host = true
	}
	return true
}

func (x *Exchange) addForwarded(l *header.List, f *forwarded, authority []byte) {
	added := &x.client.added
	if len(f.chain) == 0 {
		l.AddFrom(added, addedFor)
	} else {
		f.chain = append(f.chain, added.Value(addedFor)...)
		l.AddRepeated("x-forwarded-for", f.chain)
	}
	x.w.chain = f.chain
	if !f.proto {
		l.AddFrom(added, addedProto)
	}
	if !f.host && len(authority) > 0 {
		header.AddField(l, forwardedHost, authority, header.Meta{Token: header.XForwardedHost, Flags: header.Repeated})
	}
}

var forwardedHost = []byte("x-forwarded-host")

// hostOf returns a peer address without its port and brackets.
func hostOf(peer string) string {
	for i := len(peer) - 1; i >= 0; i-- {
		if peer[i] == ':' {
			peer = peer[:i]
			break
		}
	}
	if n := len(peer); n > 1 && peer[0] == '[' && peer[n-1] == ']' {
		return peer[1 : n-1]
	}
	return peer
}
