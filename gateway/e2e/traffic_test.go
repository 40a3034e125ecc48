package e2e

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	testgrpc "google.golang.org/grpc/interop/grpc_testing"
)

// traffic is honest load of many kinds that goes on until it is stopped. A
// request that fails fails the test, unless it is tolerant.
type traffic struct {
	t        testing.TB
	tolerant bool
	quit     chan struct{}
	running  sync.WaitGroup
	end      sync.Once
	clients  []func() // close them
	via      *gateway // see everything

	mu     sync.Mutex
	done   map[string]int // requests answered by kind; guarded by mu
	failed int            // requests that failed; guarded by mu
}

// newTraffic returns load that is stopped before the test ends.
func newTraffic(t testing.TB) *traffic {
	return &traffic{t: t, quit: make(chan struct{}), done: make(map[string]int)}
}

// stop ends the load, waits for what is under way and closes every connection.
func (tr *traffic) stop() {
	tr.end.Do(func() {
		close(tr.quit)
		tr.running.Wait()
		for _, c := range tr.clients {
			c()
		}
	})
}

// loop performs one request after the other.
func (tr *traffic) loop(kind string, request func(ctx context.Context) error) {
	tr.mu.Lock()
	tr.done[kind] += 0
	tr.mu.Unlock()
	tr.running.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-tr.quit:
				return
			default:
			}
			ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
			err := request(ctx)
			cancel()
			switch {
			case err == nil:
				tr.mu.Lock()
				tr.done[kind]++
				tr.mu.Unlock()
			case tr.tolerant:
				tr.mu.Lock()
				tr.failed++
				tr.mu.Unlock()
			default:
				tr.t.Errorf("%s: request %d failed: %v", kind, n, err)
				return
			}
		}
	})
}

// flowing waits until each kind has had n more requests answered.
func (tr *traffic) flowing(n int) {
	tr.t.Helper()
	before := tr.counts()
	late := time.Now().Add(patience * 9 / 10)
	eventually(tr.t, fmt.Sprintf("%d more requests of each kind", n), func() (bool, string) {
		now := tr.counts()
		for kind, count := range now {
			if count < before[kind]+n {
				saw := fmt.Sprintf("%s: %d after %d", kind, count, before[kind])
				if time.Now().After(late) {
					streams, _ := tr.via.adminGet("/streams", "")
					saw += "\n" + streams
				}
				// One that has failed has said so, and will not go on.
				return tr.t.Failed(), saw
			}
		}
		return true, ""
	})
}

func (tr *traffic) counts() map[string]int {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return maps.Clone(tr.done)
}

// String lists the kinds with their requests.
func (tr *traffic) String() string {
	counts := tr.counts()
	var b strings.Builder
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(&b, "%s %d, ", kind, counts[kind])
	}
	return strings.TrimSuffix(b.String(), ", ")
}

// transport returns a client's transport with one protocol; roots nil: plain.
func transport(http1 bool, roots *x509.CertPool) *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(http1)
	protocols.SetHTTP2(!http1 && roots != nil)
	protocols.SetUnencryptedHTTP2(!http1 && roots == nil)
	return &http.Transport{
		Protocols: protocols, DisableCompression: true,
		TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
	}
}

// long is a client that keeps its connection, with some streams at once. It gets
// and posts in turn.
func (tr *traffic) long(kind string, streams int, t *http.Transport, url string) {
	client := &http.Client{Transport: t}
	tr.clients = append(tr.clients, t.CloseIdleConnections)
	t.MaxIdleConnsPerHost = streams
	body := bytes.Repeat([]byte("0123456789abcdef"), 1<<10)
	for range streams {
		n := 0
		tr.loop(kind, func(ctx context.Context) error {
			n++
			if n%4 == 0 {
				return roundTrip(ctx, client, "POST", url, body)
			}
			return roundTrip(ctx, client, "GET", url, nil)
		})
	}
}

// fresh is a client that connects anew for each request.
func (tr *traffic) fresh(kind string, http1 bool, roots *x509.CertPool, url string) {
	pace := time.NewTicker(3 * time.Millisecond) // ports are finite
	tr.clients = append(tr.clients, pace.Stop)
	tr.loop(kind, func(ctx context.Context) error {
		<-pace.C
		t := transport(http1, roots)
		defer t.CloseIdleConnections()
		return roundTrip(ctx, &http.Client{Transport: t}, "GET", url, nil)
	})
}

