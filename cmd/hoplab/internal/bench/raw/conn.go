package raw

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

const (
	// window is what clients and origins of this package grant, per stream and
	// connection: they never hold a proxy up.
	window = 1 << 30
	// bufferSize is of the buffers in front of a socket.
	bufferSize = 64 << 10
	// defaultWindow of RFC 9113 §6.9.2.
	defaultWindow = 65535
)

// conn is a client's connection. One goroutine reads; any may send.
type conn struct {
	net    net.Conn
	read   *bufio.Reader
	in     *http2.Framer // reads; owned by the reading goroutine
	fields *hpack.Decoder
	status string // of the latest header block
	grpc   string // grpc-status and grpc-message of the latest header block

	mu            sync.Mutex // guards everything below
	write         *bufio.Writer
	out           *http2.Framer
	block         bytes.Buffer
	encoder       *hpack.Encoder
	next          uint32 // stream id
	credit        int64  // for DATA of the connection
	initial       int64  // for DATA of a new stream
	maxConcurrent uint32
}

// dial connects and exchanges the prefaces: it returns once the server's
// SETTINGS have arrived. The connection closes when the context ends.
func dial(ctx context.Context, addr string, config *tls.Config) (*conn, error) {
	var d net.Dialer
	tcp, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { tcp.Close() })
	nc := tcp
	if config != nil {
		t := tls.Client(nc, config)
		if err := t.HandshakeContext(ctx); err != nil {
			nc.Close()
			return nil, err
		}
		if p := t.ConnectionState().NegotiatedProtocol; p != http2.NextProtoTLS {
			nc.Close()
			return nil, fmt.Errorf("%s: ALPN chose %q, want %s", addr, p, http2.NextProtoTLS)
		}
		nc = t
	}
	c := newConn(nc)
	if err := c.handshake(); err != nil {
		nc.Close()
		return nil, fmt.Errorf("%s: %w", addr, err)
	}
	return c, nil
}

func newConn(nc net.Conn) *conn {
	c := &conn{
		net: nc, read: bufio.NewReaderSize(nc, bufferSize), write: bufio.NewWriterSize(nc, bufferSize),
		next: 1, credit: defaultWindow, initial: defaultWindow, maxConcurrent: 1 << 31,
	}
	c.in, c.out = http2.NewFramer(nil, c.read), http2.NewFramer(c.write, nil)
	c.in.SetReuseFrames()
	c.encoder = hpack.NewEncoder(&c.block)
	c.fields = hpack.NewDecoder(4096, func(f hpack.HeaderField) {
		switch f.Name {
		case ":status":
			c.status = f.Value
		case "grpc-status", "grpc-message":
			c.grpc += " " + f.Name + " " + f.Value
		}
	})
	return c
}

func (c *conn) handshake() error {
	_, _ = c.write.WriteString(http2.ClientPreface) // told by flush
	if err := c.out.WriteSettings(
		http2.Setting{ID: http2.SettingEnablePush, Val: 0},
		http2.Setting{ID: http2.SettingInitialWindowSize, Val: window},
	); err != nil {
		return err
	}
	if err := c.out.WriteWindowUpdate(0, window-defaultWindow); err != nil {
		return err
	}
	if err := c.flush(); err != nil {
		return err
	}
	for {
		f, err := c.in.ReadFrame()
		if err != nil {
			return err
		}
		if s, ok := f.(*http2.SettingsFrame); ok && !s.IsAck() {
			return c.control(f)
		}
		if err := c.control(f); err != nil {
			return err
		}
	}
}

func (c *conn) flush() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.write.Flush()
}

var errCredit = errors.New("no credit for DATA")

// request appends a request to the write buffer and returns its stream's id. It
// says errCredit, and appends nothing, while the connection's window is too small
// for the body. Without end the stream is left open.
func (c *conn) request(fields []hpack.HeaderField, body []byte, end bool) (uint32, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if size := int64(len(body)); size > c.credit || size > c.initial {
		return 0, errCredit
	}
	c.block.Reset()
	for _, f := range fields {
		if err := c.encoder.WriteField(f); err != nil {
			return 0, err
		}
	}
	id := c.next
	c.next += 2
	err := c.out.WriteHeaders(http2.HeadersFrameParam{
		StreamID: id, BlockFragment: c.block.Bytes(), EndHeaders: true, EndStream: end && len(body) == 0,
	})
	if err == nil && len(body) > 0 {
		c.credit -= int64(len(body))
		err = c.out.WriteData(id, end, body)
	}
	return id, err
}

// control does what a connection owes for a frame that carries no response, and
// ignores the others.
func (c *conn) control(f http2.Frame) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch f := f.(type) {
	case *http2.SettingsFrame:
		if f.IsAck() {
			return nil
		}
		_ = f.ForeachSetting(func(s http2.Setting) error {
			switch s.ID {
			case http2.SettingInitialWindowSize:
				c.initial = int64(s.Val)
			case http2.SettingMaxConcurrentStreams:
				c.maxConcurrent = s.Val
			case http2.SettingHeaderTableSize:
				c.encoder.SetMaxDynamicTableSizeLimit(s.Val)
			}
			return nil
		})
		if err := c.out.WriteSettingsAck(); err != nil {
			return err
		}
		return c.write.Flush()
	case *http2.PingFrame:
		if f.IsAck() {
			return nil
		}
		if err := c.out.WritePing(true, f.Data); err != nil {
			return err
		}
		return c.write.Flush()
	case *http2.WindowUpdateFrame:
		if f.StreamID == 0 {
			c.credit += int64(f.Increment)
		}
	case *http2.GoAwayFrame:
		return fmt.Errorf("the server says GOAWAY: %s %q", f.ErrCode, f.DebugData())
	}
	return nil
}

// credited pays for DATA that was received.
func (c *conn) credited(n int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.out.WriteWindowUpdate(0, uint32(n)); err != nil {
		return err
	}
	return nil
}

// event is what a frame means for a stream.
type event struct {
	stream uint32
	ended  bool
	failed error // the response is not 2xx, or the stream was reset
	bytes  int   // of DATA
}

// success reads a frame as frame does. A request that failed is an error.
func (c *conn) success() (event, error) {
	e, err := c.frame()
	if err == nil {
		err = e.failed
	}
	return e, err
}

// frame reads a frame and returns what it means; stream is 0 if it is about none.
func (c *conn) frame() (event, error) {
	f, err := c.in.ReadFrame()
	if err != nil {
		return event{}, err
	}
	switch f := f.(type) {
	case *http2.HeadersFrame:
		if !f.HeadersEnded() {
			return event{}, errors.New("a header block in several frames")
		}
		c.status, c.grpc = "", ""
		if _, err := c.fields.Write(f.HeaderBlockFragment()); err != nil {
			return event{}, err
		}
		if err := c.fields.Close(); err != nil {
			return event{}, err
		}
		e := event{stream: f.StreamID, ended: f.StreamEnded()}
		if c.status != "" && c.status[0] != '2' {
			e.failed = fmt.Errorf("stream %d was answered with %s", f.StreamID, c.status)
		}
		return e, nil
	case *http2.DataFrame:
		return event{stream: f.StreamID, ended: f.StreamEnded(), bytes: int(f.Length)}, nil
	case *http2.RSTStreamFrame:
		// RFC 9113 §8.1: after its response a server may say so that it needs no
		// more of the request.
		if f.ErrCode == http2.ErrCodeNo {
			return event{}, nil
		}
		return event{stream: f.StreamID, ended: true, failed: fmt.Errorf("stream %d was reset: %s", f.StreamID, f.ErrCode)}, nil
	}
	return event{}, c.control(f)
}
