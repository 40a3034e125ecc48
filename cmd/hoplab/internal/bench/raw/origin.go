package raw

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// Silent is the path that an Origin never answers.
const Silent = "/silent"

// originStreams is how many streams at a time an origin grants a connection: it
// never limits what is measured, as hopscope opens ten connections at most.
const originStreams = 4000

// answerSize is the size of an answer in bytes.
const answerSize = 128

// Origin is an h2c server that answers requests with 128 bytes once they have
// ended, and those for Silent never.
type Origin struct {
	listener net.Listener
	done     sync.WaitGroup

	mu      sync.Mutex        // guards everything below
	conns   map[net.Conn]bool // nil once closed
	failed  error             // the first failure of a connection
	silent  int               // requests for Silent
	arrived *sync.Cond        // silent has changed
}

// NewOrigin starts an origin on a free port of the loopback.
func NewOrigin() (*Origin, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	o := &Origin{listener: l, conns: map[net.Conn]bool{}}
	o.arrived = sync.NewCond(&o.mu)
	o.done.Go(o.accept)
	return o, nil
}

// Addr returns the host:port of the origin.
func (o *Origin) Addr() string { return o.listener.Addr().String() }

// AwaitSilent waits until n requests for Silent have arrived. If the context ends
// before, the error is its cause.
func (o *Origin) AwaitSilent(ctx context.Context, n int) error {
	defer context.AfterFunc(ctx, func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.arrived.Broadcast()
	})()
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.silent < n && ctx.Err() == nil {
		o.arrived.Wait()
	}
	if o.silent < n {
		return fmt.Errorf("%d of %d streams have reached the origin: %w", o.silent, n, context.Cause(ctx))
	}
	return nil
}

func (o *Origin) countSilent() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.silent++
	o.arrived.Broadcast()
}

// Close ends the origin and its connections. It returns what a client did wrong.
func (o *Origin) Close() error {
	o.listener.Close()
	o.mu.Lock()
	for c := range o.conns {
		c.Close()
	}
	o.conns = nil
	o.mu.Unlock()
	o.done.Wait()
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.failed
}

func (o *Origin) accept() {
	for {
		nc, err := o.listener.Accept()
		if err != nil {
			return // closed
		}
		o.mu.Lock()
		if o.conns == nil {
			nc.Close()
		} else {
			o.conns[nc] = true
			o.done.Go(func() { o.serve(nc) })
		}
		o.mu.Unlock()
	}
}

func (o *Origin) serve(nc net.Conn) {
	err := newServed(nc, o.countSilent).run()
	nc.Close()
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.conns, nc)
	var network net.Error
	ended := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || errors.As(err, &network)
	if !ended && o.failed == nil {
		o.failed = fmt.Errorf("origin: %w", err)
	}
}

// served is a connection of an Origin, owned by one goroutine.
type served struct {
	silent  func() // tells of a request for Silent
	read    *bufio.Reader
	write   *bufio.Writer
	framer  *http2.Framer
	decoder *hpack.Decoder
	path    string // of the header block that is being decoded
	encoder *hpack.Encoder
	block   bytes.Buffer
	size    string // answerSize in digits
	credit  int64  // for DATA of the connection
	owed    []uint32
}

func newServed(nc net.Conn, silent func()) *served {
	s := &served{
		silent: silent, read: bufio.NewReaderSize(nc, bufferSize), write: bufio.NewWriterSize(nc, bufferSize),
		size: strconv.Itoa(answerSize), credit: defaultWindow,
	}
	s.framer = http2.NewFramer(s.write, s.read)
	s.framer.SetReuseFrames()
	s.encoder = hpack.NewEncoder(&s.block)
	s.decoder = hpack.NewDecoder(4096, func(f hpack.HeaderField) {
		if f.Name == ":path" {
			s.path = f.Value
		}
	})
	return s
}

func (s *served) run() error {
	preface := make([]byte, len(http2.ClientPreface))
	if _, err := io.ReadFull(s.read, preface); err != nil {
		return err
	}
	if string(preface) != http2.ClientPreface {
		return fmt.Errorf("%q is no preface of HTTP/2", preface)
	}
	if err := s.framer.WriteSettings(
		http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: originStreams},
		http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1 << 20},
	); err != nil {
		return err
	}
	if err := s.framer.WriteWindowUpdate(0, window-defaultWindow); err != nil {
		return err
	}
	for {
		if s.read.Buffered() == 0 {
			if err := s.write.Flush(); err != nil {
				return err
			}
		}
		f, err := s.framer.ReadFrame()
		if err != nil {
			return err
		}
		if err := s.frame(f); err != nil {
			return err
		}
	}
}

func (s *served) frame(f http2.Frame) error {
	switch f := f.(type) {
	case *http2.HeadersFrame:
		if !f.HeadersEnded() {
			return errors.New("a header block in several frames")
		}
		s.path = ""
		if _, err := s.decoder.Write(f.HeaderBlockFragment()); err != nil {
			return err
		}
		if err := s.decoder.Close(); err != nil {
			return err
		}
		if s.path == Silent {
			s.silent()
		} else if f.StreamEnded() {
			return s.answer(f.StreamID)
		}
	case *http2.DataFrame:
		if f.Length > 0 {
			if err := s.framer.WriteWindowUpdate(0, f.Length); err != nil {
				return err
			}
			if !f.StreamEnded() {
				if err := s.framer.WriteWindowUpdate(f.StreamID, f.Length); err != nil {
					return err
				}
			}
		}
		if f.StreamEnded() {
			return s.answer(f.StreamID)
		}
	case *http2.WindowUpdateFrame:
		if f.StreamID == 0 {
			s.credit += int64(f.Increment)
			return s.pay()
		}
	case *http2.SettingsFrame:
		if !f.IsAck() {
			return s.framer.WriteSettingsAck()
		}
	case *http2.PingFrame:
		if !f.IsAck() {
			return s.framer.WritePing(true, f.Data)
		}
	}
	return nil
}

// answer answers a stream as soon as the connection's window lets it.
func (s *served) answer(stream uint32) error {
	s.owed = append(s.owed, stream)
	return s.pay()
}

func (s *served) pay() error {
	var body [answerSize]byte
	for len(s.owed) > 0 && s.credit >= answerSize {
		stream := s.owed[0]
		s.owed = s.owed[1:]
		s.credit -= answerSize
		s.block.Reset()
		for _, f := range []hpack.HeaderField{
			{Name: ":status", Value: "200"},
			{Name: "content-length", Value: s.size},
		} {
			if err := s.encoder.WriteField(f); err != nil {
				return err
			}
		}
		if err := s.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: s.block.Bytes(), EndHeaders: true}); err != nil {
			return err
		}
		if err := s.framer.WriteData(stream, true, body[:]); err != nil {
			return err
		}
	}
	return nil
}
