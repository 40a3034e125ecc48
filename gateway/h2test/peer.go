package h2test

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"

	"github.com/hopscope/hopscope/gateway/h2/frame"
	"github.com/hopscope/hopscope/gateway/h2/header"
	"github.com/hopscope/hopscope/gateway/h2/hpack"
)

// Workload is the request and the response that are repeated.
type Workload struct {
	Name     string
	Request  *header.List
	Body     []byte // of the request; nil: none
	Response *header.List
	Answer   []byte // body of the response
}

// Workloads returns those that the benchmarks of the program use: W1, a GET with
// an answer of 128 bytes, and W2, a POST of 100 bytes with twelve gRPC fields.
func Workloads() []Workload {
	w1 := list(":method", "GET", ":scheme", "http", ":path", "/index.html", ":authority", "localhost:8080", "user-agent", "h2test")
	w2 := list(":method", "POST", ":scheme", "http", ":path", "/pkg.Service/Method", ":authority", "localhost:8080",
		"content-type", "application/grpc", "te", "trailers", "user-agent", "grpc-go/1.85.0", "grpc-accept-encoding", "gzip",
		"grpc-timeout", "10S", "authorization", "Bearer abcdefghijklmnopqrstuvwxyz", "x-request-id", "4bf92f3577b34da6a3ce929d0e0e4736",
		"x-tenant", "acme", "x-user", "42", "x-region", "eu", "x-version", "1.2.3", "accept-encoding", "identity")
	answer := list(":status", "200", "content-type", "text/html", "content-length", "128", "server", "h2test")
	message := make([]byte, 100)
	binary.BigEndian.PutUint32(message[1:], 95)
	return []Workload{
		{Name: "W1", Request: w1, Response: answer, Answer: make([]byte, 128)},
		{Name: "W2", Request: w2, Body: message, Response: answer, Answer: make([]byte, 128)},
	}
}

func list(kv ...string) *header.List {
	l := new(header.List)
	for i := 0; i < len(kv); i += 2 {
		l.AddRepeated(kv[i], []byte(kv[i+1]))
	}
	return l
}

// frames are a header block and a body, made once, whose stream id is set each
// time. The first block of a connection fills the peer's table, later ones refer
// to it.
type frames struct{ first, later []byte }

func newFrames(l *header.List, body []byte) frames {
	enc := hpack.NewEncoder()
	build := func() []byte {
		p := frame.AppendBlock(nil, 0, enc.Append(nil, l), len(body) == 0)
		if len(body) > 0 {
			p = frame.AppendData(p, 0, body, true)
		}
		return p
	}
	return frames{build(), build()}
}

// appendTo appends the frames for a stream.
func appendTo(dst, frames []byte, id uint32) []byte {
	from := len(dst)
	dst = append(dst, frames...)
	for p := dst[from:]; len(p) > 0; {
		h := frame.ParseHeader(p)
		binary.BigEndian.PutUint32(p[5:], id)
		p = p[frame.HeaderLen+int(h.Length):]
	}
	return dst
}

// peer is one end of a connection.
type peer struct {
	nc   net.Conn
	in   []byte // its read buffer
	have int    // bytes of a frame that is not whole
	out  []byte
}

// credit is as much as a window takes: nothing waits for it.
const credit = 1<<31 - 1 - 65535

func newPeer(nc net.Conn, preface string) *peer {
	p := &peer{nc: nc, in: make([]byte, 256<<10), out: make([]byte, 0, 256<<10)}
	p.out = append(p.out, preface...)
	p.out = frame.AppendSettings(p.out, frame.Setting{ID: frame.MaxConcurrentStreams, Value: 1 << 20},
		frame.Setting{ID: frame.InitialWindowSize, Value: 1 << 20})
	p.out = frame.AppendWindowUpdate(p.out, 0, credit)
	return p
}

// read reads once and calls f for each whole frame.
func (p *peer) read(f func(h frame.Header) error) error {
	n, err := p.nc.Read(p.in[p.have:])
	if err != nil {
		return err
	}
	buf := p.in[:p.have+n]
	for len(buf) >= frame.HeaderLen {
		h := frame.ParseHeader(buf)
		if len(buf) < frame.HeaderLen+int(h.Length) {
			break
		}
		buf = buf[frame.HeaderLen+int(h.Length):]
		switch {
		case h.Type == frame.Settings && !h.Flags.Has(frame.FlagAck):
			p.out = frame.AppendSettingsAck(p.out)
		case h.Type == frame.RSTStream, h.Type == frame.GoAway:
			return fmt.Errorf("h2test: the gateway sent a frame of type %d on stream %d", h.Type, h.Stream)
		}
		if err := f(h); err != nil {
			return err
		}
	}
	p.have = copy(p.in, buf)
	return nil
}

func (p *peer) flush() error {
	if len(p.out) == 0 {
		return nil
	}
	_, err := p.nc.Write(p.out)
	p.out = p.out[:0]
	return err
}

// Client sends requests over one connection. One goroutine uses it.
type Client struct {
	peer   *peer
	frames frames
	next   uint32
	ends   int
	count  func(frame.Header) error
}

// NewClient begins a connection.
func NewClient(nc net.Conn, w Workload) *Client {
	c := &Client{peer: newPeer(nc, frame.Preface), frames: newFrames(w.Request, w.Body), next: 1}
	c.count = func(h frame.Header) error {
		if h.Flags.Has(frame.FlagEndStream) && (h.Type == frame.Data || h.Type == frame.Headers) {
			c.ends++
		}
		return nil
	}
	return c
}

// Do sends n requests at once and waits for as many responses.
func (c *Client) Do(n int) error {
	for range n {
		frames := c.frames.later
		if c.next == 1 {
			frames = c.frames.first
		}
		c.peer.out = appendTo(c.peer.out, frames, c.next)
		c.next += 2
	}
	for c.ends = 0; c.ends < n; {
		if err := c.peer.flush(); err != nil {
			return err
		}
		if err := c.peer.read(c.count); err != nil {
			return err
		}
	}
	return c.peer.flush()
}

// Serve answers every request on nc, as an origin, until the connection ends.
func Serve(nc net.Conn, w Workload) error {
	if _, err := io.ReadFull(nc, make([]byte, len(frame.Preface))); err != nil {
		return err
	}
	p, f, first := newPeer(nc, ""), newFrames(w.Response, w.Answer), true
	for {
		if err := p.flush(); err != nil {
			return err
		}
		err := p.read(func(h frame.Header) error {
			if !h.Flags.Has(frame.FlagEndStream) || h.Type != frame.Data && h.Type != frame.Headers {
				return nil
			}
			frames := f.later
			if first {
				frames, first = f.first, false
			}
			p.out = appendTo(p.out, frames, h.Stream)
			return nil
		})
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
