package e2e

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// upload sends a POST whose body does not end before ctx does, and returns where
// its reply will be.
func upload(ctx context.Context, client *http.Client, url string) <-chan reply {
	done := make(chan reply, 1)
	body, feed := io.Pipe()
	stop := context.AfterFunc(ctx, func() { body.CloseWithError(ctx.Err()) })
	go func() {
		block := make([]byte, 64<<10)
		for {
			if _, err := feed.Write(block); err != nil {
				return
			}
		}
	}()
	go func() {
		defer stop()
		defer body.Close()
		req, err := http.NewRequestWithContext(ctx, "POST", url, body)
		if err != nil {
			done <- reply{err: err}
			return
		}
		resp, err := client.Do(req)
		if err != nil {
			done <- reply{err: err}
			return
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		done <- reply{status: resp.StatusCode, body: string(text), err: err}
	}()
	return done
}

// An origin over HTTP/1.1 is cut off: what waits there, what is half answered and
// what is being sent is given up soon, though there is no PING to ask with. One that
// is silent for as long, or does not read, and whose system is there, is not.
func TestPartitionedHTTP1UpstreamIsGivenUp(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	near, far := n.wire(), n.wire()
	stays := serveOrigin(t, near.space.listen(t, near.far+":0"), nil)
	leaves := serveOrigin(t, far.space.listen(t, far.far+":0"), nil)
	g := startGateway(t, fmt.Sprintf(`
listeners: [{name: edge, address: "127.0.0.1:0"}]
upstreams:
  - {name: stays, endpoints: [%q], protocol: http1}
  - {name: leaves, endpoints: [%q], protocol: http1}
routes:
  - {name: leaves, match: {path_prefix: /leaves/}, upstream: leaves}
  - {name: stays, match: {path_prefix: /}, upstream: stays}
limits: {ping_after: 1s, ping_timeout: 1s, connect_timeout: 3s}
admin: {address: "127.0.0.1:0"}
`, stays.address, leaves.address), gatewayOptions{space: n.space})
	base := "http://" + g.address["edge"]
	client := newClientIn(t, n.space)
	ctx, end := context.WithCancel(t.Context())
	defer end()

	silent := ask(ctx, client, base+"/gate")
	stays.waitAtGate(t)
	shut := upload(ctx, client, base+"/hang")
	lost := map[string]<-chan reply{
		"one that waits":            ask(ctx, client, base+"/leaves/hang"),
		"one that is half answered": ask(ctx, client, base+"/leaves/gate"),
		"one that is being sent":    upload(ctx, client, base+"/leaves/discard"),
	}
	leaves.waitAtGate(t)
	eventually(t, "all requests at the origins", func() (bool, string) {
		at, hanging := leaves.served.Load(), stays.hanging.Load()
		return at == 3 && hanging == 1, fmt.Sprint(at, hanging)
	})
	// The origin that stays takes no more of what is uploaded.
	eventually(t, "a stalled upload", func() (bool, string) {
		n := g.counter("hopscope_stalled_streams", `side="upstream"`, `upstream="stays"`)
		return n >= 1, fmt.Sprint(n)
	})

	far.cut()
	for what, w := range lost {
		r := wait(t, what, w)
		if r.err == nil && (r.status != 502 || !strings.Contains(r.body, "was lost before it answered")) {
			t.Errorf("%s: %+v", what, r)
		}
	}
	if n := g.counter("hopscope_ping_timeouts_total", `side="upstream"`); n == 0 {
		t.Error("it is not counted")
	}
	close(stays.gate)
	if r := wait(t, "a response of the origin that is there", silent); r.body != "before, after" {
		t.Errorf("%+v", r)
	}
	select {
	case r := <-shut:
		t.Errorf("the upload to an origin that is there has ended: %+v", r)
	default:
	}
	far.mend()
	eventually(t, "a response of the origin that is back", func() (bool, string) {
		r := wait(t, "a request", ask(ctx, client, base+"/leaves/"))
		return r.status == 200, fmt.Sprintf("%+v", r)
	})
}
