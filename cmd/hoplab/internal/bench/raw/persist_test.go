package raw

import (
	"context"
	"io"
	"net/http"
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
	const rate, length = 1000, 200 * time.Millisecond
	p := Paced{Addr: addr, Connections: 2, Rate: rate, Request: request("/")}
	answers := p.Persist(bounded(t), time.Now(), length)
	// Every request that was due has an entry, whatever the machine does meanwhile.
	if want := int(rate * length.Seconds()); len(answers) < want-2 || len(answers) > want+2 {
		t.Errorf("%d answers, want about %d", len(answers), want)
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
	o, err := NewOrigin()
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	answers := Paced{Addr: o.Addr(), Connections: 1, Rate: 1000, Request: request("/")}.Persist(bounded(t), time.Now(), 50*time.Millisecond)
	if len(answers) < 48 || len(answers) > 52 {
		t.Errorf("%d answers", len(answers))
	}
	for _, a := range answers {
		if a.Failed == nil {
			t.Fatal("one was answered")
		}
	}
}

func TestPersistentClientGivesUpWhatIsNotAnswered(t *testing.T) {
	o := newOrigin(t)
	answers := Paced{Addr: o.Addr(), Connections: 1, Rate: 100, Request: request(Silent)}.Persist(bounded(t), time.Now(), 50*time.Millisecond)
	if len(answers) < 4 || len(answers) > 6 {
		t.Errorf("%d answers", len(answers))
	}
	for _, a := range answers {
		if a.Failed == nil || !strings.Contains(a.Failed.Error(), "no answer in time") {
			t.Errorf("failed with %v", a.Failed)
		}
	}
}

func TestPersistentClientConnectsAgain(t *testing.T) {
	o := newOrigin(t)
	ctx := bounded(t)
	again := make(chan bool, 1)
	go func() {
		connected := o.awaitConnection(ctx)
		o.cut()
		again <- connected && o.awaitConnection(ctx)
	}()
	answers := Paced{Addr: o.Addr(), Connections: 1, Rate: 1000, Request: request("/")}.Persist(ctx, time.Now(), time.Second)
	if len(answers) == 0 || answers[len(answers)-1].Failed != nil {
		t.Error("the last was not answered")
	}
	if !<-again {
		t.Error("the client did not connect a second time")
	}
}

// awaitConnection returns when an origin has a connection, or false when ctx
// ends before.
func (o *Origin) awaitConnection(ctx context.Context) bool {
	for o.connections() == 0 {
		if ctx.Err() != nil {
			return false
		}
		time.Sleep(time.Millisecond)
	}
	return true
}

// cut closes every connection of an origin.
func (o *Origin) cut() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for c := range o.conns {
		c.Close()
		delete(o.conns, c)
	}
}

func (o *Origin) connections() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.conns)
}
