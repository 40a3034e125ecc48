package link

import (
	"bytes"
	"io"
	"testing"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/conn"
	"github.com/hopscope/hopscope/gateway/h2/frame"
	"github.com/hopscope/hopscope/gateway/loop"
)

// peer is a socket whose other end has sent what can be read of sent.
type peer struct {
	loop.Socket
	sent  io.Reader
	reads int
}

func (p *peer) Read(b []byte) (int, error) {
	p.reads++
	n, _ := io.ReadFull(p.sent, b)
	if n == 0 {
		return 0, loop.ErrWouldBlock
	}
	return n, nil
}

func (p *peer) Write(b []byte) (int, error) { return len(b), nil }
func (p *peer) Close()                      {}

// endless reads the same again and again.
type endless struct{ *bytes.Reader }

func (e endless) Read(b []byte) (int, error) {
	if e.Len() == 0 {
		_, _ = e.Seek(0, io.SeekStart)
	}
	return e.Reader.Read(b)
}

// quiet is a Sink and an Owner that nobody tells anything.
type quiet struct {
	event.Sink
	conn.Owner
}

// A connection is read as long as there is more, so that what belongs together is
// written together, but not for ever: others want to be read too.
func TestBatchReadsAConnectionAFewTimes(t *testing.T) {
	begin := frame.AppendSettings([]byte(frame.Preface))
	small := frame.AppendHeader(nil, frame.Header{Type: 0xfa})
	whole := append(frame.AppendHeader(nil, frame.Header{Length: frame.MaxPayload, Type: 0xfa}), make([]byte, frame.MaxPayload)...)
	for name, c := range map[string]struct {
		next  []byte
		size  int64
		reads int
	}{
		"all that is there":  {whole, 1000, 1},
		"more than a buffer": {whole, readBufferSize + 1, 2},
		"without end":        {whole, 1 << 30, maxReads},
		"small frames":       {small, 1 << 30, 1},
	} {
		sink := quiet{}
		w := &Worker{Env: conn.Env{Sink: sink, Now: 1}, buf: make([]byte, readBufferSize)}
		p := &peer{sent: io.LimitReader(io.MultiReader(bytes.NewReader(begin), endless{bytes.NewReader(c.next)}), c.size)}
		k := &link{w: w, sock: p}
		k.c = conn.New(&w.Env, conn.Config{MaxHeaderBytes: 1 << 14, MaxHeaderFields: 100, StreamWindow: 1 << 16}, &event.Conn{Side: event.Downstream}, sink, k)
		k.Readable()
		if p.reads != c.reads {
			t.Errorf("%s: read %d times, want %d", name, p.reads, c.reads)
		}
	}
}
