package e2e

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// rogue is an origin at frame level that breaks a rule when it is armed, and is
// honest otherwise: it answers with 200 and "ok".
type rogue struct {
	t           testing.TB
	address     string
	breach      breach
	armed       atomic.Int32 // so many more breaches are to come
	connections atomic.Int32
	requests    atomic.Int32
	broken      chan *rogueConn // the connections on which it broke a rule
}

// rogueConn is a connection of the gateway's. One goroutine reads, and acts.
type rogueConn struct {
	origin  *rogue
	conn    net.Conn
	framer  *http2.Framer // for writing
	buf     bytes.Buffer
	encoder *hpack.Encoder
	failed  bool // a write failed: the gateway has closed the connection

	mu     sync.Mutex
	change chan struct{}            // closed and replaced when something is new; guarded by mu
	resets map[uint32]http2.ErrCode // guarded by mu
	ended  bool                     // guarded by mu: the gateway closed the connection
	goAway *http2.ErrCode           // guarded by mu
}

// startRogue serves until the test ends.
func startRogue(t testing.TB, b breach) *rogue {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &rogue{t: t, address: ln.Addr().String(), breach: b, broken: make(chan *rogueConn, 1000)}
	var done sync.WaitGroup
	var mu sync.Mutex
	var conns []net.Conn
	done.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns = append(conns, c)
			mu.Unlock()
			r.connections.Add(1)
			done.Go(func() { r.serve(c) })
		}
	})
	t.Cleanup(func() {
		_ = ln.Close()
		mu.Lock()
		for _, c := range conns {
			_ = c.Close()
		}
		mu.Unlock()
		done.Wait()
	})
	return r
}

// fires reports whether a rule is to be broken now.
func (r *rogue) fires() bool {
	for {
		n := r.armed.Load()
		if n == 0 || r.armed.CompareAndSwap(n, n-1) {
			return n > 0
		}
	}
}

func (r *rogue) serve(c net.Conn) {
	defer c.Close()
	preface := make([]byte, len(http2.ClientPreface))
	if _, err := io.ReadFull(c, preface); err != nil {
		return
	}
	p := &rogueConn{
		origin: r, conn: c, framer: http2.NewFramer(c, nil),
		resets: make(map[uint32]http2.ErrCode), change: make(chan struct{}),
	}
	p.framer.AllowIllegalWrites = true
	p.encoder = hpack.NewEncoder(&p.buf)
	if r.breach.greet != nil && r.fires() {
		r.breach.greet(p)
		r.broken <- p
	} else {
		p.do(p.framer.WriteSettings())
	}
	p.read()
}

// read takes the gateway's frames until it closes the connection, answers its
// requests and notes how it reacts.
func (p *rogueConn) read() {
	defer p.note(func() { p.ended = true })
	head := make([]byte, 9)
	method := hpack.NewDecoder(4096, nil)
	for {
		if _, err := io.ReadFull(p.conn, head); err != nil {
			return
		}
		payload := make([]byte, int(head[0])<<16|int(head[1])<<8|int(head[2]))
		if _, err := io.ReadFull(p.conn, payload); err != nil {
			return
		}
		id := binary.BigEndian.Uint32(head[5:]) & (1<<31 - 1)
		flags := http2.Flags(head[4])
		switch http2.FrameType(head[3]) {
		case http2.FrameSettings:
			if !flags.Has(http2.FlagSettingsAck) && !p.origin.breach.silent {
				p.do(p.framer.WriteSettingsAck())
			}
		case http2.FrameHeaders: // the blocks of these tests are whole
			fields, err := method.DecodeFull(payload)
			if err != nil {
				p.origin.t.Errorf("the gateway's header block: %v", err)
				return
			}
			p.request(id, fields)
		case http2.FrameRSTStream:
			p.note(func() { p.resets[id] = http2.ErrCode(binary.BigEndian.Uint32(payload)) })
		case http2.FrameGoAway:
			code := http2.ErrCode(binary.BigEndian.Uint32(payload[4:]))
			p.note(func() { p.goAway = &code })
		}
	}
}

func (p *rogueConn) request(id uint32, _ []hpack.HeaderField) {
	p.origin.requests.Add(1)
	if p.origin.breach.act != nil && p.origin.fires() {
		p.origin.breach.act(p, id)
		p.origin.broken <- p
		return
	}
	p.honest(id)
}

// honest answers as an origin should.
func (p *rogueConn) honest(id uint32) {
	p.respond(id, false, ":status", "200", "content-length", "2")
	p.do(p.framer.WriteData(id, true, []byte("ok")))
}

func (p *rogueConn) note(what func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	what()
	close(p.change)
	p.change = make(chan struct{})
}

// wait waits until done, which is called with mu held, is true.
func (p *rogueConn) wait(done func() bool) bool {
	limit := time.After(patience)
	for {
		p.mu.Lock()
		ok, change := done(), p.change
		p.mu.Unlock()
		if ok {
			return true
		}
		select {
		case <-change:
		case <-limit:
			return false
		}
	}
}

// over reports whether the gateway has ended the connection, as far as writing
// tells.
func (p *rogueConn) over() bool { return p.failed }

func (p *rogueConn) do(err error) {
	if err != nil {
		p.failed = true
	}
}

// block encodes fields, given as names and values.
func (p *rogueConn) block(kv ...string) []byte {
	p.buf.Reset()
	for i := 0; i < len(kv); i += 2 {
		_ = p.encoder.WriteField(hpack.HeaderField{Name: kv[i], Value: kv[i+1]})
	}
	return bytes.Clone(p.buf.Bytes())
}

func (p *rogueConn) headers(id uint32, end bool, block []byte) {
	p.do(p.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: block, EndHeaders: true, EndStream: end}))
}

func (p *rogueConn) respond(id uint32, end bool, kv ...string) { p.headers(id, end, p.block(kv...)) }

func (p *rogueConn) data(id uint32, end bool, n int) {
	p.do(p.framer.WriteData(id, end, make([]byte, n)))
}

func (p *rogueConn) raw(t http2.FrameType, flags http2.Flags, id uint32, payload ...byte) {
	p.do(p.framer.WriteRawFrame(t, flags, id, payload))
}

// bytes writes what is no frame.
func (p *rogueConn) bytes(b []byte) {
	_, err := p.conn.Write(b)
	p.do(err)
}

// cut ends the connection, with everything that was written before.
func (p *rogueConn) cut() {
	_ = p.conn.(*net.TCPConn).CloseWrite()
}

// outcome is what a client got.
type outcome struct {
	status int // 0: no response
	body   []byte
	err    error // the response did not come to its end
}

// code returns the code of the RST_STREAM that ended a response over HTTP/2.
func (o outcome) code() http2.ErrCode {
	var reset http2.StreamError
	if errors.As(o.err, &reset) {
		return reset.Code
	}
	return http2.ErrCodeNo
}

func (o outcome) String() string {
	return fmt.Sprintf("status %d, %d bytes %.60q, error: %v", o.status, len(o.body), o.body, o.err)
}

func fetchWith(client *http.Client, method, url string) outcome {
	r, err := http.NewRequest(method, url, nil)
	if err != nil {
		return outcome{err: err}
	}
	response, err := client.Do(r)
	if err != nil {
		return outcome{err: err}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return outcome{response.StatusCode, body, err}
}

// newHTTP1Client returns a client that speaks HTTP/1.1 on a connection of its own.
func newHTTP1Client(t testing.TB) *http.Client {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	transport := &http.Transport{Protocols: protocols, DisableCompression: true, MaxConnsPerHost: 1}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}
