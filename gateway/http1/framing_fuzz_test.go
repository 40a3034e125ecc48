package http1

import (
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hopscope/hopscope/gateway/h2/rule"
	"github.com/hopscope/hopscope/gateway/loop"
)

// What the guard lets through, net/http reads as we do: as many requests, with the
// same bodies, however the bytes come. And nothing of a request that breaks a rule
// is taken for whole.
func FuzzFramingAgreesWithNetHTTP(f *testing.F) {
	for in := range doubtful() {
		f.Add([]byte(in+"\r\n0\r\n\r\n"+post+"\r\n"), uint8(0))
	}
	for _, in := range []string{
		post + "Content-Length: 5\r\n\r\nhello" + post + "Content-Length: 0\r\n\r\n\r\n" + post + "\r\n",
		coded + "5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n" + coded + "1\r\nx\r\n0\r\n\r\nGET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" + post + "\r\n",
		"GET / HTTP/1.1\r\n" + host + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\nok" + post + "\r\n",
		"GET / HTTP/1.1\r\n" + host + "X: " + strings.Repeat("x", 5000) + "\r\n\r\n" + post + "\r\n",
		"CONNECT a:1 HTTP/1.1\r\n" + host + "Content-Length: 2\r\n\r\nok" + post + "\r\n",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
	} {
		f.Add([]byte(in), uint8(0))
		f.Add([]byte(in), uint8(7))
	}
	f.Fuzz(func(t *testing.T, in []byte, piece uint8) {
		ours := readAlone(in)
		var read []string
		synctest.Test(t, func(*testing.T) { read = readByNetHTTP(in, int(piece)) }) // net/http waits before it closes
		for i, theirs := range read {
			if i >= len(ours) {
				t.Fatalf("request %d was let through, and is none:\n%q", i, theirs)
			}
			if ours[i] != theirs {
				t.Fatalf("request %d: we read %q, net/http %q", i, ours[i], theirs)
			}
		}
	})
}

// readAlone returns the whole requests of in: their numbers of fields do not
// matter, their bodies do.
func readAlone(in []byte) (bodies []string) {
	var f framing
	var body strings.Builder
	for i := range in {
		data, heads, between := f.place == inLength || f.place == inChunk, f.heads, f.place == beforeRequest
		f.read(in[i : i+1])
		switch {
		case f.broken != rule.None:
			return bodies
		case data:
			body.WriteByte(in[i])
		}
		if f.place == beforeRequest && (!between || f.heads > heads) {
			bodies = append(bodies, body.String())
			body.Reset()
		}
	}
	return bodies
}

// readByNetHTTP has net/http's server read in through a guard, in pieces (0: all
// at once), and returns the bodies of the requests that were read to their end.
func readByNetHTTP(in []byte, piece int) (bodies []string) {
	tape := &tape{in: in, piece: piece, ended: make(chan struct{})}
	c := newClient(tape, nil, deaf{}, nil, pace{})
	c.queue = newQueue()
	server := http.Server{
		Protocols: new(http.Protocols), MaxHeaderBytes: 4 << 10, ErrorLog: log.New(io.Discard, "", 0), ConnState: connState,
		DisableGeneralOptionsHandler: true,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if v := c.nextRequest(r.ContentLength); v != rule.None {
				refuse(w, 400, "%s", v)
				return
			}
			body, err := io.ReadAll(guardedBody{r.Body, c})
			if err != nil {
				refuse(w, 400, "%s", err)
				return
			}
			bodies = append(bodies, string(body))
		}),
	}
	server.Protocols.SetHTTP1(true)
	c.queue.push(c)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(c.queue)
	}()
	<-tape.ended
	_ = server.Close()
	<-done
	return bodies
}

// deaf is a Gateway that nobody listens to.
type deaf struct{ Gateway }

func (deaf) Post(loop.Task) error { return nil }

// tape is a connection on which everything has arrived.
type tape struct {
	in    []byte
	piece int
	ended chan struct{}
	once  sync.Once
}

func (t *tape) Read(p []byte) (int, error) {
	if len(t.in) == 0 {
		return 0, io.EOF
	}
	if t.piece > 0 {
		p = p[:min(t.piece, len(p))]
	}
	n := copy(p, t.in)
	t.in = t.in[n:]
	return n, nil
}

func (t *tape) Close() error {
	t.once.Do(func() { close(t.ended) })
	return nil
}
func (t *tape) Write(p []byte) (int, error)      { return len(p), nil }
func (t *tape) LocalAddr() net.Addr              { return address{} }
func (t *tape) RemoteAddr() net.Addr             { return address{} }
func (t *tape) SetDeadline(time.Time) error      { return nil }
func (t *tape) SetReadDeadline(time.Time) error  { return nil }
func (t *tape) SetWriteDeadline(time.Time) error { return nil }
