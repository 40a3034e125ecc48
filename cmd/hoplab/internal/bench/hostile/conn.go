package hostile

import (
	"bufio"
	"bytes"
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/raw"
)

// Conn is a connection of a hostile client. One goroutine sends, another reads
// what comes back.
type Conn struct {
	net     net.Conn
	in      *bufio.Reader // owned by whoever reads
	left    int           // bytes of the payload that is read
	out     *bufio.Writer
	frames  *http2.Framer // writes to out whatever it is told
	block   bytes.Buffer
	encoder *hpack.Encoder
	streams uint32 // opened so far
	failed  error  // of a write

	began time.Time
	over  chan struct{} // closed once nothing more can be read

	mu  sync.Mutex
	end End // guarded by mu
}

// authority is what attackers ask for.
const authority = "hoplab.test"

const (
	// deafBuffer is how many bytes the kernel holds for who does not read: not many,
	// so that the rest is left to the server.
	deafBuffer = 8 << 10
	// lastBuffer is that once it does, to get through it.
	lastBuffer = 1 << 20
)

// hear sets how many bytes the kernel holds for a connection.
func hear(nc net.Conn, bytes int) {
	if c, ok := nc.(counted); ok {
		nc = c.Conn
	}
	if t, ok := nc.(*net.TCPConn); ok {
		_ = t.SetReadBuffer(bytes) // without it the attack is a little weaker
	}
}

// counted counts the bytes that are written.
type counted struct {
	net.Conn
	bytes *atomic.Int64
}

func (c counted) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.bytes.Add(int64(n))
	return n, err
}

// dial connects. The connection closes when the context ends.
func dial(ctx context.Context, addr string, deaf bool, bytes *atomic.Int64) (*Conn, error) {
	var d net.Dialer
	nc, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	if deaf {
		hear(nc, deafBuffer)
	}
	context.AfterFunc(ctx, func() { nc.Close() })
	return newConn(counted{nc, bytes}), nil
}

func newConn(nc net.Conn) *Conn {
	c := &Conn{
		net: nc, in: bufio.NewReaderSize(nc, 4<<10), out: bufio.NewWriterSize(nc, 16<<10),
		began: time.Now(), over: make(chan struct{}),
	}
	c.frames = http2.NewFramer(c.out, nil)
	c.frames.AllowIllegalWrites = true
	c.encoder = hpack.NewEncoder(&c.block)
	return c
}

// do takes note of a write that failed: the server has closed the connection.
func (c *Conn) do(err error) {
	if err != nil && c.failed == nil {
		c.failed = err
	}
}

func (c *Conn) flush() { c.do(c.out.Flush()) }

// raw writes bytes as they are.
func (c *Conn) raw(p ...byte) {
	_, err := c.out.Write(p)
	c.do(err)
}

// begin writes the preface and settings.
func (c *Conn) begin(settings ...http2.Setting) {
	c.raw([]byte(http2.ClientPreface)...)
	c.do(c.frames.WriteSettings(settings...))
}

// next returns the id of the next stream.
func (c *Conn) next() uint32 {
	c.streams++
	return 2*c.streams - 1
}

// fields returns an encoded header block: names and values by turns.
func (c *Conn) fields(kv ...string) []byte {
	c.block.Reset()
	for i := 0; i < len(kv); i += 2 {
		c.do(c.encoder.WriteField(hpack.HeaderField{Name: kv[i], Value: kv[i+1]}))
	}
	return bytes.Clone(c.block.Bytes())
}

// request returns the encoded header block of a request for path, with more
// fields.
func (c *Conn) request(method, path string, more ...string) []byte {
	return c.fields(append([]string{":method", method, ":scheme", "http", ":path", path, ":authority", authority}, more...)...)
}

// headers opens a stream with a whole header block and returns its id.
func (c *Conn) headers(block []byte, end bool) uint32 {
	id := c.next()
	c.do(c.frames.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: block, EndHeaders: true, EndStream: end}))
	return id
}

// get asks for the path that is counted.
func (c *Conn) get() uint32 { return c.headers(c.request("GET", raw.Marked), true) }

// post opens a request whose body is still to come.
func (c *Conn) post(more ...string) uint32 {
	return c.headers(c.request("POST", raw.Marked, more...), false)
}
