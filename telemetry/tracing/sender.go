package tracing

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"

	"github.com/uber/jaeger-client-go"
	thrift "github.com/uber/jaeger-client-go/thrift-gen/jaeger"
)

// What is sent in one request at most: collectors bound requests, and what fails
// is lost as a whole. The last span of a batch may exceed batchBytes.
const (
	batchSpans = 1000
	batchBytes = 256 << 10
)

// codec is the encoding of batches for one kind of collector.
type codec interface {
	contentType() string
	// appendSpan appends a span and what it carries.
	appendSpan(dst []byte, s *jaeger.Span, d *details) []byte
	// appendHead appends what comes before the spans of a batch.
	appendHead(dst []byte, p *process, spans, spanBytes int) []byte
	// appendTail appends what comes behind them.
	appendTail(dst []byte) []byte
	// refused reads the answer of a collector that took the request.
	refused(answer []byte) error
}

// process is what all spans have in common.
type process struct {
	service string
	tags    []tag
}

func newProcess(s *jaeger.Span) *process {
	from := jaeger.BuildJaegerProcessThrift(s)
	p := &process{service: from.ServiceName}
	d := details{}
	for _, t := range from.Tags {
		switch t.VType {
		case thrift.TagType_STRING:
			d.str(t.Key, t.GetVStr())
		case thrift.TagType_LONG:
			integer(&d, t.Key, uint64(t.GetVLong()))
		case thrift.TagType_DOUBLE:
			d.float(t.Key, t.GetVDouble())
		case thrift.TagType_BOOL:
			if t.GetVBool() {
				d.flag(t.Key)
			}
		}
	}
	p.tags = d.tags
	return p
}

// sender is a jaeger.Transport that sends batches over HTTP. Only the reporter's
// goroutine calls it.
type sender struct {
	codec   codec
	client  *http.Client
	url     string
	free    *detailsPool
	process *process // nil before the first span
	spans   int      // in batch
	batch   *batch
}

func newSender(c codec, url string, network http.RoundTripper, free *detailsPool) *sender {
	return &sender{codec: c, client: &http.Client{Transport: network}, url: url, free: free, batch: &batch{}}
}

// Append implements jaeger.Transport.
func (s *sender) Append(span *jaeger.Span) (int, error) {
	if s.process == nil {
		s.process = newProcess(span)
	}
	d := carriedBy(span)
	s.batch.spans = s.codec.appendSpan(s.batch.spans, span, d)
	s.free.put(d)
	s.spans++
	if s.spans < batchSpans && len(s.batch.spans) < batchBytes {
		return 0, nil
	}
	return s.Flush()
}

// Flush implements jaeger.Transport.
func (s *sender) Flush() (int, error) {
	n := s.spans
	if n == 0 {
		return 0, nil
	}
	b := s.batch
	b.head = s.codec.appendHead(b.head[:0], s.process, n, len(b.spans))
	b.spans = s.codec.appendTail(b.spans)
	err := s.post(b)
	s.spans, s.batch = 0, b.next()
	return n, err
}

func (s *sender) post(b *batch) error {
	req, err := http.NewRequest(http.MethodPost, s.url, b.open())
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", s.codec.contentType())
	req.ContentLength = int64(len(b.head) + len(b.spans))
	req.GetBody = func() (io.ReadCloser, error) { return b.open(), nil }
	resp, err := s.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return fmt.Errorf("collector answered %s", resp.Status)
	}
	if err != nil {
		return err
	}
	return s.codec.refused(answer)
}

// Close implements jaeger.Transport.
func (s *sender) Close() error { return nil }

// batch is the memory of a request.
type batch struct {
	head, spans []byte

	mu      sync.Mutex
	readers int // bodies that are not closed
}

// next returns an empty batch, with b's memory unless the network still reads it:
// net/http may do so after the answer has come.
func (b *batch) next() *batch {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.readers > 0 {
		return &batch{}
	}
	b.spans = b.spans[:0]
	return b
}

// open returns b as the body of a request.
func (b *batch) open() io.ReadCloser {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.readers++
	return &batchBody{b: b, rest: net.Buffers{b.head, b.spans}}
}

// batchBody is a batch that is being sent. Guarded by b.mu, for net/http may close
// a body while it reads it.
type batchBody struct {
	b      *batch
	rest   net.Buffers
	closed bool
}

// Read implements [io.Reader].
func (r *batchBody) Read(p []byte) (int, error) {
	r.b.mu.Lock()
	defer r.b.mu.Unlock()
	if r.closed {
		return 0, http.ErrBodyReadAfterClose
	}
	return r.rest.Read(p)
}

// Close implements [io.Closer].
func (r *batchBody) Close() error {
	r.b.mu.Lock()
	defer r.b.mu.Unlock()
	if !r.closed {
		r.closed = true
		r.b.readers--
	}
	return nil
}
