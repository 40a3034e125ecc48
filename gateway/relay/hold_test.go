package relay

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/hopscope/hopscope/gateway/config"
	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/conn"
	"github.com/hopscope/hopscope/gateway/h2/header"
	"github.com/hopscope/hopscope/gateway/h2/rule"
	"github.com/hopscope/hopscope/gateway/loop"
	"github.com/hopscope/hopscope/gateway/upstream"
)

// write returns a list's fields, one line each.
func write(l *header.List) (s string) {
	for i := range l.Len() {
		s += fmt.Sprintf("%s: %s\n", l.Name(i), l.Value(i))
	}
	return s
}

// The header block for the origin, and the same again from what is held for a
// later attempt.
func TestHeaderBlockForTheOrigin(t *testing.T) {
	pseudo := []string{":method", "GET", ":scheme", "https", ":path", "/p"}
	for _, c := range []struct {
		name       string
		fields     []string
		trusted    bool
		rewrite    string
		want       string
		tracestate string
	}{
		{
			name:   "what is usual",
			fields: []string{":authority", "a", "user-agent", "x"},
			want:   ":method: GET\n:scheme: http\n:path: /p\n:authority: a\nuser-agent: x\nx-forwarded-for: 10.0.0.1\nx-forwarded-proto: https\nx-forwarded-host: a\n",
		},
		{
			name:   "the authority came as host",
			fields: []string{"host", "a", "te", "trailers"},
			want:   ":authority: a\n:method: GET\n:scheme: http\n:path: /p\nte: trailers\nx-forwarded-for: 10.0.0.1\nx-forwarded-proto: https\nx-forwarded-host: a\n",
		},
		{
			name:   "a stranger's word on who asks",
			fields: []string{":authority", "a", "x-forwarded-for", "1.1.1.1", "x-forwarded-proto", "ftp", "x-forwarded-host", "evil"},
			want:   ":method: GET\n:scheme: http\n:path: /p\n:authority: a\nx-forwarded-for: 10.0.0.1\nx-forwarded-proto: https\nx-forwarded-host: a\n",
		},
		{
			name: "a trusted proxy's", trusted: true,
			fields: []string{":authority", "a", "x-forwarded-for", "1.1.1.1", "x-forwarded-proto", "http", "x-forwarded-for", "2.2.2.2", "x-forwarded-host", "outer"},
			want:   ":method: GET\n:scheme: http\n:path: /p\n:authority: a\nx-forwarded-proto: http\nx-forwarded-host: outer\nx-forwarded-for: 1.1.1.1, 2.2.2.2, 10.0.0.1\n",
		},
		{
			name: "the route rewrites the host", rewrite: "inner",
			fields: []string{":authority", "a", "host", "a"},
			want:   ":method: GET\n:scheme: http\n:path: /p\n:authority: inner\nx-forwarded-for: 10.0.0.1\nx-forwarded-proto: https\nx-forwarded-host: a\n",
		},
		{
			name:   "trace context of every kind",
			fields: []string{":authority", "a", "traceparent", "00-1", "tracestate", "a=1", "b3", "0", "uber-trace-id", "1:2:3:1", "tracestate", "b=2", "z", "1"},
			want:   ":method: GET\n:scheme: http\n:path: /p\n:authority: a\nz: 1\nx-forwarded-for: 10.0.0.1\nx-forwarded-proto: https\nx-forwarded-host: a\n",

			tracestate: "a=1,b=2",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := newHeldExchange(t, c.trusted, c.rewrite)
			l := new(header.List)
			fields := append(append([]string(nil), pseudo...), c.fields...)
			for i := 0; i < len(fields); i += 2 {
				l.Add(fields[i], fields[i+1])
			}
			request, broken := header.ValidateRequest(l)
			if broken != rule.None {
				t.Fatal(broken)
			}
			x.prepare(conn.Head{List: l, Request: request, End: true})
			x.hold()
			p := &x.w.prepared
			if got := write(p.list); got != c.want || string(p.tracestate) != c.tracestate {
				t.Errorf("first attempt\n%s%q\nwant\n%s%q", got, p.tracestate, c.want, c.tracestate)
			}
			l.Reset()
			l.Add("another", "request") // the connection goes on
			p.unpack(x)
			if got := write(p.list); got != c.want || string(p.tracestate) != c.tracestate {
				t.Errorf("later attempt\n%s%q\nwant\n%s%q", got, p.tracestate, c.want, c.tracestate)
			}
			for i := range p.list.Len() {
				if got := header.Lookup(p.list.Name(i)); p.list.Token(i) != got {
					t.Errorf("%s has token %d, want %d", p.list.Name(i), p.list.Token(i), got)
				}
			}
		})
	}
}

func newHeldExchange(t *testing.T, trusted bool, rewrite string) *Exchange {
	name := &event.UpstreamName{Name: "web"}
	cluster, err := upstream.NewCluster(config.Upstream{Name: "web", Protocol: config.H2C, Endpoints: []string{"a:1"}}, name, time.Second, observer{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	w := newWorker(loop.NewPumped(event.NewClock()), &sink{}, &Shared{}, &Table{})
	l := &Listener{Event: &event.Listener{Name: "edge"}, Scheme: "https", Trusted: func(string) bool { return trusted }}
	return &Exchange{
		w: w, route: &Route{Event: &event.Route{Name: "all", Upstream: name}, Cluster: cluster, HostRewrite: rewrite},
		client: newClientInfo(l, &event.Conn{Peer: "10.0.0.1:1234"}),
	}
}

func TestBlocksAreUsedAgain(t *testing.T) {
	var b blocks
	for _, n := range []int{0, 1, 16, 17, 1000, 1024, 1025, 5000, 16 << 10} {
		p := b.take(n)
		if len(p) != 0 || cap(p) < n {
			t.Fatalf("take(%d): %d of %d bytes", n, len(p), cap(p))
		}
		p = append(p, "used"...)
		b.give(p)
		if q := b.take(n); cap(q) > 0 && len(q) != 0 || &q[:1][0] != &p[0] {
			t.Errorf("%d bytes were not used again", n)
		}
	}
	large := b.take(largeBlock + 1)
	b.give(large)
	if b.kept < 0 || b.kept > maxKept {
		t.Errorf("%d bytes are kept", b.kept)
	}
	p := b.take(10)
	for i := range 5000 {
		p = b.grow(p, []byte{byte(i)})
	}
	for i := range p {
		if p[i] != byte(i) {
			t.Fatalf("byte %d is %d", i, p[i])
		}
	}
	for range 10000 {
		b.give(make([]byte, 0, 1024))
	}
	if b.kept > maxKept {
		t.Errorf("%d bytes are kept", b.kept)
	}
}
