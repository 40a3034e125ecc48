package e2e

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/sys/unix"
)

// One of two origins is killed again and again under load. With retry: safe no
// request is sent twice that may have been processed, and only such a one may
// fail; with safe_methods none fails whose method is safe.
func TestKilledUpstreamUnderLoad(t *testing.T) {
	t.Parallel()
	const kills, clients = 6, 8
	var seen processed
	stays := startProcess(t, "127.0.0.1:0", &seen)
	dies := startProcess(t, "127.0.0.1:0", &seen)
	g := startGateway(t, partitionConfig("127.0.0.1:0", stays.address, dies.address))
	base := "http://" + g.address["edge"]

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var load sync.WaitGroup
	var sent, lost atomic.Int64
	for n := range clients {
		client := newClient(t)
		load.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				id := strconv.Itoa(n) + "-" + strconv.Itoa(i)
				method, path := http.MethodPost, "/once"
				if i%2 == 1 {
					method, path, id = http.MethodGet, "/again/x", "again"
				}
				status, body, err := send(client, method, base+path, id)
				sent.Add(1)
				switch {
				case err == nil && status == 200 && body == "done":
				case err == nil && status == 502 && method == http.MethodPost && strings.Contains(body, "was lost before it answered"):
					lost.Add(1)
				default:
					t.Errorf("%s %s: %d %q %v", method, path, status, body, err)
				}
			}
		})
	}
	more := func(n int64) {
		t.Helper()
		before := sent.Load()
		eventually(t, "more requests", func() (bool, string) { return sent.Load() >= before+n, fmt.Sprint(sent.Load() - before) })
	}
	for range kills {
		more(300)
		dies.kill()
		more(100)
		dies = startProcess(t, dies.address, &seen)
	}
	// The one that came back is used again, without a restart.
	attempts := func() float64 {
		return g.counter("hopscope_attempts_total", fmt.Sprintf("endpoint=%q", dies.address), `result="ok"`)
	}
	before := attempts()
	eventually(t, "requests at the origin that is back", func() (bool, string) { return attempts() > before+20, fmt.Sprint(attempts() - before) })
	stop()
	load.Wait()
	dies.kill()
	stays.kill()

	seen.mu.Lock()
	defer seen.mu.Unlock()
	once := 0
	for id, times := range seen.times {
		if id == "again" {
			continue
		}
		once++
		if times > 1 {
			t.Errorf("request %s was processed %d times", id, times)
		}
	}
	retried := g.counter("hopscope_retries_total", `result="retried"`)
	gone := g.counter("hopscope_attempts_total", fmt.Sprintf("endpoint=%q", dies.address), `result="gone"`)
	unreachable := g.counter("hopscope_attempts_total", fmt.Sprintf("endpoint=%q", dies.address), `result="unreachable"`)
	t.Logf("%d requests: %d POST processed once, %d lost, %v retried; attempts: %v lost, %v unreachable", sent.Load(), once, lost.Load(), retried, gone, unreachable)
	if retried == 0 || gone == 0 || unreachable == 0 {
		t.Error("the kills hit no request, or do not show")
	}
	if float64(lost.Load()) > gone {
		t.Errorf("%d requests failed, but only %v attempts lost their connection", lost.Load(), gone)
	}
}

// send sends a request with an id. It is not cut short when a test's load ends.
func send(client *http.Client, method, url, id string) (status int, body string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("x-id", id)
	resp, err := client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	all, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(all), err
}

// fullBacklog returns an address that neither accepts nor refuses: nobody takes
// connections there, and the system drops those that do not fit in the queue.
func fullBacklog(t *testing.T) string {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	address := fmt.Sprintf("127.0.0.1:%d", name.(*unix.SockaddrInet4).Port)
	for range 10 {
		nc, err := net.DialTimeout("tcp", address, 3*time.Second)
		if err != nil {
			return address // full
		}
		t.Cleanup(func() { _ = nc.Close() })
	}
	t.Fatal("ten connections fit into a backlog of none")
	return ""
}

