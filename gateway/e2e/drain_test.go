package e2e

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
)

// get performs one request and returns its status and body; both parts of a
// failed response count as failure.
func get(ctx context.Context, client *http.Client, url string) (int, string, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	if err != nil {
		return 0, "", err
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body), err
}

func TestDrainFinishesWhatIsOpen(t *testing.T) {
	o := startOrigin(t, nil)
	g := startGateway(t, plainConfig(o.address))
	url := "http://" + g.address["edge"] + "/gate"

	type result struct {
		status int
		body   string
		err    error
	}
	results := make(chan result, 2)
	http1 := &http.Client{Transport: &http.Transport{}}
	for _, client := range []*http.Client{newClient(t), http1} {
		go func() {
			status, body, err := get(t.Context(), client, url)
			results <- result{status, body, err}
		}()
		o.waitAtGate(t)
	}
	g.signal(syscall.SIGTERM)
	// The admin server tells the balancer; it stays until the end.
	eventually(t, "/readyz while draining", func() (bool, string) {
		body, status := g.adminGet("/readyz", "")
		return status == http.StatusServiceUnavailable, body
	})
	eventually(t, "the listener is closed", func() (bool, string) {
		c, err := net.Dial("tcp", g.address["edge"])
		if err == nil {
			_ = c.Close()
			return false, "a connection"
		}
		return errors.Is(err, syscall.ECONNREFUSED), err.Error()
	})
	close(o.gate)
	for range cap(results) {
		if r := <-results; r.err != nil || r.status != 200 || r.body != "before, after" {
			t.Errorf("a request that was open at SIGTERM: %+v", r)
		}
	}
	if status := g.waitExit(); status != 0 {
		t.Errorf("exit status %d after a drain:\n%s", status, g.logTail())
	}
}

func TestSecondSigtermEndsAtOnce(t *testing.T) {
	o := startOrigin(t, nil)
	g := startGateway(t, plainConfig(o.address, "limits: {drain_grace: 1h}"))
	ended := make(chan error, 1)
	go func() {
		_, _, err := get(t.Context(), newClient(t), "http://"+g.address["edge"]+"/gate")
		ended <- err
	}()
	o.waitAtGate(t)
	g.signal(syscall.SIGTERM)
	eventually(t, "/readyz while draining", func() (bool, string) {
		body, status := g.adminGet("/readyz", "")
		return status == http.StatusServiceUnavailable, body
	})
	g.signal(syscall.SIGTERM)
	g.waitExit()
	if err := <-ended; err == nil {
		t.Error("a response that was cut looked complete")
	}
}

func TestDrainGraceIsABound(t *testing.T) {
	o := startOrigin(t, nil)
	g := startGateway(t, plainConfig(o.address, "limits: {drain_grace: 200ms}"))
	ended := make(chan error, 1)
	go func() {
		_, _, err := get(t.Context(), newClient(t), "http://"+g.address["edge"]+"/gate")
		ended <- err
	}()
	o.waitAtGate(t)
	g.signal(syscall.SIGTERM)
	g.waitExit()
	if err := <-ended; err == nil {
		t.Error("a response that was cut looked complete")
	}
}

// TestDrainUnderLoadLosesNothing sends without a pause on warm connections while
// the gateway drains. A client that the gateway told to go (GOAWAY, or
// connection: close) and that finds no listener any more is done; every other
// error is a lost request.
func TestDrainUnderLoadLosesNothing(t *testing.T) {
	o := startOrigin(t, nil)
	g := startGateway(t, plainConfig(o.address))
	url := "http://" + g.address["edge"] + "/"

	errGone := errors.New("the gateway is draining")
	var draining atomic.Bool // set before SIGTERM is sent
	const clients, streams = 8, 10
	var finished sync.WaitGroup
	warm := make(chan struct{}, clients*streams)
	for i := range clients {
		protocols := new(http.Protocols)
		if i%4 == 0 {
			protocols.SetHTTP1(true)
		} else {
			protocols.SetUnencryptedHTTP2(true)
		}
		transport := &http.Transport{
			Protocols:           protocols,
			MaxIdleConnsPerHost: streams,
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				if draining.Load() {
					return nil, errGone
				}
				nc, err := new(net.Dialer).DialContext(ctx, network, address)
				if err != nil && draining.Load() {
					return nil, errGone // it began meanwhile
				}
				return nc, err
			},
		}
		t.Cleanup(transport.CloseIdleConnections)
		client := &http.Client{Transport: transport}
		for range streams {
			finished.Go(func() {
				for n := 0; ; n++ {
					status, body, err := get(t.Context(), client, url)
					if errors.Is(err, errGone) {
						return
					}
					if err != nil || status != 200 || body != "hello from the origin\n" {
						t.Errorf("request %d on a warm connection: %d %q %v", n, status, body, err)
						return
					}
					if n == 20 {
						warm <- struct{}{}
					}
				}
			})
		}
	}
	for range clients * streams {
		<-warm
	}
	draining.Store(true)
	g.signal(syscall.SIGTERM)
	finished.Wait()
	if status := g.waitExit(); status != 0 {
		t.Errorf("exit status %d:\n%s", status, g.logTail())
	}
}
