package raw

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
)

// The windows of x/net's client are smaller than the body: the origin has to stop
// and go on, on several streams at once.
func TestOriginAnswersWithAsManyBytesAsThePathSays(t *testing.T) {
	o := newOrigin(t)
	client := &http.Client{Transport: &http.Transport{Protocols: new(http.Protocols)}}
	client.Transport.(*http.Transport).Protocols.SetUnencryptedHTTP2(true)
	t.Cleanup(client.CloseIdleConnections)
	sizes := make(chan int64)
	const streams, size = 5, 9 << 20
	for range streams {
		go func() {
			response, err := client.Get("http://" + o.Addr() + Sized(size))
			if err != nil {
				t.Error(err)
				sizes <- 0
				return
			}
			n, _ := io.Copy(io.Discard, response.Body)
			response.Body.Close()
			sizes <- n
		}()
	}
	for range streams {
		if n := <-sizes; n != size {
			t.Errorf("%d bytes, want %d", n, size)
		}
	}
	if n := o.Requests(); n != streams {
		t.Errorf("%d requests were counted, want %d", n, streams)
	}
}

func TestOriginTakesHeaderBlocksInPieces(t *testing.T) {
	o := newOrigin(t)
	c, err := dial(bounded(t), o.Addr(), nil)
	if err != nil {
		t.Fatal(err)
	}
	r := request(Marked)
	for _, f := range r.header() {
		_ = c.encoder.WriteField(f)
	}
	block := c.block.Bytes()
	for i, b := range block {
		last := i == len(block)-1
		if i == 0 {
			err = c.out.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: []byte{b}, EndStream: true})
		} else {
			err = c.out.WriteContinuation(1, last, []byte{b})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := c.flush(); err != nil {
		t.Fatal(err)
	}
	for e := (event{}); !e.ended; {
		if e, err = c.success(); err != nil {
			t.Fatal(err)
		}
	}
	if o.Requests() != 1 {
		t.Errorf("%d requests were counted", o.Requests())
	}
}

func TestPersistentClientGoesOnAfterFailures(t *testing.T) {
	var n atomic.Int64
	addr, _ := server(t, false, func(w http.ResponseWriter, _ *http.Request) {
		switch i := n.Add(1); {
		case i%50 == 10:
			w.WriteHeader(http.StatusBadGateway)
		case i%50 == 20:
			panic(http.ErrAbortHandler) // a reset
		}
	})
	const rate, length = 1000, time.Second
	p := Paced{Addr: addr, Connections: 2, Rate: rate, Request: request("/")}
	answers := p.Persist(bounded(t), time.Now(), length)
	if want := int(rate * length.Seconds()); len(answers) != want {
		t.Errorf("%d answers, want %d", len(answers), want)
	}
	why := map[string]bool{}
	for _, a := range answers {
		if a.Due >= length {
			t.Errorf("%v was due after the end", a.Due)
		}
		if a.Failed != nil {
			why[a.Failed.Error()] = true
		}
	}
	all := ""
	for w := range why {
		all += w + "\n"
	}
	if !strings.Contains(all, "answered with 502") || !strings.Contains(all, "was reset") {
		t.Errorf("failures: %s", all)
	}
}

func TestPersistentClientOfNobodySaysThatAllFailed(t *testing.T) {
	answers := Paced{Addr: nobody, Connections: 1, Rate: 1000, Request: request("/")}.Persist(bounded(t), time.Now(), 50*time.Millisecond)
	if len(answers) != 50 {
		t.Errorf("%d answers", len(answers))
	}
	for _, a := range answers {
		if a.Failed == nil {
			t.Fatal("one was answered")
		}
	}
}

// nobody listens there: port 1 is below those that the system hands out.
const nobody = "127.0.0.1:1"

func TestPersistentClientGivesUpWhatIsNotAnswered(t *testing.T) {
	o := newOrigin(t)
	answers := Paced{Addr: o.Addr(), Connections: 1, Rate: 100, Request: request(Silent)}.Persist(bounded(t), time.Now(), 50*time.Millisecond)
	if len(answers) != 5 {
		t.Errorf("%d answers", len(answers))
	}
	for _, a := range answers {
		// On a machine that is not to be had for a second, not even sent.
		if a.Failed != errSilence && a.Failed != errUnsent {
			t.Errorf("failed with %v", a.Failed)
		}
	}
}

// The first request of all ends its connection.
func TestPersistentClientConnectsAgain(t *testing.T) {
	type key struct{}
	var connections, requests atomic.Int64
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if requests.Add(1) == 1 {
			r.Context().Value(key{}).(net.Conn).Close()
		}
	}))
	s.Config.ConnContext = func(ctx context.Context, nc net.Conn) context.Context {
		connections.Add(1)
		return context.WithValue(ctx, key{}, nc)
	}
	s.Config.Protocols = new(http.Protocols)
	s.Config.Protocols.SetUnencryptedHTTP2(true)
	s.Start()
	defer s.Close()
	answers := Paced{Addr: s.Listener.Addr().String(), Connections: 1, Rate: 1000, Request: request("/")}.Persist(bounded(t), time.Now(), time.Second)
	answered := slices.ContainsFunc(answers, func(a Answer) bool { return a.Failed == nil })
	if n := connections.Load(); n < 2 || !answered {
		t.Errorf("%d connections, was a request answered: %v", n, answered)
	}
}