// An origin that is slow to accept costs connect_timeout and no more. Where there
// is another, no request fails.
func TestUpstreamThatIsSlowToAccept(t *testing.T) {
	t.Parallel()
	full := fullBacklog(t)
	o := startOrigin(t, nil)

	alone := startGateway(t, partitionConfig("127.0.0.1:0", full))
	r := wait(t, "a request to an origin that does not accept", ask(t.Context(), newClient(t), "http://"+alone.address["edge"]+"/"))
	if r.status != 503 || r.took < time.Second {
		t.Errorf("with connect_timeout: 1s: %+v", r)
	}
	if alone.counter("hopscope_stream_end_total", `reason="upstream_unreachable"`) != 1 {
		t.Error("it does not show")
	}

	both := startGateway(t, partitionConfig("127.0.0.1:0", full, o.address))
	client := newClient(t)
	quick, slow := 0, 0
	for begin := time.Now(); time.Since(begin) < 3*time.Second || quick <= slow && time.Since(begin) < patience; {
		r := wait(t, "a request", ask(t.Context(), client, "http://"+both.address["edge"]+"/"))
		if r.status != 200 {
			t.Fatalf("with another origin there: %+v", r)
		}
		if r.took >= time.Second {
			slow++
		} else {
			quick++
		}
	}
	// The back-off keeps nearly all of them away from it.
	if quick <= slow {
		t.Errorf("%d requests waited for the origin that does not accept, and %d did not", slow, quick)
	}
}

// goAwayOrigin says GOAWAY on each connection, when do says so, and counts them.
func goAwayOrigin(t *testing.T, atOnce bool) (address string, connections *atomic.Int64) {
	t.Helper()
	listener := namespace("").listen(t, "127.0.0.1:0")
	connections = new(atomic.Int64)
	var done sync.WaitGroup
	done.Go(func() {
		for {
			nc, err := listener.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			done.Go(func() {
				defer nc.Close()
				_ = nc.SetDeadline(time.Now().Add(patience))
				if _, err := io.ReadFull(nc, make([]byte, len(http2.ClientPreface))); err != nil {
					return
				}
				f := http2.NewFramer(nc, nc)
				if f.WriteSettings() != nil || atOnce && f.WriteGoAway(0, http2.ErrCodeNo, nil) != nil {
					return
				}
				for {
					frame, err := f.ReadFrame()
					if err != nil {
						return
					}
					if _, ok := frame.(*http2.HeadersFrame); ok {
						_ = f.WriteGoAway(0, http2.ErrCodeNo, nil)
					}
				}
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		done.Wait()
	})
	return listener.Addr().String(), connections
}

// An origin that answers with nothing but GOAWAY is connected to in the rhythm of
// the back-off, and requests go to the other one.
func TestUpstreamThatSaysGoAwayInALoop(t *testing.T) {
	t.Parallel()
	for name, atOnce := range map[string]bool{"at once": true, "to each request": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, connections := goAwayOrigin(t, atOnce)
			o := startOrigin(t, nil)
			g := startGateway(t, partitionConfig("127.0.0.1:0", address, o.address), gatewayOptions{env: []string{"GOMAXPROCS=1"}})
			base := "http://" + g.address["edge"]
			var load sync.WaitGroup
			var sent atomic.Int64
			begin := time.Now()
			for range 4 {
				client := newClient(t)
				load.Go(func() {
					for time.Since(begin) < 4*time.Second {
						sent.Add(1)
						if status, body, err := send(client, http.MethodPost, base+"/", "x"); err != nil || status != 200 {
							t.Errorf("with another origin there: %d %q %v", status, body, err)
							return
						}
					}
				})
			}
			load.Wait()
			t.Logf("%d requests, %d connections to the origin that says GOAWAY", sent.Load(), connections.Load())
			// 50 ms, doubled up to 3 s, with jitter: about eight in four seconds, and then
			// less than one a second.
			took := time.Since(begin)
			if n := connections.Load(); n < 2 || n > 20+int64(took/time.Second) {
				t.Errorf("%d connections in %v", n, took)
			}
			if g.counter("hopscope_goaway_total", `side="upstream"`, `dir="read"`) == 0 {
				t.Error("the GOAWAYs do not show")
			}
		})
	}
}
