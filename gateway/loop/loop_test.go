package loop

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/loop/looptest"
)

// echo writes back what it reads, without blocking.
type echo struct {
	sock    Socket
	pending []byte
	closed  chan struct{}
	eof     bool
}

func (e *echo) Readable() {
	buf := make([]byte, 8192)
	n, err := e.sock.Read(buf)
	e.pending = append(e.pending, buf[:n]...)
	if err != nil && err != ErrWouldBlock {
		e.eof = true
	}
	e.Writable()
}

func (e *echo) Writable() {
	n, err := e.sock.Write(e.pending)
	e.pending = e.pending[n:]
	if err != nil || e.eof && len(e.pending) == 0 {
		e.sock.Close()
		close(e.closed)
	}
}

type forever struct{ quit bool }

func (f *forever) BatchBegin(event.Time) {}
func (f *forever) BatchEnd() bool        { return !f.quit }

type task func()

func (t task) Run() { t() }

func run(t *testing.T) *Loop {
	l, err := New(event.NewClock())
	if err != nil {
		t.Fatal(err)
	}
	b := &forever{}
	var done sync.WaitGroup
	done.Go(func() { l.Run(b) })
	t.Cleanup(func() {
		_ = l.Post(task(func() { b.quit = true }))
		done.Wait()
	})
	return l
}

// add drives nc by the loop with an echo; the channel is closed when it ended.
func add(l *Loop, nc net.Conn) <-chan struct{} {
	e := &echo{closed: make(chan struct{})}
	_ = l.Post(task(func() { e.sock = l.Add(nc, e) }))
	return e.closed
}

func tcp(t *testing.T) (a, b net.Conn) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	a, err = net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if b, err = ln.Accept(); err != nil {
		t.Fatal(err)
	}
	return a, b
}

// pairs are the kinds of connections that a loop drives.
func pairs() map[string]func(t *testing.T) (client, server net.Conn) {
	return map[string]func(t *testing.T) (client, server net.Conn){
		"tcp":  tcp,
		"pipe": func(*testing.T) (net.Conn, net.Conn) { return net.Pipe() },
		"tls":  func(t *testing.T) (net.Conn, net.Conn) { return secure(t, tcp) },
		"tls over a pipe": func(t *testing.T) (net.Conn, net.Conn) {
			return secure(t, func(*testing.T) (net.Conn, net.Conn) { return net.Pipe() })
		},
	}
}

// source has something to send and goes on only when it is told that it can.
type source struct {
	sock    Socket
	pending []byte
}

func (s *source) Readable() { _, _ = s.sock.Read(make([]byte, 100)) }

func (s *source) Writable() {
	n, _ := s.sock.Write(s.pending)
	s.pending = s.pending[n:]
}

func TestWritableFollowsWheneverWriteTookTooFew(t *testing.T) {
	for name, pair := range pairs() {
		t.Run(name, func(t *testing.T) {
			l := run(t)
			client, server := pair(t)
			defer client.Close()
			const size = 3 << 20
			_ = l.Post(task(func() {
				s := &source{pending: make([]byte, size)}
				s.sock = l.Add(server, s)
				s.Writable()
			}))
			_ = client.SetDeadline(time.Now().Add(time.Minute))
			if n, err := io.CopyN(io.Discard, client, size); err != nil {
				t.Fatalf("%d bytes came: %v", n, err)
			}
		})
	}
}

// parting closes as soon as everything is taken.
type parting struct{ source }

func (s *parting) Writable() {
	if s.source.Writable(); len(s.pending) == 0 {
		s.sock.Close()
	}
}

func TestCloseSendsWhatWasTaken(t *testing.T) {
	for name, pair := range pairs() {
		t.Run(name, func(t *testing.T) {
			l := run(t)
			client, server := pair(t)
			defer client.Close()
			for _, nc := range []net.Conn{client, server} {
				if d, ok := nc.(*Detachable); ok {
					nc = d.raw.Conn
				}
				if s, ok := nc.(*net.TCPConn); ok {
					_, _ = s.SetWriteBuffer(1), s.SetReadBuffer(1) // as small as there are
				}
			}
			const size = 60_000
			written := make(chan struct{})
			_ = l.Post(task(func() {
				s := &parting{source{pending: make([]byte, size)}}
				s.sock = l.Add(server, s)
				s.Writable()
				close(written)
			}))
			<-written
			_ = client.SetDeadline(time.Now().Add(time.Minute))
			if got, err := io.ReadAll(client); err != nil || len(got) != size {
				t.Fatalf("%d bytes of %d came: %v", len(got), size, err)
			}
		})
	}
}