// roundTrip performs a request of newWebServer's and checks the answer.
func roundTrip(ctx context.Context, client *http.Client, method, url string, body []byte) error {
	var in io.Reader
	want := []byte("hello from the origin\n")
	if body != nil {
		in, want = bytes.NewReader(body), body
	}
	req, err := http.NewRequestWithContext(ctx, method, url, in)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || !bytes.Equal(got, want) {
		return fmt.Errorf("%s: %s, %d bytes of %d: %.100q, %v", method, resp.Status, len(got), len(want), got, err)
	}
	return nil
}

// rpc returns a real gRPC client; roots nil: plain.
func (tr *traffic) rpc(address string, roots *x509.CertPool) *grpc.ClientConn {
	tr.t.Helper()
	creds := insecure.NewCredentials()
	if roots != nil {
		creds = credentials.NewTLS(&tls.Config{RootCAs: roots, ServerName: "localhost", MinVersion: tls.VersionTLS12})
	}
	c, err := grpc.NewClient("passthrough:///"+address, grpc.WithTransportCredentials(creds))
	if err != nil {
		tr.t.Fatal(err)
	}
	tr.clients = append(tr.clients, func() { _ = c.Close() })
	return c
}

// unary calls newRPCServer and checks the answer.
func unary(ctx context.Context, c grpc.ClientConnInterface) error {
	in := &testgrpc.Payload{Body: []byte("one request, one response")}
	out, err := testgrpc.NewTestServiceClient(c).UnaryCall(ctx, &testgrpc.SimpleRequest{Payload: in})
	if err != nil {
		return err
	}
	if !bytes.Equal(out.GetPayload().GetBody(), in.GetBody()) {
		return fmt.Errorf("%q came back", out.GetPayload().GetBody())
	}
	return nil
}

// bidi opens a stream on which messages go to and fro, with a pause between them.
func bidi(ctx context.Context, c grpc.ClientConnInterface, messages int, pause time.Duration) error {
	stream, err := testgrpc.NewTestServiceClient(c).FullDuplexCall(ctx)
	if err != nil {
		return err
	}
	tick := time.NewTicker(max(pause, 1))
	defer tick.Stop()
	for n := range messages {
		in := &testgrpc.Payload{Body: fmt.Appendf(nil, "message %d", n)}
		if err := stream.Send(&testgrpc.StreamingOutputCallRequest{Payload: in}); err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("message %d: %w", n, err) // io.EOF: Recv knows why
		}
		out, err := stream.Recv()
		if err != nil {
			return fmt.Errorf("answer %d: %w", n, err)
		}
		if !bytes.Equal(out.GetPayload().GetBody(), in.GetBody()) {
			return fmt.Errorf("answer %d is %q", n, out.GetPayload().GetBody())
		}
		if pause > 0 {
			<-tick.C
		}
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	if _, err := stream.Recv(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("the end: %w", err)
	}
	return nil
}

// rpcs is the gRPC traffic of one client: unary calls, short streams and long
// ones.
func (tr *traffic) rpcs(kind string, c *grpc.ClientConn) {
	for range 2 {
		tr.loop(kind+" unary", func(ctx context.Context) error { return unary(ctx, c) })
		tr.loop(kind+" streams", func(ctx context.Context) error { return bidi(ctx, c, 20, 0) })
		tr.loop(kind+" long streams", func(ctx context.Context) error { return bidi(ctx, c, 20, 20*time.Millisecond) })
	}
}

// everything is all kinds of clients on long and on fresh connections, plain at
// the listener edge and under TLS at the listener tls.
func (tr *traffic) everything(g *gateway, ca *authority) {
	tr.via = g
	plain, secure, roots := "http://"+g.address["edge"]+"/", "https://"+g.address["tls"]+"/", ca.pool()
	tr.long("h2c", 8, transport(false, nil), plain)
	tr.long("h2", 4, transport(false, roots), secure)
	tr.long("http1", 2, transport(true, nil), plain)
	tr.long("https1", 1, transport(true, roots), secure)
	tr.fresh("fresh h2c", false, nil, plain)
	tr.fresh("fresh h2", false, roots, secure)
	tr.fresh("fresh http1", true, nil, plain)
	tr.rpcs("gRPC", tr.rpc(g.address["edge"], nil))
	tr.rpcs("gRPC TLS", tr.rpc(g.address["tls"], roots))
}
