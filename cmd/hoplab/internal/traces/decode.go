package traces

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/uber/jaeger-client-go/thrift"
	j "github.com/uber/jaeger-client-go/thrift-gen/jaeger"
)

// minElement is the least a list's struct takes on the wire, in bytes: no
// struct of Jaeger's has fewer than its required fields and their headers.
const minElement = 8

// decode reads one thrift batch. The body is already bounded by the caller;
// what it claims to contain is held against its length, because the generated
// code reserves room for a list before it reads one.
func decode(body []byte) (*j.Batch, error) {
	buf := thrift.NewTMemoryBufferLen(0)
	buf.Write(body)
	p := &boundedProtocol{TProtocol: thrift.NewTBinaryProtocolConf(buf, &thrift.TConfiguration{
		MaxMessageSize: int32(max(len(body), 1)),
	}), left: buf.Len}
	batch := j.NewBatch()
	if err := batch.Read(context.Background(), p); err != nil {
		return nil, fmt.Errorf("not a Jaeger thrift batch: %w", err)
	}
	if batch.Process == nil || batch.Process.ServiceName == "" {
		return nil, errors.New("the batch names no service")
	}
	return batch, nil
}

// boundedProtocol refuses a container that claims more elements than the rest
// of the body could hold.
type boundedProtocol struct {
	thrift.TProtocol
	left func() int // unread bytes
}

var errContainer = errors.New("a container claims more elements than the body has room for")

// ReadListBegin implements thrift.TProtocol.
func (p *boundedProtocol) ReadListBegin(ctx context.Context) (thrift.TType, int, error) {
	t, n, err := p.TProtocol.ReadListBegin(ctx)
	least := 1
	if t == thrift.STRUCT {
		least = minElement
	}
	if err == nil && n > p.left()/least {
		err = errContainer
	}
	return t, n, err
}

// ReadSetBegin implements thrift.TProtocol.
func (p *boundedProtocol) ReadSetBegin(ctx context.Context) (thrift.TType, int, error) {
	t, n, err := p.TProtocol.ReadSetBegin(ctx)
	if err == nil && n > p.left() {
		err = errContainer
	}
	return t, n, err
}

// ReadMapBegin implements thrift.TProtocol.
func (p *boundedProtocol) ReadMapBegin(ctx context.Context) (k, v thrift.TType, n int, err error) {
	k, v, n, err = p.TProtocol.ReadMapBegin(ctx)
	if err == nil && n > p.left() {
		err = errContainer
	}
	return k, v, n, err
}

// Skip implements thrift.TProtocol; the embedded one would skip past the bounds.
func (p *boundedProtocol) Skip(ctx context.Context, t thrift.TType) error {
	return thrift.SkipDefaultDepth(ctx, p, t)
}

// convert turns a thrift span into the query service's form.
func convert(s *j.Span) Span {
	id := traceID(s.TraceIdHigh, s.TraceIdLow)
	out := Span{
		TraceID:       id,
		SpanID:        spanID(s.SpanId),
		Flags:         s.Flags,
		OperationName: s.OperationName,
		References:    []Reference{},
		StartTime:     s.StartTime,
		Duration:      max(s.Duration, 0),
		Tags:          convertTags(s.Tags),
		Logs:          make([]Log, 0, len(s.Logs)),
	}
	for _, r := range s.References {
		out.References = append(out.References, Reference{r.RefType.String(), traceID(r.TraceIdHigh, r.TraceIdLow), spanID(r.SpanId)})
	}
	// Clients name the parent by its id, as a reference, or both ways.
	if s.ParentSpanId != 0 && out.Parent() == "" {
		out.References = append(out.References, Reference{"CHILD_OF", id, spanID(s.ParentSpanId)})
	}
	for _, l := range s.Logs {
		out.Logs = append(out.Logs, Log{l.Timestamp, convertTags(l.Fields)})
	}
	return out
}

func convertTags(tags []*j.Tag) []KeyValue {
	out := make([]KeyValue, 0, len(tags))
	for _, t := range tags {
		kv := KeyValue{Key: t.Key}
		switch t.VType {
		case j.TagType_BOOL:
			kv.Type, kv.Value = "bool", t.GetVBool()
		case j.TagType_LONG:
			kv.Type, kv.Value = "int64", t.GetVLong()
		case j.TagType_DOUBLE:
			kv.Type, kv.Value = "float64", t.GetVDouble()
		case j.TagType_BINARY:
			kv.Type, kv.Value = "binary", base64.StdEncoding.EncodeToString(t.GetVBinary())
		default:
			kv.Type, kv.Value = "string", t.GetVStr()
		}
		out = append(out, kv)
	}
	return out
}

// traceID writes an id as Jaeger does: 32 hex digits, or 16 for a short one.
func traceID(high, low int64) string {
	if high == 0 {
		return spanID(low)
	}
	return spanID(high) + spanID(low)
}

func spanID(id int64) string { return fmt.Sprintf("%016x", uint64(id)) }