// A loop that ends leaves no goroutine and no connection behind.
func TestEndOfTheLoopEndsItsConnections(t *testing.T) {
	for name, pair := range pairs() {
		t.Run(name, func(t *testing.T) {
			client, server := pair(t)
			defer client.Close()
			l, err := New(event.NewClock())
			if err != nil {
				t.Fatal(err)
			}
			b := &forever{}
			_ = l.Post(task(func() {
				s := &source{pending: make([]byte, 3<<20)} // more than is taken
				s.sock = l.Add(server, s)
				s.Writable()
				b.quit = true
			}))
			l.Run(b)
			_ = client.SetDeadline(time.Now().Add(time.Minute))
			if _, err := io.Copy(io.Discard, client); errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatal("the connection is still open")
			}
		})
	}
}

func TestSocketsEcho(t *testing.T) {
	for name, pair := range pairs() {
		t.Run(name, func(t *testing.T) {
			l := run(t)
			client, server := pair(t)
			closed := add(l, server)
			sent := bytes.Repeat([]byte("hopscope "), 300_000) // more than sockets buffer
			var writer sync.WaitGroup
			writer.Go(func() {
				if _, err := client.Write(sent); err != nil {
					t.Error(err)
				}
			})
			got := make([]byte, len(sent))
			if _, err := io.ReadFull(client, got); err != nil {
				t.Fatal(err)
			}
			writer.Wait()
			if !bytes.Equal(got, sent) {
				t.Fatal("not what was sent")
			}
			client.Close()
			<-closed
		})
	}
}

// secure runs a TLS handshake over a pair of connections.
func secure(t *testing.T, pair func(*testing.T) (net.Conn, net.Conn)) (net.Conn, net.Conn) {
	client, server := pair(t)
	cert, roots := looptest.Certificate(t)
	s := ServerTLS(server, nil, &tls.Config{Certificates: []tls.Certificate{cert}})
	c := tls.Client(client, &tls.Config{RootCAs: roots, ServerName: "localhost"})
	var done sync.WaitGroup
	done.Go(func() {
		if err := s.Handshake(); err != nil {
			t.Error(err)
		}
	})
	if err := c.Handshake(); err != nil {
		t.Fatal(err)
	}
	done.Wait()
	return c, s
}

// What was read before the handshake is as large as a client likes, and would stay
// as long as its connection.
func TestClientHelloIsLetGoOf(t *testing.T) {
	raw := &rawConn{head: []byte("hello")}
	for range 2 {
		if _, err := raw.Read(make([]byte, 3)); err != nil {
			t.Fatal(err)
		}
	}
	if raw.head != nil {
		t.Errorf("%d bytes are held", cap(raw.head))
	}
}

func TestTimerWakesTheLoop(t *testing.T) {
	l := run(t)
	fired := make(chan time.Duration, 1)
	_ = l.Post(task(func() {
		w := &waker{begin: l.Now(), l: l, fired: fired}
		w.t.Owner = w
		l.Wheel.Set(&w.t, int64(l.Now().Add(30*time.Millisecond)))
	}))
	if d := <-fired; d < 30*time.Millisecond {
		t.Fatalf("fired after %v, set to 30ms", d)
	}
}

type waker struct {
	t     Timer
	l     *Loop
	begin event.Time
	fired chan time.Duration
}

func (w *waker) Fire() { w.fired <- w.l.Now().Sub(w.begin) }

// A task that was posted to a loop which ends is told so.
func TestTasksOfAStoppedLoopAreCancelled(t *testing.T) {
	l, err := New(event.NewClock())
	if err != nil {
		t.Fatal(err)
	}
	c := &cancelled{}
	b := &forever{}
	_ = l.Post(task(func() {
		b.quit = true
		_ = l.Post(c)
	}))
	l.Run(b)
	if !c.yes {
		t.Fatal("not cancelled")
	}
	if l.Post(c) != ErrStopped {
		t.Fatal("a stopped loop takes tasks")
	}
}

type cancelled struct{ yes bool }

func (c *cancelled) Run()    {}
func (c *cancelled) Cancel() { c.yes = true }
