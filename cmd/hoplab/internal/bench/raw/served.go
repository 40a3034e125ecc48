package raw

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// maxFrame is the size of a frame that every peer takes (RFC 9113 §4.2).
const maxFrame = 16384

// served is a connection of an Origin, owned by one goroutine.
type served struct {
	count   func(path string) // tells of a request
	read    *bufio.Reader
	write   *bufio.Writer
	framer  *http2.Framer
	decoder *hpack.Decoder
	encoder *hpack.Encoder
	block   bytes.Buffer

	asked struct { // the header block that is being decoded
		stream uint32
		ended  bool // END_STREAM
		path   string
	}
	sizes   map[uint32]int // of answers, by the streams whose request has not ended
	credit  int64          // for DATA of the connection
	initial int64          // for DATA of a new stream
	owed    []reply        // wait for the connection's window, in turn
	stalled map[uint32]reply
	zeros   [maxFrame]byte // what answers consist of
}

// reply is an answer that has not been written in full.
type reply struct {
	stream uint32
	begun  bool  // the header block is written
	left   int   // bytes of DATA
	window int64 // of the stream
}

func newServed(nc net.Conn, count func(path string)) *served {
	s := &served{
		count: count, read: bufio.NewReaderSize(nc, bufferSize), write: bufio.NewWriterSize(nc, bufferSize),
		credit: defaultWindow, initial: defaultWindow, sizes: map[uint32]int{}, stalled: map[uint32]reply{},
	}
	s.framer = http2.NewFramer(s.write, s.read)
	s.framer.SetReuseFrames()
	s.encoder = hpack.NewEncoder(&s.block)
	s.decoder = hpack.NewDecoder(4096, func(f hpack.HeaderField) {
		if f.Name == ":path" {
			s.asked.path = f.Value
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
		s.asked.stream, s.asked.ended, s.asked.path = f.StreamID, f.StreamEnded(), ""
		return s.headers(f.HeaderBlockFragment(), f.HeadersEnded())
	case *http2.ContinuationFrame:
		return s.headers(f.HeaderBlockFragment(), f.HeadersEnded())
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
			return s.ended(f.StreamID)
		}
	case *http2.RSTStreamFrame:
		s.forget(f.StreamID)
	case *http2.WindowUpdateFrame:
		return s.credited(f.StreamID, int64(f.Increment))
	case *http2.SettingsFrame:
		if f.IsAck() {
			return nil
		}
		if v, ok := f.Value(http2.SettingInitialWindowSize); ok {
			s.resize(int64(v) - s.initial)
		}
		if err := s.framer.WriteSettingsAck(); err != nil {
			return err
		}
		return s.pay()
	case *http2.PingFrame:
		if !f.IsAck() {
			return s.framer.WritePing(true, f.Data)
		}
	}
	return nil
}

// headers takes a fragment of a header block.
func (s *served) headers(fragment []byte, last bool) error {
	if _, err := s.decoder.Write(fragment); err != nil || !last {
		return err
	}
	if err := s.decoder.Close(); err != nil {
		return err
	}
	stream, path := s.asked.stream, s.asked.path
	if path != "" { // trailers have none
		s.count(path)
		if path == Silent {
			return nil
		}
		s.sizes[stream] = sizeOf(path)
	}
	if s.asked.ended {
		return s.ended(stream)
	}
	return nil
}

// sizeOf returns how many bytes the answer to a path has.
func sizeOf(path string) int {
	if _, digits, ok := strings.Cut(path, sized); ok {
		if n, err := strconv.Atoi(digits); err == nil && n >= 0 {
			return n
		}
	}
	return answerSize
}

// ended answers a stream as soon as the windows let it.
func (s *served) ended(stream uint32) error {
	size, ok := s.sizes[stream]
	if !ok {
		return nil // Silent, or reset
	}
	delete(s.sizes, stream)
	s.owed = append(s.owed, reply{stream: stream, left: size, window: s.initial})
	return s.pay()
}

// forget drops what is known of a stream.
func (s *served) forget(stream uint32) {
	delete(s.sizes, stream)
	delete(s.stalled, stream)
	for i := range s.owed {
		if s.owed[i].stream == stream {
			s.owed = append(s.owed[:i], s.owed[i+1:]...)
			return
		}
	}
}

// credited takes credit for a stream, or for the connection.
func (s *served) credited(stream uint32, n int64) error {
	if stream == 0 {
		s.credit += n
		return s.pay()
	}
	if r, ok := s.stalled[stream]; ok {
		delete(s.stalled, stream)
		r.window += n
		s.owed = append(s.owed, r)
		return s.pay()
	}
	for i := range s.owed {
		if s.owed[i].stream == stream {
			s.owed[i].window += n
		}
	}
	return nil
}

// resize changes the windows of all streams (RFC 9113 §6.9.2).
func (s *served) resize(by int64) {
	s.initial += by
	for i := range s.owed {
		s.owed[i].window += by
	}
	for stream, r := range s.stalled {
		delete(s.stalled, stream)
		r.window += by
		s.owed = append(s.owed, r)
	}
}

// pay writes of the answers what the windows let pass.
func (s *served) pay() error {
	for len(s.owed) > 0 {
		r := &s.owed[0]
		if err := s.answer(r); err != nil {
			return err
		}
		switch {
		case r.left == 0:
		case r.window <= 0:
			s.stalled[r.stream] = *r
		default:
			return nil // the connection's window is used up
		}
		s.owed = s.owed[1:]
	}
	return nil
}

func (s *served) answer(r *reply) error {
	if !r.begun {
		if err := s.answerHeaders(r); err != nil {
			return err
		}
		r.begun = true
	}
	for r.left > 0 {
		n := int(min(int64(r.left), maxFrame, r.window, s.credit))
		if n <= 0 {
			return nil
		}
		r.left -= n
		r.window -= int64(n)
		s.credit -= int64(n)
		if err := s.framer.WriteData(r.stream, r.left == 0, s.zeros[:n]); err != nil {
			return err
		}
	}
	return nil
}

func (s *served) answerHeaders(r *reply) error {
	s.block.Reset()
	for _, f := range []hpack.HeaderField{
		{Name: ":status", Value: "200"},
		{Name: "content-length", Value: strconv.Itoa(r.left)},
	} {
		if err := s.encoder.WriteField(f); err != nil {
			return err
		}
	}
	return s.framer.WriteHeaders(http2.HeadersFrameParam{
		StreamID: r.stream, BlockFragment: s.block.Bytes(), EndHeaders: true, EndStream: r.left == 0,
	})
}
